/** Walks through expressions as they are written, before names are resolved. */
import type { SelectItem, SqlExpression } from '../ast.ts';

/** Whether OVER stands in an expression, but for sub-queries in it. */
export function hasOver(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Array.isArray(node)) return node.some(hasOver);
  const { kind, call } = node as Partial<Extract<SqlExpression, { kind: 'call' }>>;
  if (kind === 'call' && call !== undefined && call.over !== null) return true;
  if ('query' in node) return false;
  return Object.values(node).some(hasOver);
}

/** Parts of an expression that are none themselves. */
const otherParts: ReadonlySet<string> = new Set(['position', 'type', 'query']);

/** The expression with `change` applied to the expressions directly below it, through lists and branches. */
export function mapParts<T extends object>(node: T, change: (part: SqlExpression) => SqlExpression): T {
  const changed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(changed);
    if (typeof value !== 'object' || value === null) return value;
    return 'kind' in value && 'position' in value ? change(value as SqlExpression) : mapParts(value, change);
  };
  const parts = Object.entries(node).map(([key, value]) => [key, otherParts.has(key) ? value : changed(value)]);
  return Object.fromEntries(parts) as T;
}

/** Names that are aliases of SELECT, and not among `columns`, become the expressions that they stand for. */
export function withoutAliases(
  expression: SqlExpression,
  items: readonly SelectItem[],
  columns: ReadonlySet<string>,
): SqlExpression {
  const aliases = new Map(
    items.flatMap((item) => (item.kind === 'star' || item.alias === null ? [] : [[item.alias.name, item.expression]])),
  );
  const replace = (part: SqlExpression): SqlExpression => {
    const name = part.kind === 'name' && part.name.parts.length === 1 ? part.name.parts[0]!.name : null;
    const meant = name === null || columns.has(name) ? undefined : aliases.get(name);
    return meant ?? mapParts(part, replace);
  };
  return replace(expression);
}
