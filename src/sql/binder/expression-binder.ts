/**
 * Expressions: names resolved, types inferred, implicit conversions made casts. What SQL has many ways to say becomes few kinds:
 * BETWEEN and IN are comparisons, IS TRUE and IS DISTINCT FROM are CASE.
 */

import { castKind } from '../../functions/cast.ts';
import { commonType } from '../../functions/common-type.ts';
import type { Position } from '../../model/errors.ts';
import { type CaseBranch, type Expression, type Literal, literal } from '../../model/expression.ts';
import { type DataType, formatType, isNumeric, types, withNullable } from '../../model/types.ts';
import type { SqlCall, SqlExpression } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { cast, coerce } from './coerce.ts';
import { bindType } from './data-type.ts';
import { bindCall, isAggregate } from './function-call.ts';
import { bindLiteral } from './literal.ts';
import { fieldOf, type Scope } from './scope.ts';

/** Takes calls that mean more than a function where they stand (aggregates, group windows); null for all others. */
export type CallHook = (call: SqlCall, position: Position) => Expression | null;

/** What finds the columns that names mean, and knows which of them are time attributes. */
type NameResolver = Pick<Scope, 'resolve'> & Partial<Pick<Scope, 'fields'>>;

export class ExpressionBinder {
  readonly #scope: NameResolver;
  readonly #hook: CallHook;

  constructor(scope: NameResolver, hook: CallHook = () => null) {
    this.#scope = scope;
    this.#hook = hook;
  }

  bind(node: SqlExpression): Expression {
    const { position } = node;
    switch (node.kind) {
      case 'literal':
        return { ...bindLiteral(node.literal, position), position };
      case 'name':
        return this.#scope.resolve(node.name);
      case 'operator':
        return this.#operator(node.name, node.args, position);
      case 'call':
        return this.#call(node.call, position);
      case 'and':
      case 'or':
        return this.#logic(node, node.kind);
      case 'not':
        return negate(this.condition(node.arg, 'NOT'), position);
      case 'is':
        return this.#is(node);
      case 'distinct_from':
        return this.#distinctFrom(node);
      case 'between':
        return this.#between(node);
      case 'in_list':
        return this.#inList(node);
      case 'case':
        return this.#case(node);
      case 'cast':
        return this.#cast(node);
      case 'field':
        return fieldOf(this.bind(node.arg), node.field);
      case 'item':
        return bindCall('ITEM', [this.bind(node.arg), this.bind(node.index)], position);
      case 'row':
      case 'array':
      case 'map':
        return bindCall(
          node.kind.toUpperCase(),
          node.args.map((arg) => this.bind(arg)),
          position,
        );
      case 'in_query':
        throw unsupported('IN with a sub-query', position);
      case 'exists':
        throw unsupported('EXISTS', position);
      case 'subquery':
        throw unsupported('a sub-query as a value', position);
    }
  }

  /** A BOOLEAN; `clause` says where it stands. */
  condition(node: SqlExpression, clause: string): Expression {
    const bound = this.bind(node);
    if (bound.type.kind === 'boolean') return bound;
    if (bound.type.kind === 'null') return coerce(bound, types.of('boolean'));
    const got = formatType(withNullable(bound.type, true));
    throw sqlError('SQL_VALIDATION', `${clause}: expected a condition, got a value of ${got}`, node.position);
  }

