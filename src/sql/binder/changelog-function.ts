/** TO_CHANGELOG and FROM_CHANGELOG: changes as rows that say their kind, and the other way round. Facts of Flink 2.3's functions. */
import { op } from '../../model/column.ts';
import type { Position } from '../../model/errors.ts';
import type { ChangeCode, PlanNode } from '../../model/plan.ts';
import { formatType, isCharacter, types } from '../../model/types.ts';
import type { FromItem, FunctionArgument, SqlExpression } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { changelogOf, isInsertOnly } from '../planner/changelog.ts';
import type { Relation } from './relation.ts';
import { fieldsOf, plainField, type RelationField, suggestion } from './scope.ts';

type FunctionItem = Extract<FromItem, { kind: 'function' }>;
type Bound = Readonly<{ input: Relation; from: Position; column: ColumnName; mapping: Mapping | null }>;
type Text = Readonly<{ text: string; position: Position }>;
type Entry = Readonly<{ key: Text; value: Text }>;
type Mapping = Readonly<{ entries: readonly Entry[]; position: Position }>;
/** Whether someone gave it. */
type ColumnName = Readonly<{ name: string; position: Position; isGiven: boolean }>;

const functions = { TO_CHANGELOG: toChangelog, FROM_CHANGELOG: fromChangelog } as const;
type FunctionName = keyof typeof functions;

const nameColumn = 'Name the column of the operation with op => DESCRIPTOR(…).';

/** What the codes and the mapping call a kind of change. */
const changes: ReadonlyMap<string, number> = new Map([
  ['INSERT', op.insert],
  ['UPDATE_BEFORE', op.updateBefore],
  ['UPDATE_AFTER', op.updateAfter],
  ['DELETE', op.delete],
]);
const standardCodes: readonly ChangeCode[] = [...changes].map(([code, change]) => ({ code, change }));

export const changelogFunctions: readonly string[] = Object.keys(functions);

export function isChangelogFunction(name: string): boolean {
  return changelogFunctions.includes(name.toUpperCase());
}

/** `TO_CHANGELOG(input => TABLE t, op => DESCRIPTOR(c), op_mapping => MAP['INSERT, UPDATE_AFTER', 'x'])`. */
export function bindChangelogFunction(item: FunctionItem, bindInput: (arg: FunctionArgument) => Relation): Relation {
  const name = item.name.name.toUpperCase() as FunctionName;
  const [input, descriptor, mapping] = argumentsOf(item, name);
  if (input?.kind !== 'table' && input?.kind !== 'query') {
    throw sqlError('SQL_VALIDATION', `${name}: expected a table as the first argument`, item.position);
  }
  const [partition] = input.partitionBy;
  if (partition !== undefined) {
    const hint = 'Each row is converted on its own.';
    throw sqlError('SQL_VALIDATION', `${name}: expected no PARTITION BY`, partition.position, hint);
  }
  return functions[name]({
    input: bindInput(input),
    from: input.position,
    column: columnName(descriptor, item.position),
    mapping: mapping === undefined ? null : mappingOf(mapping),
  });
}

const parameters = ['INPUT', 'OP', 'OP_MAPPING'];

/** In the order of `parameters`. `uid` names state, of which there is none. */
function argumentsOf({ args, position }: FunctionItem, name: FunctionName): (FunctionArgument | undefined)[] {
  const named = args.filter(({ parameter }) => parameter !== null);
  if (named.length === 0 && args.length <= parameters.length) return [...args];
  const usage = `${name}(input => TABLE t [, op => DESCRIPTOR(c)] [, op_mapping => MAP[…]])`;
  if (named.length < args.length) throw sqlError('SQL_VALIDATION', `expected ${usage}`, position);
  const onTime = named.find(({ parameter }) => parameter === 'ON_TIME');
  if (onTime !== undefined) throw unsupported(`on_time of ${name}`, onTime.position, 'Time attributes stay such.');
  const unknown = named.find(({ parameter }) => parameter !== 'UID' && !parameters.includes(parameter!));
  if (unknown !== undefined) throw sqlError('SQL_VALIDATION', `expected ${usage}`, unknown.position);
  return parameters.map((parameter) => {
    const [given, again] = named.filter((argument) => argument.parameter === parameter);
    if (again !== undefined)
      throw sqlError('SQL_VALIDATION', `${parameter.toLowerCase()} is given twice`, again.position);
    return given;
  });
}

function columnName(descriptor: FunctionArgument | undefined, position: Position): ColumnName {
  if (descriptor === undefined) return { name: 'op', position, isGiven: false };
  if (descriptor.kind === 'descriptor' && descriptor.columns.length === 1)
    return { ...descriptor.columns[0]!, isGiven: true };
  throw sqlError('SQL_VALIDATION', 'op: expected DESCRIPTOR with one column name', descriptor.position);
}

