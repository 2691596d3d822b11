/** ALTER TABLE: what an action makes of a table (Flink's AlterSchemaConverter). */
import { EngineError } from '../../model/errors.ts';
import type { TableDefinition } from '../../model/table.ts';
import type { Identifier } from '../ast.ts';
import { suggestion } from '../binder/scope.ts';
import { optionsOf } from '../binder/table-binder.ts';
import { sqlError } from '../excerpt.ts';
import { identifierOf } from '../grammar/base-grammar.ts';
import { tokenize } from '../grammar/tokens.ts';
import type { AlterAction, AlterElement } from '../statement.ts';
import { columnText } from './show-create.ts';
import { type DraftColumn, draftColumn, draftOf, primaryKeyText, type TableDraft } from './table-draft.ts';

/** Actions that change more than the table's name. */
export type ChangeAction = Exclude<AlterAction, Readonly<{ kind: 'rename' }>>;

export function alteredTable(action: ChangeAction, table: TableDefinition, script: string): TableDraft {
  const draft = draftOf(table);
  switch (action.kind) {
    case 'set':
      return { ...draft, options: new Map([...draft.options, ...optionsOf(action.options)]) };
    case 'reset':
      return { ...draft, options: new Map([...draft.options].filter(([key]) => !action.keys.includes(key))) };
    case 'add':
      return action.elements.reduce((rest, element) => added(rest, element, script), draft);
    case 'modify':
      return action.elements.reduce((rest, element) => modified(rest, element, script), draft);
    case 'rename_column':
      return renamed(action.from, action.to, table);
    case 'drop_columns':
      return action.columns.reduce((rest, column) => withoutColumn(rest, column, table), draft);
    case 'drop_primary_key':
      if (draft.primaryKeys.length === 0) throw nothingToDrop('a primary key');
      return { ...draft, primaryKeys: [] };
    case 'drop_watermark':
      if (draft.watermarks.length === 0) throw nothingToDrop('a watermark');
      return { ...draft, watermarks: [] };
  }
}

function added(draft: TableDraft, element: AlterElement, script: string): TableDraft {
  const textAt = ({ start, end }: { start: number; end: number }): string => script.slice(start, end);
  switch (element.kind) {
    case 'primary_key':
      if (draft.primaryKeys.length > 0) throw there('a primary key', element.key.position);
      return { ...draft, primaryKeys: [textAt(element.key.position)] };
    case 'watermark':
      if (draft.watermarks.length > 0) throw there('a watermark', element.watermark.position);
      return { ...draft, watermarks: [textAt(element.watermark.position)] };
    case 'column': {
      const { name } = element.column;
      if (draft.columns.some((column) => column.name === name.name))
        throw there(`a column '${name.name}'`, name.position);
      return { ...draft, columns: placed(draft.columns, draftColumn(element.column, script), element.place) };
    }
  }
}

function nothingToDrop(what: string): Error {
  return new EngineError('SQL_VALIDATION', `ALTER TABLE: expected a table that has ${what}, it has none`);
}

function there(what: string, position: Identifier['position']): Error {
  return sqlError('SQL_VALIDATION', `ALTER TABLE: the table has ${what} already`, position, 'MODIFY changes it.');
}

function modified(draft: TableDraft, element: AlterElement, script: string): TableDraft {
  const missing = (what: string, { position }: { position: Identifier['position'] }): Error =>
    sqlError('SQL_VALIDATION', `ALTER TABLE: the table has no ${what}`, position, 'ADD makes one.');
  switch (element.kind) {
    case 'primary_key':
      if (draft.primaryKeys.length === 0) throw missing('primary key', element.key);
      return added({ ...draft, primaryKeys: [] }, element, script);
    case 'watermark':
      if (draft.watermarks.length === 0) throw missing('watermark', element.watermark);
      return added({ ...draft, watermarks: [] }, element, script);
    case 'column': {
      const { name } = element.column;
      const at = placeOf(name, draft.columns);
      const column = draftColumn(element.column, script);
      if (element.place === null) return { ...draft, columns: draft.columns.with(at, column) };
      const rest = draft.columns.filter((_, i) => i !== at);
      return { ...draft, columns: placed(rest, column, element.place) };
    }
  }
}

function placed(
  columns: readonly DraftColumn[],
  column: DraftColumn,
  place: 'first' | Identifier | null,
): readonly DraftColumn[] {
  if (place === null) return [...columns, column];
  return columns.toSpliced(place === 'first' ? 0 : placeOf(place, columns) + 1, 0, column);
}

function placeOf({ name, position }: Identifier, columns: readonly DraftColumn[]): number {
  const place = columns.findIndex((column) => column.name === name);
  if (place >= 0) return place;
  const names = columns.map((column) => column.name);
  throw sqlError('SQL_VALIDATION', `ALTER TABLE: unknown column '${name}'`, position, suggestion(name, names));
}

/** Whatever is computed of a column keeps it. */
function renamed(from: Identifier, to: Identifier, table: TableDefinition): TableDraft {
  const draft = draftOf(table);
  const place = placeOf(from, draft.columns);
  if (draft.columns.some(({ name }) => name === to.name)) throw there(`a column '${to.name}'`, to.position);
  refuseUse(from, table, 'renamed');
  const column = table.columns[place]!;
  const text = columnText({ ...column, name: to.name });
  const rename = (name: string): string => (name === from.name ? to.name : name);
  return {
    ...draft,
    columns: draft.columns.with(place, { name: to.name, kind: column.kind, text }),
    primaryKeys: table.primaryKey.length === 0 ? [] : [primaryKeyText(table.primaryKey.map(rename))],
    partitionedBy: table.partitionedBy.map(rename),
  };
}

function withoutColumn(draft: TableDraft, column: Identifier, table: TableDefinition): TableDraft {
  const place = placeOf(column, draft.columns);
  refuseUse(column, table, 'dropped');
  const isKey = table.primaryKey.includes(column.name) ? 'the primary key' : null;
  const use = isKey ?? (table.partitionedBy.includes(column.name) ? 'PARTITIONED BY' : null);
  if (use !== null) throw inUse(column, use, 'dropped');
  return { ...draft, columns: draft.columns.toSpliced(place, 1) };
}

/** Flink refuses it too. */
function refuseUse(column: Identifier, table: TableDefinition, what: string): void {
  const mentions = (text: string): boolean =>
    tokenize(text).tokens.some((token) => identifierOf(token).name === column.name);
  for (const each of table.columns) {
    if (each.kind === 'computed' && each.name !== column.name && mentions(each.text)) {
      throw inUse(column, `the computed column '${each.name}'`, what);
    }
  }
  const { watermark } = table;
  if (watermark === null) return;
  if (table.columns[watermark.column]!.name === column.name || mentions(watermark.text))
    throw inUse(column, 'the watermark', what);
}

function inUse({ name, position }: Identifier, by: string, what: string): Error {
  return sqlError('SQL_VALIDATION', `ALTER TABLE: the column '${name}' can't be ${what}: ${by} needs it`, position);
}
