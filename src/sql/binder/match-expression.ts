/** Expressions of DEFINE and MEASURES: what they read out of the rows of a match becomes inputs, over which they are plain expressions. */
import type { Position } from '../../model/errors.ts';
import { columnRef, type Expression, mapChildren } from '../../model/expression.ts';
import type { MatchExpression, MatchInput } from '../../model/plan.ts';
import { type DataType, types, withNullable } from '../../model/types.ts';
import type { Name, SqlCall, SqlExpression } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { textOf } from './expression-text.ts';
import { aggregateNamed, coerceAll, infer, isAggregate } from './function-call.ts';
import { checkVariable } from './match-pattern.ts';
import { type RelationField, Scope } from './scope.ts';

/** What is in sight of the expressions of one MATCH_RECOGNIZE. */
export type MatchSight = Readonly<{
  fields: readonly RelationField[];
  variables: readonly string[];
  /** The rowtime's column, or null: processing time. */
  time: number | null;
}>;

/** FIRST(…, offset) or LAST(…, offset) around a column; without either it is LAST(…, 0). */
type Navigation = Readonly<{ from: 'first' | 'last'; offset: number; call: string | null }>;

const plain: Navigation = { from: 'last', offset: 0, call: null };

/** Binds one expression: made anew for each. */
export class MatchExpressionBinder {
  readonly #sight: MatchSight;
  /** A variable may have no row: every column may be NULL. */
  readonly #columns: Scope;
  readonly #binder: ExpressionBinder;
  readonly #inputs: MatchInput[] = [];
  #navigation = plain;
  /** Of the columns in the FIRST or LAST that is being bound. */
  #variables = new Set<string | null>();

  constructor(sight: MatchSight) {
    this.#sight = sight;
    this.#columns = new Scope(sight.fields.map((field) => ({ ...field, type: withNullable(field.type, true) })));
    this.#binder = new ExpressionBinder({ resolve: (name) => this.#resolve(name) }, (call, at) => this.#take(call, at));
  }

