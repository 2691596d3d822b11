/** Names in sight of an expression: the columns of what stands in FROM. */
import type { Position } from '../../model/errors.ts';
import { columnRef, type Expression } from '../../model/expression.ts';
import { nearest } from '../../model/options.ts';
import type { WindowDefinition, WindowProperty } from '../../model/plan.ts';
import { type DataType, type Field, formatType, withNullable } from '../../model/types.ts';
import type { Identifier, Name } from '../ast.ts';
import { sqlError } from '../excerpt.ts';

/** A column of a relation, with what only the planner needs to know of it. */
export type RelationField = Readonly<{
  name: string;
  type: DataType;
  /** The alias or name of the table that it comes from. */
  qualifier: string | null;
  /** Event time with watermarks: what windows can be made of. */
  rowtime: boolean;
  /** The time of processing, PROCTIME(): a time attribute, too. */
  proctime: boolean;
  /** A bound of a window that the row belongs to (window-columns.ts). */
  window: WindowColumn | null;
}>;

/** `zoned`: windows of a TIMESTAMP_LTZ, in the session's zone. */
export type WindowColumn = Readonly<{
  property: WindowProperty;
  window: WindowDefinition;
  zoned: boolean;
  processingTime: boolean;
}>;

export function plainField(name: string, type: DataType, qualifier: string | null = null): RelationField {
  return { name, type, qualifier, rowtime: false, proctime: false, window: null };
}

/** What SELECT makes of `fields`: a time attribute or bound of a window that is passed on stays one, PROCTIME() begins one. */
export function projectedField(expression: Expression, name: string, fields: readonly RelationField[]): RelationField {
  const passed = expression.kind === 'column' ? fields[expression.index]! : null;
  const proctime = passed?.proctime ?? isProctimeCall(expression);
  return {
    ...plainField(name, expression.type),
    rowtime: passed?.rowtime ?? false,
    proctime,
    window: passed?.window ?? null,
  };
}

export function isProctimeCall(expression: Expression): boolean {
  return expression.kind === 'call' && expression.name === 'PROCTIME';
}

export function fieldsOf(fields: readonly RelationField[]): Field[] {
  return fields.map(({ name, type }) => ({ name, type }));
}

/** Of columns that stand for sub-queries: no star means them. */
export const hiddenQualifier = '$subquery';

/** The places of the columns that `*` means. */
export function visibleColumns(fields: readonly RelationField[]): number[] {
  return fields.flatMap(({ qualifier }, index) => (qualifier === hiddenQualifier ? [] : [index]));
}

export class Scope {
  readonly fields: readonly RelationField[];

  constructor(fields: readonly RelationField[]) {
    this.fields = fields;
  }

  /** `column`, `table.column`, and fields of rows after either. */
  resolve({ parts, position }: Name): Expression {
    const [first, second] = parts as [Identifier, Identifier | undefined];
    const qualified = second === undefined ? [] : this.#find(second.name, first.name);
    const [matches, used] = qualified.length > 0 ? [qualified, 2] : [this.#find(first.name, null), 1];
    if (matches.length === 0) throw this.#unknown(parts);
    if (matches.length > 1) throw ambiguous(parts.slice(0, used), position);
    const index = matches[0]!;
    const column: Expression = { ...columnRef(index, this.fields[index]!.type), position };
    return parts.slice(used).reduce<Expression>((row, part) => fieldOf(row, part), column);
  }

  /** The places of the columns that `t.*` means. */
  qualified(qualifier: Name): number[] {
    const name = qualifier.parts.at(-1)!.name;
    const found = this.fields.flatMap((field, index) => (field.qualifier === name ? [index] : []));
    if (found.length > 0) return found;
    const known = new Set(this.fields.flatMap((field) => field.qualifier ?? []));
    const near = nearest(name, known);
    const hint = near === undefined ? undefined : `Did you mean ${near}.*?`;
    throw sqlError('SQL_VALIDATION', `unknown table '${name}'`, qualifier.position, hint);
  }

  #find(name: string, qualifier: string | null): number[] {
    return this.fields.flatMap((field, index) =>
      field.name === name && (qualifier === null || field.qualifier === qualifier) ? [index] : [],
    );
  }

  #unknown(parts: readonly Identifier[]): Error {
    const [first, second] = parts as [Identifier, Identifier | undefined];
    const isTable = second !== undefined && this.fields.some(({ qualifier }) => qualifier === first.name);
    if (second !== undefined && !isTable) return this.#unknownTable(first);
    const missing = isTable ? second : first;
    const names = this.fields.filter(({ qualifier }) => !isTable || qualifier === first.name).map(({ name }) => name);
    return sqlError(
      'SQL_VALIDATION',
      `unknown column '${missing.name}'`,
      missing.position,
      suggestion(missing.name, names),
    );
  }

  /** What stands before a dot is a table, or a column of ROWs. */
  #unknownTable({ name, position }: Identifier): Error {
    const tables = new Set(this.fields.flatMap(({ qualifier }) => qualifier ?? []));
    tables.delete(hiddenQualifier);
    const rows = this.fields.flatMap((field) => (field.type.kind === 'row' ? [field.name] : []));
    return sqlError('SQL_VALIDATION', `unknown table '${name}'`, position, suggestion(name, [...tables, ...rows]));
  }
}

const listLimit = 20; // names in a message

export function suggestion(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known);
  if (near !== undefined) return `Did you mean ${/^\w+$/.test(near) ? near : `\`${near}\``}?`;
  if (known.length === 0) return undefined;
  return `There are: ${known.slice(0, listLimit).join(', ')}${known.length > listLimit ? ', …' : ''}.`;
}

function ambiguous(parts: readonly Identifier[], position: Position): Error {
  const name = parts.map((part) => part.name).join('.');
  return sqlError(
    'SQL_VALIDATION',
    `the column '${name}' is ambiguous`,
    position,
    'Put the table before it: t.column.',
  );
}

/** A field of a ROW value; NULL where the row is. */
export function fieldOf(row: Expression, field: Identifier): Expression {
  if (row.type.kind !== 'row') {
    throw sqlError(
      'SQL_VALIDATION',
      `'${field.name}' is asked of a ${formatType(row.type)}, which has no fields`,
      field.position,
    );
  }
  const index = row.type.fields.findIndex(({ name }) => name === field.name);
  if (index < 0) {
    const names = row.type.fields.map(({ name }) => name);
    throw sqlError('SQL_VALIDATION', `unknown field '${field.name}'`, field.position, suggestion(field.name, names));
  }
  const { type } = row.type.fields[index]!;
  return {
    kind: 'field',
    arg: row,
    index,
    type: withNullable(type, type.nullable || row.type.nullable),
    position: field.position,
  };
}
