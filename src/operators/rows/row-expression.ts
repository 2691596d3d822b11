/** An expression over rows (model/row.ts): conditions of joins, defines of patterns. */
import { columnsOf, type Expression, remapColumns } from '../../model/expression.ts';
import type { SessionContext, SqlValue } from '../../model/function.ts';
import { type Row, rowInteger } from '../../model/row.ts';
import { type Field, layoutOf } from '../../model/types.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';
import { compileScalar } from '../codegen/expression-code.ts';
import { needsWide } from '../codegen/integers.ts';

type Scalar = (...values: SqlValue[]) => SqlValue;
type Evaluate = (left: Row, right: Row) => SqlValue;

export class RowExpression {
  readonly #expression: Expression;
  readonly #columns: readonly number[];
  readonly #names: readonly string[];
  readonly #integers: readonly boolean[];
  readonly #session: SessionContext;
  /** By the width of the left row. */
  readonly #evaluate: Evaluate[] = [];
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
  evaluate(left: Row, right: Row = noRow): SqlValue {
    const { length } = left;
    this.#evaluate[length] ??= this.#compileFor(length);
    return this.#evaluate[length](left, right);
  }

  /** Whether the condition is true: neither false nor NULL. */
  holds(left: Row, right: Row = noRow): boolean {
    return this.evaluate(left, right) === true;
  }

  /** Narrow code first; wide code for what has bigints, or gives them. */
  #compileFor(leftWidth: number): Evaluate {
    const builder = new CodeBuilder();
    const values = this.#columns.map((column, i) => {
      const value = column < leftWidth ? `left[${column}]` : `right[${column - leftWidth}]`;
      builder.line(`const value${i} = ${value};`);
      return `value${i}`;
    });
    const args = values.join(', ');
    const wide = builder.capture('wide', (...given: SqlValue[]) => this.#evaluateWide(given));
    const integers = values.filter((_, i) => this.#integers[i]);
    if (integers.length > 0) {
      builder.line(
        `if (${integers.map((value) => `typeof ${value} === 'bigint'`).join(' || ')}) return ${wide}(${args});`,
      );
    }
    this.#narrow ??= this.#compile(false);
    builder.line(`try {\nreturn ${builder.capture('narrow', this.#narrow)}(${args});\n} catch (signal) {`);
    builder.line(
      `if (signal !== ${builder.capture('needsWide', needsWide)}) throw signal;\nreturn ${wide}(${args});\n}`,
    );
    return builder.build('evaluateRows', ['left', 'right']);
  }

  #evaluateWide(values: readonly SqlValue[]): SqlValue {
    this.#wide ??= this.#compile(true);
    const widened = values.map((value, i) => (this.#integers[i] && value !== null ? BigInt(value as number) : value));
    const result = this.#wide(...widened);
    return typeof result === 'bigint' ? rowInteger(result) : result;
  }

  #compile(wide: boolean): Scalar {
    return compileScalar<Scalar>(this.#expression, this.#names, this.#session, wide);
  }
}

const noRow: Row = [];
