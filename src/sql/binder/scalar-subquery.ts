/** Sub-queries as values: a join with the one row that they give, whose column then stands in their place. */
import type { Position } from '../../model/errors.ts';
import type { Identifier, SqlExpression, SqlQuery } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { uniqueKeysOf } from '../planner/changelog.ts';
import type { BindQuery } from './environment.ts';
import type { JoinTree } from './join-tree.ts';
import type { Relation } from './relation.ts';
import { hiddenQualifier } from './scope.ts';

type ScalarQuery = Readonly<{ query: SqlQuery; position: Position }>;

export type Lifted<T> = T & Readonly<{ tree: JoinTree }>;

/** The syntax with names in the places of its sub-queries, and `from` with the columns of those names. */
export function liftScalars<T extends object>(syntax: T, from: JoinTree, bindQuery: BindQuery): Lifted<T> {
  let tree = from;
  let count = 0;
  const lift = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return node.map(lift);
    const { kind } = node as { kind?: unknown };
    if (kind === 'subquery') {
      const scalar = node as ScalarQuery;
      const name = String(count++);
      tree = joined(tree, named(singleRow(scalar, bindQuery), name));
      return columnName(name, scalar.position);
    }
    const entries = Object.entries(node);
    if (!entries.some(([, part]) => typeof part === 'object')) return node;
    return Object.fromEntries(entries.map(([key, part]) => [key, key === 'query' ? part : lift(part)]));
  };
  const lifted = lift(syntax) as T;
  return { ...lifted, tree };
}

/** A left row stays if the sub-query gives none: its value is NULL. */
function joined(left: JoinTree, relation: Relation): JoinTree {
  return { kind: 'join', join: 'left', left, right: { kind: 'leaf', relation }, conjuncts: [] };
}

function named({ node, fields }: Relation, name: string): Relation {
  return { node, fields: fields.map((field) => ({ ...field, name, qualifier: hiddenQualifier })) };
}

function columnName(name: string, position: Position): SqlExpression {
  const part = (text: string): Identifier => ({ name: text, position });
  return { kind: 'name', name: { parts: [part(hiddenQualifier), part(name)], position }, position };
}

function singleRow({ query, position }: ScalarQuery, bindQuery: BindQuery): Relation {
  const relation = bindQuery(query);
  if (relation.fields.length !== 1) {
    const message = `a sub-query as a value: expected one column, got ${relation.fields.length}`;
    throw sqlError('SQL_VALIDATION', message, position);
  }
  const { node } = relation;
  const isOne = node.kind === 'values' ? node.rows.length === 1 : uniqueKeysOf(node).some((key) => key.length === 0);
  if (isOne) return relation;
  const hint = 'Make one row of it by an aggregate: MAX(x).';
  throw unsupported('a sub-query as a value that may give several rows', position, hint);
}
