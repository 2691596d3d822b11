/** An expression over rows (model/row.ts): conditions of joins, defines of patterns. */
import { columnsOf, type Expression, remapColumns } from '../../model/expression.ts';
import type { SessionContext, SqlValue } from '../../model/function.ts';
import { type Row, rowInteger } from '../../model/row.ts';
import { type Field, layoutOf } from '../../model/types.ts';
import { compileScalar } from '../codegen/expression-code.ts';
import { needsWide } from '../codegen/integers.ts';

type Scalar = (...values: SqlValue[]) => SqlValue;

export class RowExpression {
  readonly #expression: Expression;
  readonly #columns: readonly number[];
  readonly #names: readonly string[];
  readonly #integers: readonly boolean[];
  readonly #session: SessionContext;
  #narrow: Scalar | null = null;
  #wide: Scalar | null = null;

  /** Over rows of `fields`. */
  constructor(expression: Expression, fields: readonly Field[], session: SessionContext) {
    this.#columns = [...columnsOf(expression)].sort((a, b) => a - b);
    this.#expression = remapColumns(expression, (column) => this.#columns.indexOf(column));
    this.#names = this.#columns.map((column) => fields[column]!.name);
    this.#integers = this.#columns.map((column) => layoutOf(fields[column]!.type) === 'int');
    this.#session = session;
  }

  /** The value over a row; `right`, if it is given, follows `left` as if they were one row. Throws EngineError EVALUATION. */
  evaluate(left: Row, right: Row = []): SqlValue {
    const values = this.#columns.map((column) => (column < left.length ? left[column]! : right[column - left.length]!));
    if (!values.some((value) => typeof value === 'bigint')) {
      try {
        this.#narrow ??= this.#compile(false);
        return this.#narrow(...values);
      } catch (signal) {
        if (signal !== needsWide) throw signal;
      }
    }
    this.#wide ??= this.#compile(true);
    const widened = values.map((value, i) => (this.#integers[i] && value !== null ? BigInt(value as number) : value));
    const result = this.#wide(...widened);
    return typeof result === 'bigint' ? rowInteger(result) : result;
  }

  /** Whether the condition is true: neither false nor NULL. */
  holds(left: Row, right: Row = []): boolean {
    return this.evaluate(left, right) === true;
  }

  #compile(wide: boolean): Scalar {
    return compileScalar<Scalar>(this.#expression, this.#names, this.#session, wide);
  }
}
