/**
 * A table being made of another one's parts, or changed: its elements as text, which are put together, read and bound again, so that
 * whatever a CREATE TABLE checks is checked. Faults then stand in a text that nobody wrote: they are said of the statement.
 */
import { EngineError, isEngineError, type Position } from '../../model/errors.ts';
import type { TableDefinition, TablePath } from '../../model/table.ts';
import { bindTable, optionsOf } from '../binder/table-binder.ts';
import type { MetadataColumns } from '../binder/table-source.ts';
import { parseScript } from '../parser.ts';
import type { ColumnDefinition, StatementBody } from '../statement.ts';
import { columnText, quote } from './show-create.ts';

type CreateTable = Extract<StatementBody, { kind: 'create_table' }>;

/** `text`: the whole definition, as in a CREATE TABLE. */
export type DraftColumn = Readonly<{ name: string; kind: 'physical' | 'metadata' | 'computed'; text: string }>;

export type TableDraft = Readonly<{
  columns: readonly DraftColumn[];
  /** `WATERMARK FOR …`. */
  watermarks: readonly string[];
  /** `PRIMARY KEY (…) NOT ENFORCED`. */
  primaryKeys: readonly string[];
  partitionedBy: readonly string[];
  options: ReadonlyMap<string, string>;
  comment: string | null;
}>;

export function draftOf(table: TableDefinition): TableDraft {
  const { columns, watermark, primaryKey, partitionedBy, options, comment } = table;
  return {
    columns: columns.map((column) => ({ name: column.name, kind: column.kind, text: columnText(column) })),
    watermarks:
      watermark === null ? [] : [`WATERMARK FOR ${quote(columns[watermark.column]!.name)} AS ${watermark.text}`],
    primaryKeys: primaryKey.length === 0 ? [] : [primaryKeyText(primaryKey)],
    partitionedBy,
    options,
    comment: comment ?? null,
  };
}

/** What a CREATE TABLE says itself. `script`: where its positions go. */
export function draftOfStatement(node: CreateTable, script: string): TableDraft {
  const textAt = ({ start, end }: Position): string => script.slice(start, end);
  return {
    columns: node.columns.map((column) => draftColumn(column, script)),
    watermarks: node.watermarks.map(({ position }) => textAt(position)),
    primaryKeys: node.primaryKeys.map(({ position }) => textAt(position)),
    partitionedBy: node.partitionedBy.map(({ name }) => name),
    options: optionsOf(node.options),
    comment: node.comment,
  };
}

export function draftColumn({ name, kind, span }: ColumnDefinition, script: string): DraftColumn {
  return { name: name.name, kind, text: script.slice(span.start, span.end) };
}

export function primaryKeyText(columns: readonly string[]): string {
  return `PRIMARY KEY (${columns.map(quote).join(', ')}) NOT ENFORCED`;
}

/** Binds a draft. `position`: of the statement's part that asked for it. */
export function bindDraft(
  draft: TableDraft,
  path: TablePath,
  metadataColumns: MetadataColumns,
  position: Position,
): TableDefinition {
  const elements = [...draft.columns.map(({ text }) => text), ...draft.watermarks, ...draft.primaryKeys];
  const partitioned =
    draft.partitionedBy.length === 0 ? '' : ` PARTITIONED BY (${draft.partitionedBy.map(quote).join(', ')})`;
  const text = `CREATE TABLE ${quote(path.name)} (${elements.join(', ')})${partitioned}`;
  try {
    const [statement] = parseScript(text);
    const options = [...draft.options].map(([key, value]) => ({ key, value, position }));
    const node: CreateTable = { ...(statement as CreateTable), options, comment: draft.comment };
    return bindTable(node, path, metadataColumns, text);
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const { code, message, hint, cause } = error;
    throw new EngineError(code, message, { position, hint, cause });
  }
}
