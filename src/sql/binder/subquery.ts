/** What every kind of sub-query is told by, and bound with. */
import type { SqlExpression } from '../ast.ts';
import type { BindQuery } from './environment.ts';
import type { FromBinder } from './from-binder.ts';
import { isAggregate } from './function-call.ts';

export type SubqueryBinders = Readonly<{ fromBinder: FromBinder; bindQuery: BindQuery }>;

/** Aggregates and OVER make other rows of rows. */
export function folds(node: unknown): boolean {
  return contains(node, (part) => isFold(part));
}

/** Whether a sub-query stands in the expression, but for those that an aggregate is given. */
export function hasSubquery(node: unknown): boolean {
  return contains(node, (part) => 'query' in part, isAggregateCall);
}

function isFold(part: object): boolean {
  const { kind, call } = part as Partial<Extract<SqlExpression, { kind: 'call' }>>;
  return kind === 'call' && call !== undefined && (call.over !== null || isAggregate(call.name.name));
}

function isAggregateCall(part: object): boolean {
  const { kind, call } = part as Partial<Extract<SqlExpression, { kind: 'call' }>>;
  return kind === 'call' && call !== undefined && call.over === null && isAggregate(call.name.name);
}

/** Looks at the parts of an expression, but neither into sub-queries nor into what is `closed`. */
function contains(node: unknown, test: (part: object) => boolean, closed = (_: object): boolean => false): boolean {
  if (typeof node !== 'object' || node === null || closed(node)) return false;
  if (Array.isArray(node)) return node.some((part) => contains(part, test, closed));
  if (test(node)) return true;
  return Object.entries(node).some(([key, part]) => key !== 'query' && contains(part, test, closed));
}