/** null: a NULL, as if nothing had been given. Of a key that is there twice the last counts, as in any MAP. */
function mappingOf(mapping: FunctionArgument): Mapping | null {
  const map = mapping.kind === 'expression' ? mapping.expression : null;
  if (map !== null && isNull(map)) return null;
  const wrong = (): Error =>
    sqlError('SQL_VALIDATION', "op_mapping: expected a MAP of constant texts, as MAP['INSERT', 'I']", mapping.position);
  if (map?.kind !== 'map') throw wrong();
  const texts = map.args.map((arg): Text => {
    if (arg.kind !== 'literal' || arg.literal.of !== 'string') throw wrong();
    return { text: arg.literal.text, position: arg.position };
  });
  const entries = new Map<string, Entry>();
  for (let i = 0; i < texts.length; i += 2) {
    const [key, value] = [texts[i]!, texts[i + 1]!];
    entries.set(key.text, { key, value });
  }
  return { entries: [...entries.values()], position: mapping.position };
}

function isNull(expression: SqlExpression): boolean {
  if (expression.kind === 'cast') return isNull(expression.arg);
  return expression.kind === 'literal' && expression.literal.of === 'null';
}

/** Several kinds of change, or several codes, stand in one text: `'INSERT, UPDATE_AFTER'`. */
function listed(text: string): string[] {
  return text
    .replace(/(?<!^),+$/, '')
    .split(',')
    .map((part) => part.trim());
}

function changeNamed(name: string, { position }: Text): number {
  const change = changes.get(name);
  if (change !== undefined) return change;
  const known = [...changes.keys()];
  const message = `op_mapping: expected ${known.slice(0, -1).join(', ')} or ${known.at(-1)}, got '${name}'`;
  throw sqlError('SQL_VALIDATION', message, position, suggestion(name, known));
}

function refuseTwice(name: string, isThere: boolean, { position }: Text, hint?: string): void {
  if (isThere) throw sqlError('SQL_VALIDATION', `op_mapping: ${name} is there twice`, position, hint);
}

function toChangelog({ input, column, mapping }: Bound): Relation {
  const codes = mapping === null ? standardCodes : codesTo(mapping);
  const taken = input.fields.some(({ name }) => name === column.name);
  if (taken) {
    throw sqlError(
      'SQL_VALIDATION',
      `TO_CHANGELOG: two columns are called '${column.name}'`,
      column.position,
      nameColumn,
    );
  }
  const fields = [plainField(column.name, types.string(true)), ...input.fields.map(outsideWindows)];
  const node: PlanNode = { kind: 'to_changelog', input: input.node, codes, fields: fieldsOf(fields) };
  return { node, fields };
}

function codesTo({ entries }: Mapping): readonly ChangeCode[] {
  const codes: ChangeCode[] = [];
  for (const { key, value } of entries) {
    for (const name of listed(key.text)) {
      const change = changeNamed(name, key);
      refuseTwice(
        name,
        codes.some((other) => other.change === change),
        key,
      );
      codes.push({ code: value.text, change });
    }
  }
  return codes;
}

function fromChangelog({ input, from, column, mapping }: Bound): Relation {
  if (!isInsertOnly(changelogOf(input.node))) {
    const hint = 'Its rows say themselves what kind of change they are: they come from a table of inserts.';
    throw sqlError('SQL_VALIDATION', 'FROM_CHANGELOG: expected rows that never change, got updates', from, hint);
  }
  const names = input.fields.map(({ name }) => name);
  const place = names.indexOf(column.name);
  if (place < 0) {
    const message = `FROM_CHANGELOG: there is no column '${column.name}' in the table`;
    const hint = column.isGiven ? suggestion(column.name, names) : nameColumn;
    throw sqlError('SQL_VALIDATION', message, column.position, hint);
  }
  const { type } = input.fields[place]!;
  if (!isCharacter(type)) {
    const message = `FROM_CHANGELOG: expected the column '${column.name}' to be a STRING, got ${formatType(type)}`;
    throw sqlError('SQL_VALIDATION', message, column.position);
  }
  const codes = mapping === null ? standardCodes : codesFrom(mapping);
  const fields = input.fields.filter((_, i) => i !== place).map(outsideWindows);
  const node: PlanNode = { kind: 'from_changelog', input: input.node, column: place, codes, fields: fieldsOf(fields) };
  return { node, fields };
}

function codesFrom({ entries, position }: Mapping): readonly ChangeCode[] {
  const seen = new Set<number>();
  const codes = entries.flatMap(({ key, value }) => {
    const name = value.text.trim();
    const change = changeNamed(name, value);
    refuseTwice(name, seen.has(change), value, "Several codes of one kind stand in one text: MAP['c, r', 'INSERT'].");
    seen.add(change);
    return listed(key.text).map((code) => ({ code, change, key }));
  });
  for (const [i, { code, key }] of codes.entries()) {
    const isThere = codes.slice(0, i).some((other) => other.code === code);
    refuseTwice(`'${code}'`, isThere, key);
  }
  if (seen.has(op.updateAfter) && !seen.has(op.updateBefore)) {
    const message = 'op_mapping: expected UPDATE_BEFORE beside UPDATE_AFTER';
    throw sqlError('SQL_VALIDATION', message, position, 'An update is a row that is taken back, and the new one.');
  }
  return codes.map(({ code, change }) => ({ code, change }));
}

/** Time attributes stay such. */
function outsideWindows(field: RelationField): RelationField {
  return { ...field, window: null };
}