  condition(node: SqlExpression): MatchExpression {
    return { expression: this.#binder.condition(node, 'DEFINE'), inputs: this.#inputs };
  }

  measure(node: SqlExpression): MatchExpression {
    return { expression: this.#binder.bind(node), inputs: this.#inputs };
  }

  #resolve(name: Name): Expression {
    const { variable, column } = split(name, this.#sight.variables);
    this.#checkVariable(name, variable);
    this.#variables.add(variable);
    const { from, offset } = this.#navigation;
    return places(this.#columns.resolve(column), (index) =>
      this.#place({ kind: 'navigation', from, variable, offset, physical: 0, column: index }),
    );
  }

  /** What stands before a dot is a variable, or a column of ROWs. */
  #checkVariable({ parts: [first, second] }: Name, variable: string | null): void {
    if (second === undefined || variable !== null || this.#sight.fields.some(({ name }) => name === first!.name))
      return;
    checkVariable(first!.name, this.#sight.variables, first!.position);
  }

  #place(input: MatchInput): number {
    const text = textOf(input);
    const known = this.#inputs.findIndex((other) => textOf(other) === text);
    return known >= 0 ? known : this.#inputs.push(input) - 1;
  }

  #take(call: SqlCall, position: Position): Expression | null {
    const name = call.name.name.toUpperCase();
    switch (name) {
      case 'FIRST':
      case 'LAST':
        return this.#navigate(name, call, position);
      case 'PREV':
      case 'NEXT':
        return this.#physical(name, call, position);
      case 'MATCH_ROWTIME':
        return this.#rowtime(call, position);
      case 'MATCH_PROCTIME':
        return { ...columnRef(this.#place({ kind: 'proctime' }), types.timestampLtz(3, false)), position };
      case 'CLASSIFIER':
      case 'MATCH_NUMBER':
        throw unsupported(`${name}()`, position);
      default:
        return isAggregate(name) ? this.#aggregate(name, call, position) : null;
    }
  }

  #navigate(name: 'FIRST' | 'LAST', call: SqlCall, position: Position): Expression {
    if (this.#navigation.call !== null) {
      throw sqlError('SQL_VALIDATION', `${name} can't stand in ${this.#navigation.call}`, position);
    }
    const offset = offsetOf(name, call, 0, position);
    this.#navigation = { from: name === 'FIRST' ? 'first' : 'last', offset, call: name };
    this.#variables = new Set();
    const bound = this.#binder.bind(call.args[0]!);
    this.#navigation = plain;
    if (this.#variables.size === 0) {
      throw sqlError('SQL_VALIDATION', `${name}: expected a column of a pattern variable`, position);
    }
    if (this.#variables.size > 1) {
      throw sqlError('SQL_VALIDATION', `${name}: its columns are of more than one pattern variable`, position);
    }
    return bound;
  }

  /** Flink knows no row before or behind the match: an offset of 0 is all that it takes. */
  #physical(name: string, call: SqlCall, position: Position): Expression {
    if (offsetOf(name, call, 1, position) !== 0) {
      throw unsupported(`${name}, a physical offset,`, position, 'LAST(A.x, 1) is the row before within the match.');
    }
    return this.#binder.bind(call.args[0]!);
  }

  #rowtime(call: SqlCall, position: Position): Expression {
    const { time, fields } = this.#sight;
    if (time === null) {
      throw sqlError('SQL_VALIDATION', 'MATCH_ROWTIME: expected ORDER BY a rowtime, got a processing time', position);
    }
    const type = fields[time]!.type;
    if (call.args.length > 1) throw sqlError('SQL_VALIDATION', 'expected MATCH_ROWTIME([rowtime])', position);
    const [arg] = call.args;
    if (arg !== undefined && !this.#isRowtime(arg)) {
      throw sqlError('SQL_VALIDATION', 'MATCH_ROWTIME: expected a rowtime attribute', arg.position);
    }
    // Without an argument a TIMESTAMP, as in Flink: of a TIMESTAMP_LTZ that in UTC.
    const isZoned = arg !== undefined && type.kind === 'timestamp_ltz';
    const result: DataType = isZoned ? types.timestampLtz(3, false) : types.timestamp(3, false);
    return { ...columnRef(this.#place({ kind: 'rowtime' }), result), position };
  }

  #isRowtime(arg: SqlExpression): boolean {
    if (arg.kind !== 'name') return false;
    const column = this.#columns.resolve(split(arg.name, this.#sight.variables).column);
    return column.kind === 'column' && this.#sight.fields[column.index]!.rowtime;
  }

  #aggregate(name: string, call: SqlCall, position: Position): Expression {
    const found = aggregateNamed(name, position);
    if (this.#navigation.call !== null) {
      throw sqlError('SQL_VALIDATION', `${name} can't stand in ${this.#navigation.call}`, position);
    }
    if (call.over !== null) throw unsupported(`${name} OVER`, call.over.position);
    if (call.distinct) throw unsupported(`${name}(DISTINCT) in MATCH_RECOGNIZE`, position);
    if (call.filter !== null) throw unsupported('FILTER in MATCH_RECOGNIZE', call.filter.position);
    if (call.star && name !== 'COUNT') throw sqlError('SQL_VALIDATION', `${name}(*): only COUNT takes *`, position);
    if (call.args.length === 0 && !call.star) throw sqlError('SQL_VALIDATION', `expected ${found.usage}`, position);
    const { bound, variable } = this.#arguments(call, position);
    const { args: wanted, result: type } = infer(found, bound, position);
    const args = coerceAll(bound, wanted);
    const places = args.map((_, i) => i);
    const aggregate = { name: found.name, args: places, distinct: false, filter: null, type };
    return { ...columnRef(this.#place({ kind: 'aggregate', variable, call: aggregate, args }), type), position };
  }

  /** Over the input row: the rows of one variable, or of all of them. */
  #arguments(call: SqlCall, position: Position): { bound: Expression[]; variable: string | null } {
    const { fields, variables } = this.#sight;
    const scope = new Scope(fields);
    const used = new Set<string | null>();
    const binder = new ExpressionBinder(
      {
        resolve: (name) => {
          const { variable, column } = split(name, variables);
          used.add(variable);
          return scope.resolve(column);
        },
      },
      (inner, at) => refuseInAggregate(inner, at, call.name.name.toUpperCase()),
    );
    const bound = call.args.map((arg) => binder.bind(arg));
    if (used.size > 1) {
      const name = call.name.name.toUpperCase();
      throw sqlError('SQL_VALIDATION', `${name}: an aggregate has to be over one pattern variable`, position);
    }
    return { bound, variable: [...used][0] ?? null };
  }
}

function refuseInAggregate(inner: SqlCall, position: Position, outer: string): null {
  const name = inner.name.name.toUpperCase();
  if (['FIRST', 'LAST', 'PREV', 'NEXT'].includes(name) || isAggregate(name)) {
    throw sqlError('SQL_VALIDATION', `${name} can't stand in ${outer}`, position);
  }
  return null;
}

/** `A.price`: the variable and the column; a name that begins with no variable is of any. */
function split(name: Name, variables: readonly string[]): { variable: string | null; column: Name } {
  const [first, second] = name.parts;
  if (second === undefined || !variables.includes(first!.name)) return { variable: null, column: name };
  return { variable: first!.name, column: { parts: name.parts.slice(1), position: name.position } };
}

function offsetOf(name: string, call: SqlCall, byDefault: number, position: Position): number {
  const [value, offset] = call.args;
  if (value === undefined || call.args.length > 2) {
    throw sqlError('SQL_VALIDATION', `expected ${name}(column [, offset])`, position);
  }
  if (offset === undefined) return byDefault;
  const isNumber = offset.kind === 'literal' && offset.literal.of === 'integer';
  if (!isNumber) throw sqlError('SQL_VALIDATION', `${name}: expected a whole number as offset`, offset.position);
  return Number((offset.literal as { text: string }).text);
}

/** The expression with its columns replaced by inputs. */
function places(expression: Expression, place: (column: number) => number): Expression {
  if (expression.kind === 'column') return { ...expression, index: place(expression.index) };
  return mapChildren(expression, (child) => places(child, place));
}
