/** A call of an aggregate, in GROUP BY queries and before OVER: its arguments in the types that it takes. */
import type { Position } from '../../model/errors.ts';
import type { Expression } from '../../model/expression.ts';
import type { AggregateFunction, SessionContext } from '../../model/function.ts';
import type { DataType } from '../../model/types.ts';
import type { SqlCall, SqlExpression } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import type { WantedAggregate } from './aggregation.ts';
import type { ExpressionBinder } from './expression-binder.ts';
import { aggregateNamed, bindCall, coerceAll, infer, isAggregate } from './function-call.ts';

type Place = Readonly<{
  /** Of arguments and FILTER. */
  binder: ExpressionBinder;
  position: Position;
  /** Why rows are taken back, if they are: `over rows that change`. */
  retracts: string | null;
}>;

/** `name`: upper case. */
export function bindAggregate(name: string, call: SqlCall, { binder, position, retracts }: Place): WantedAggregate {
  const found = aggregateNamed(name, position);
  if (call.star && name !== 'COUNT') throw sqlError('SQL_VALIDATION', `${name}(*): only COUNT takes *`, position);
  if (name === 'COUNT' && call.args.length > 1 && !call.distinct) {
    throw sqlError('SQL_VALIDATION', 'COUNT of several values is only there with DISTINCT', position);
  }
  if (call.args.length === 0 && !call.star) throw sqlError('SQL_VALIDATION', `expected ${found.usage}`, position);
  const bound = argumentsOf(name, call, binder);
  const { args, result: type } = infer(found, bound, position);
  const filter = call.filter === null ? null : binder.condition(call.filter, 'FILTER');
  if (retracts !== null && !takesBack(found, args, type)) {
    throw unsupported(`${name} ${retracts}`, position, 'It can take no row back.');
  }
  return {
    name: found.name,
    args: countsRows(name, call, bound) ? [] : coerceAll(bound, args),
    distinct: call.distinct,
    filter,
    type,
  };
}

/** COUNT of what is never NULL: of rows, whatever the argument is. */
function countsRows(name: string, { distinct }: SqlCall, bound: readonly Expression[]): boolean {
  return name === 'COUNT' && !distinct && bound.every(({ type }) => !type.nullable);
}

/** What is asked of the calls in an aggregate's arguments. */
export function refuseNested(call: SqlCall, position: Position): null {
  const name = call.name.name.toUpperCase();
  if (call.over !== null || !isAggregate(name)) return null;
  const hint = 'Aggregate in a sub-query first.';
  throw sqlError('SQL_VALIDATION', `the aggregate ${name} can't stand in another`, position, hint);
}

function takesBack(found: AggregateFunction, args: readonly DataType[], result: DataType): boolean {
  const session: SessionContext = { timeZone: 'UTC', now: () => 0, random: () => 0 };
  const typed = args.map((type) => ({ type }));
  return found.implement({ args: typed, result, wide: false, session, retract: true }).retract !== undefined;
}

/** Values of JSON_OBJECTAGG and JSON_ARRAYAGG are JSON texts. */
function argumentsOf(name: string, { args }: SqlCall, binder: ExpressionBinder): Expression[] {
  const bound = args.map((arg) => binder.bind(arg));
  const [value, argument] = [bound.at(-1), args.at(-1)];
  if (!/^JSON_(OBJECT|ARRAY)AGG_/.test(name) || value === undefined || makesJson(argument!)) return bound;
  return [...bound.slice(0, -1), bindCall('JSON_STRING', [value], argument!.position)];
}

function makesJson(argument: SqlExpression): boolean {
  return argument.kind === 'call' && /^JSON(_OBJECT|_ARRAY)?$/i.test(argument.call.name.name);
}