  #operator(name: string, args: readonly SqlExpression[], position: Position): Expression {
    const rows = rowComparison(name, args, position);
    if (rows !== null) return this.bind(rows);
    const bound = args.map((arg) => this.bind(arg));
    const [only] = bound;
    if (name === '-' && bound.length === 1 && only!.kind === 'literal' && isNumeric(only!.type)) {
      return { ...negativeLiteral(only!), position };
    }
    return bindCall(name, bound, position);
  }

  #call(call: SqlCall, position: Position): Expression {
    const name = call.name.name.toUpperCase();
    const taken = this.#hook(call, position);
    if (taken !== null) return taken;
    if (call.over !== null) {
      throw sqlError(
        'SQL_VALIDATION',
        `${name} OVER can't stand here`,
        call.over.position,
        'OVER stands in SELECT and QUALIFY.',
      );
    }
    if (isAggregate(name)) {
      const hint = 'Aggregates stand in SELECT and HAVING of a query with GROUP BY.';
      throw sqlError('SQL_VALIDATION', `the aggregate ${name} can't stand here`, position, hint);
    }
    if (call.star || call.distinct || call.filter !== null) {
      const what = call.star ? '*' : call.distinct ? 'DISTINCT' : 'FILTER';
      throw sqlError('SQL_VALIDATION', `${name} is no aggregate: it can't have ${what}`, position);
    }
    const args = call.args.map((arg) => this.bind(arg));
    if (name === 'CURRENT_WATERMARK') this.#checkRowtime(args[0], position);
    return bindCall(name, args, position);
  }

  #checkRowtime(arg: Expression | undefined, position: Position): void {
    if (arg === undefined || (arg.kind === 'column' && this.#scope.fields?.[arg.index]?.rowtime === true)) return;
    const hint = 'A rowtime is a column that WATERMARK FOR names in CREATE TABLE.';
    throw sqlError('SQL_VALIDATION', 'CURRENT_WATERMARK: expected a rowtime', arg.position ?? position, hint);
  }

  /** A chain of one operator becomes one node: `a AND b AND c`. */
  #logic(node: SqlExpression, kind: 'and' | 'or'): Expression {
    const operands: SqlExpression[] = [];
    let left = node;
    while (left.kind === kind) {
      operands.push(left.right);
      left = left.left;
    }
    const args = [left, ...operands.reverse()].map((operand) => this.condition(operand, kind.toUpperCase()));
    return logic(kind, args, node.position);
  }

  #is({ arg, what, negated, position }: Extract<SqlExpression, { kind: 'is' }>): Expression {
    if (what === 'null' || what === 'unknown') {
      const tested = what === 'null' ? this.bind(arg) : this.condition(arg, 'IS UNKNOWN');
      const kind = negated ? 'is_not_null' : 'is_null';
      return { kind, arg: tested, type: types.of('boolean', false), position };
    }
    const condition = this.condition(arg, `IS ${what.toUpperCase()}`);
    const when = what === 'true' ? condition : negate(condition, position);
    return choice([{ when, result: truth(!negated) }], truth(negated), position);
  }

  /** NULL counts as a value: equal to itself and to no other. */
  #distinctFrom({ left, right, negated, position }: Extract<SqlExpression, { kind: 'distinct_from' }>): Expression {
    const [a, b] = [this.bind(left), this.bind(right)];
    const boolean = types.of('boolean', false);
    const branches: CaseBranch[] = [];
    if (a.type.nullable) {
      const other: Expression = b.type.nullable ? { kind: 'is_not_null', arg: b, type: boolean } : truth(true);
      branches.push({ when: { kind: 'is_null', arg: a, type: boolean }, result: other });
    }
    if (b.type.nullable) branches.push({ when: { kind: 'is_null', arg: b, type: boolean }, result: truth(true) });
    const unequal = bindCall('<>', [a, b], position);
    const different = branches.length === 0 ? unequal : { ...choice(branches, unequal, position), type: boolean };
    return negated ? negate(different, position) : different;
  }

  #between(node: Extract<SqlExpression, { kind: 'between' }>): Expression {
    const { position } = node;
    const [arg, low, high] = [this.bind(node.arg), this.bind(node.low), this.bind(node.high)];
    const within = (from: Expression, to: Expression): Expression =>
      logic('and', [bindCall('>=', [arg, from], position), bindCall('<=', [arg, to], position)], position);
    const test = node.symmetric ? logic('or', [within(low, high), within(high, low)], position) : within(low, high);
    return node.negated ? negate(test, position) : test;
  }

  #inList({ arg, list, negated, position }: Extract<SqlExpression, { kind: 'in_list' }>): Expression {
    const tested = this.bind(arg);
    const tests = list.map((item) => bindCall('=', [tested, this.bind(item)], item.position));
    const test = logic('or', tests, position);
    return negated ? negate(test, position) : test;
  }

  #case({ operand, branches, otherwise, position }: Extract<SqlExpression, { kind: 'case' }>): Expression {
    const compared = operand === null ? null : this.bind(operand);
    const bound = branches.map(({ when, result }) => ({
      when:
        compared === null ? this.condition(when, 'WHEN') : bindCall('=', [compared, this.bind(when)], when.position),
      result: this.bind(result),
    }));
    const last = otherwise === null ? literal(null, types.of('null')) : this.bind(otherwise);
    const type = commonType([...bound.map(({ result }) => result.type), last.type]);
    if (type === null) {
      const got = [...bound.map(({ result }) => result), last].map((result) =>
        formatType(withNullable(result.type, true)),
      );
      throw sqlError('SQL_VALIDATION', `CASE: its results have no common type: ${got.join(', ')}`, position);
    }
    const results = bound.map(({ when, result }) => ({ when, result: coerce(result, type) }));
    return { ...choice(results, coerce(last, type), position), type };
  }

  #cast({ arg, type, onError, position }: Extract<SqlExpression, { kind: 'cast' }>): Expression {
    const bound = this.bind(arg);
    const target = bindType(type);
    if (castKind(bound.type, target) === 'none') {
      const [from, to] = [bound.type, target].map((each) => formatType(withNullable(each, true)));
      throw sqlError('SQL_VALIDATION', `a ${from} can't be cast to ${to}`, position);
    }
    return { ...cast(bound, target, onError), position };
  }
}

