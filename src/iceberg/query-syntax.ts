/**
 * A query's syntax tree, as DuckDB's json_serialize_sql gives it: which tables it names, and under which simple conditions. Names of
 * tables are replaced in the tree, never in the text.
 */
import { EngineError } from '../model/errors.ts';
import type { Comparison } from './scan-filter.ts';

type Node = { [key: string]: unknown };

/** A literal as the parser has it, of a type by DuckDB's name; `CAST('…' AS DATE)` is of type DATE. */
export type Literal = Readonly<{ type: string; value: unknown }>;
export type Condition = Readonly<{ column: string; comparison: Comparison; literal: Literal }>;

export type TableReference = Readonly<{
  /** As many parts as were written. */
  parts: readonly string[];
  /** Offset in the text, in UTF-8 bytes. */
  at: number;
  conditions: readonly Condition[];
  /** Lets the tree name `view` instead; columns can still be qualified by the old name. */
  replace: (view: string) => void;
}>;

/** EngineError SQL_SYNTAX or UNSUPPORTED as the parser says. */
export function checkParsed(tree: Node): void {
  if (tree.error !== true) {
    if ((tree.statements as unknown[]).length === 1) return;
    throw new EngineError('UNSUPPORTED', 'query: expected one statement, got several');
  }
  const message = String(tree.error_message);
  if (tree.error_type === 'parser') throw new EngineError('SQL_SYNTAX', `query: ${message}`);
  // The parser takes the statement; only its serializer, which knows nothing but SELECT, does not.
  throw new EngineError('UNSUPPORTED', 'query: expected a SELECT, got another statement', {
    hint: 'A query only reads. Jobs write: millrace run.',
    cause: new Error(message),
  });
}

/** All tables that are named, but those that a WITH clause defines. */
export function findTables(tree: Node): TableReference[] {
  const references: TableReference[] = [];
  visit(tree, new Set(), null, references);
  return references;
}

function visit(value: unknown, defined: ReadonlySet<string>, select: Node | null, found: TableReference[]): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, defined, null, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const node = value as Node;
  if (node.type === 'BASE_TABLE') {
    const reference = referenceOf(node, select);
    if (reference.parts.length > 1 || !defined.has(reference.parts[0]!.toLowerCase())) found.push(reference);
  }
  const scope = new Set([...defined, ...definedBy(node)]);
  for (const [key, child] of Object.entries(node)) {
    visit(child, scope, key === 'from_table' && node.type === 'SELECT_NODE' ? node : null, found);
  }
}

function definedBy(node: Node): string[] {
  const entries = (node.cte_map as { map?: readonly Readonly<{ key: string }>[] } | undefined)?.map ?? [];
  return entries.map((entry) => entry.key.toLowerCase());
}

function referenceOf(table: Node, select: Node | null): TableReference {
  const parts = [table.catalog_name, table.schema_name, table.table_name] as string[];
  const name = String(table.table_name);
  const alias = String(table.alias || name);
  if (table.at_clause !== null && table.at_clause !== undefined) {
    throw new EngineError('UNSUPPORTED', `query: table '${name}': AT (…)`, {
      hint: "Write FOR SYSTEM_VERSION AS OF snapshot_id, or FOR SYSTEM_TIME AS OF 'timestamp'.",
    });
  }
  const renamed = (table.column_name_alias as unknown[]).length > 0; // FROM t AS a (x, y): conditions are on other names
  return {
    parts: parts.filter((part) => part !== ''),
    at: Number(table.query_location),
    conditions: select === null || renamed ? [] : conditionsOf(select.where_clause as Node | null, alias),
    replace: (view) => {
      Object.assign(table, { catalog_name: 'memory', schema_name: 'main', table_name: view, alias });
    },
  };
}

const comparisons: Readonly<Record<string, Comparison>> = {
  COMPARE_EQUAL: '=',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
};
const mirrored: Readonly<Record<Comparison, Comparison>> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** The terms of an AND that compare a column with a literal. */
function conditionsOf(where: Node | null, alias: string): Condition[] {
  if (where === null || where === undefined) return [];
  if (where.type === 'CONJUNCTION_AND') {
    return (where.children as Node[]).flatMap((child) => conditionsOf(child, alias));
  }
  if (where.type === 'COMPARE_BETWEEN') {
    return [
      ...conditionOf('>=', where.input as Node, where.lower as Node, alias),
      ...conditionOf('<=', where.input as Node, where.upper as Node, alias),
    ];
  }
  const comparison = comparisons[String(where.type)];
  if (comparison === undefined) return [];
  const [left, right] = [where.left as Node, where.right as Node];
  const condition = conditionOf(comparison, left, right, alias);
  return condition.length > 0 ? condition : conditionOf(mirrored[comparison], right, left, alias);
}

function conditionOf(comparison: Comparison, left: Node, right: Node, alias: string): Condition[] {
  const literal = literalOf(right);
  if (left.type !== 'COLUMN_REF' || literal === null) return [];
  const names = left.column_names as string[];
  if (names.length === 2 && names[0]!.toLowerCase() !== alias.toLowerCase()) return [];
  return names.length > 2 ? [] : [{ column: names.at(-1)!, comparison, literal }];
}

function literalOf(node: Node): Literal | null {
  if (node.type === 'OPERATOR_CAST') {
    const inner = literalOf(node.child as Node);
    const type = (node.cast_type as Node).id;
    return inner?.type === 'VARCHAR' ? { type: String(type), value: inner.value } : null;
  }
  if (node.type !== 'VALUE_CONSTANT') return null;
  const constant = node.value as Node;
  return constant.is_null === true ? null : { type: String((constant.type as Node).id), value: constant.value };
}