function truth(value: boolean): Literal {
  return literal(value, types.of('boolean', false));
}

function choice(branches: readonly CaseBranch[], otherwise: Expression, position: Position): Expression {
  const nullable = otherwise.type.nullable || branches.some(({ result }) => result.type.nullable);
  return { kind: 'case', branches, otherwise, type: withNullable(otherwise.type, nullable), position };
}

export function logic(kind: 'and' | 'or', args: readonly Expression[], position?: Position): Expression {
  if (args.length === 1) return args[0]!;
  const flat = args.flatMap((arg) => (arg.kind === kind ? arg.args : [arg]));
  const type: DataType = types.of(
    'boolean',
    flat.some((arg) => arg.type.nullable),
  );
  return position === undefined ? { kind, args: flat, type } : { kind, args: flat, type, position };
}

function negate(arg: Expression, position: Position): Expression {
  return { kind: 'not', arg, type: arg.type, position };
}

/** Zero stays zero: a DOUBLE alone knows −0. */
function negativeLiteral({ value, type }: Literal): Literal {
  if (value === 0 && type.kind !== 'double') return literal(0, type);
  return literal(-(value as number | bigint), type);
}

/** Those of `ROW(…)`, and of a cast of it to a ROW. */
function constructedFields(row: SqlExpression): readonly SqlExpression[] | undefined {
  if (row.kind === 'row') return row.args;
  if (row.kind !== 'cast' || row.type.kind !== 'row') return undefined;
  const { type, onError, position } = row;
  return constructedFields(row.arg)?.map((arg, i): SqlExpression => {
    const field = type.fields[i];
    return field === undefined ? arg : { kind: 'cast', arg, type: field.type, onError, position };
  });
}

/**
 * `(a, b) = (1, 2)` is `a = 1 AND b = 2`, as Calcite has it: NULL where a field's comparison is and no other decides. The same where rows are
 * cast. `<>` of rows is that of any rows: a NULL is a value. null: something else.
 */
function rowComparison(name: string, args: readonly SqlExpression[], position: Position): SqlExpression | null {
  if (name !== '=') return null;
  const [left, right] = args.map(constructedFields);
  if (left?.length !== right?.length || left === undefined || right === undefined || left.length === 0) return null;
  const fields = left.map((arg, i): SqlExpression => ({ kind: 'operator', name, args: [arg, right[i]!], position }));
  return fields.reduce((a, b) => ({ kind: 'and', left: a, right: b, position }));
}
