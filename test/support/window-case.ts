import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aggregateFunction } from '../../src/functions/registry.ts';
import { assert } from '../../src/model/errors.ts';
import type { AggregateCall, WindowDefinition } from '../../src/model/plan.ts';
import { timeZone } from '../../src/model/time-zone.ts';
import { type DataType, type Field, types } from '../../src/model/types.ts';
import type { Row } from './operator-harness.ts';
import type { WindowJob } from './window-pipeline.ts';

// Oracle cases of windowed aggregations as jobs for the operators alone: just enough is read of the query's text.

export type WindowCase = Readonly<{
  job: WindowJob;
  rows: readonly Row[];
  /** In force before each row, when the watermark advances after every record. */
  watermarks: readonly number[];
  /** As the job's rows: keys, aggregates, window_start, window_end, window_time (null where the query does not ask for it). */
  expected: readonly Row[];
}>;

const scalarTypes: Readonly<Record<string, DataType>> = {
  STRING: types.string(),
  BIGINT: types.of('bigint'),
  INT: types.of('int'),
  SMALLINT: types.of('smallint'),
  TINYINT: types.of('tinyint'),
  DOUBLE: types.of('double'),
  FLOAT: types.of('float'),
  BOOLEAN: types.of('boolean'),
};
const unitMs: Readonly<Record<string, number>> = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 };

type Column = Readonly<{ field: Field; value: (record: Record<string, unknown>) => unknown }>;

export function readWindowCase(folder: string): WindowCase {
  const sql = readFileSync(join(folder, 'query.sql'), 'utf8');
  const zone = /'table.local-time-zone'='([^']+)'/.exec(sql)![1]!;
  const records = jsonLines(join(folder, 'input.jsonl'));
  const columns = sourceColumns(sql, zone);
  const aggregates: (AggregateCall & { alias: string })[] = [];
  for (const item of selectItems(sql)) {
    const found = aggregateOf(item, columns);
    if (found !== null) aggregates.push(found);
  }
  const inputFields = columns.map(({ field }) => field);
  const timeColumn = inputFields.findIndex(({ name }) => name === 'et');
  const type = inputFields[timeColumn]!.type;
  const key = inputFields.findIndex(({ name }) => name === 'k');
  const rows = records.map((record) => columns.map(({ value }) => value(record)));
  const job: WindowJob = {
    window: windowOf(sql),
    time: { column: timeColumn, type, timeZone: type.kind === 'timestamp_ltz' ? zone : null },
    keys: [key],
    aggregates,
    inputFields,
  };
  const expected = jsonLines(join(folder, 'expected.jsonl')).map(({ row }) => {
    const values = row as Record<string, unknown>;
    const results = aggregates.map(({ alias, type: result }) => expectedValue(values[alias], result));
    const times = ['window_start', 'window_end', 'window_time'].map((name) => milliseconds(values[name]));
    return [values.k, ...results, ...times];
  });
  return { job, rows, watermarks: watermarksBefore(sql, rows, timeColumn), expected };
}

/** Numbers that a double can't hold stay exact. */
function jsonLines(path: string): Record<string, unknown>[] {
  const exact = (_: string, value: unknown, { source }: { source?: string }): unknown =>
    Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source!) ? BigInt(source!) : value;
  const parse = JSON.parse as (text: string, reviver: typeof exact) => Record<string, unknown>;
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => parse(line, exact));
}

function sourceColumns(sql: string, zone: string): Column[] {
  const body = /CREATE TABLE src \((.*), WATERMARK/s.exec(sql)![1]!;
  return split(body).map((text): Column => {
    const [name, rest] = /^`?(\w+)`? (.*)$/s.exec(text)!.slice(1) as [string, string];
    if (name !== 'et')
      return { field: { name, type: typeOf(rest) }, value: (record) => inputValue(record[name], typeOf(rest)) };
    const isCast = rest.includes('AS TIMESTAMP(3)');
    const type = isCast ? types.timestamp(3) : types.timestampLtz(3);
    const value = ({ ts }: Record<string, unknown>): unknown => (isCast ? timeZone(zone).toLocal(ts as number) : ts);
    return { field: { name, type }, value };
  });
}

function typeOf(text: string): DataType {
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)/.exec(text);
  if (decimal !== null) return types.decimal(Number(decimal[1]), Number(decimal[2]));
  const type = scalarTypes[text];
  assert(type !== undefined, () => `no type ${text}`);
  return type;
}

function inputValue(value: unknown, type: DataType): unknown {
  if (value === undefined || value === null) return null;
  switch (type.kind) {
    case 'decimal':
      return Math.round((value as number) * 10 ** type.scale);
    case 'boolean':
      return value === true ? 1 : 0;
    case 'int':
      return typeof value === 'number' ? Math.trunc(value) : value;
    case 'float':
      return Math.fround(value as number);
    default:
      return value;
  }
}

function windowOf(sql: string): WindowDefinition {
  const [, kind, , intervals] = /(TUMBLE|HOP|CUMULATE)\(TABLE (\w+), DESCRIPTOR\(et\), ([^)]*)\)/.exec(sql)!;
  const [first, second, third] = [...intervals!.matchAll(/INTERVAL '(\d+)' (\w+)/g)].map(
    ([, count, unit]) => Number(count) * unitMs[unit!]!,
  );
  if (kind === 'TUMBLE') return { kind: 'tumble', sizeMs: first!, offsetMs: second ?? 0 };
  const offsetMs = third ?? 0;
  if (kind === 'HOP') return { kind: 'hop', slideMs: first!, sizeMs: second!, offsetMs };
  return { kind: 'cumulate', stepMs: first!, sizeMs: second!, offsetMs };
}

function selectItems(sql: string): string[] {
  return split(/\nSELECT (.*?)\s+FROM TABLE/s.exec(sql)![1]!);
}

/** At commas outside parentheses. */
function split(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')') depth--;
    if (i < text.length && (text[i] !== ',' || depth > 0)) continue;
    parts.push(text.slice(start, i).trim());
    start = i + 1;
  }
  return parts;
}

/** `SUM(DISTINCT CAST(v AS INT)) FILTER (WHERE v > 5) AS s`; casts and conditions become columns of the input. */
function aggregateOf(item: string, columns: Column[]): (AggregateCall & { alias: string }) | null {
  const form =
    /^(COUNT|SUM|AVG|MIN|MAX)\((DISTINCT )?(.*?)\)(?: FILTER \(WHERE (\w+) ([<>]=?) ([\d.]+)\))?(?: AS)? (\w+)$/s;
  const match = form.exec(item);
  if (match === null) return null;
  const [, name, distinct, argument, left, compare, right, alias] = match;
  const args = argument === '*' ? [] : [argumentColumn(argument!.replaceAll('`', ''), columns)];
  const signature = aggregateFunction(name!)!.infer(args.map((arg) => ({ type: columns[arg]!.field.type })));
  const filter = left === undefined ? null : filterColumn(left, compare!, Number(right), columns);
  return { name: name!, args, distinct: distinct !== undefined, filter, type: signature.result, alias: alias! };
}

function argumentColumn(text: string, columns: Column[]): number {
  const known = columns.findIndex(({ field }) => field.name === text);
  if (known >= 0) return known;
  const [, source, target] = /^CAST\((\w+) AS (.*)\)$/.exec(text)!;
  const type = typeOf(target!);
  return columns.push({ field: { name: text, type }, value: (record) => inputValue(record[source!], type) }) - 1;
}

function filterColumn(column: string, compare: string, bound: number, columns: Column[]): number {
  const test = (value: number): boolean => {
    if (compare === '>') return value > bound;
    if (compare === '<') return value < bound;
    return compare === '>=' ? value >= bound : value <= bound;
  };
  const value = (record: Record<string, unknown>): unknown => {
    const found = record[column] ?? null;
    return found === null ? null : test(found as number) ? 1 : 0;
  };
  return columns.push({ field: { name: `${column} ${compare} ${bound}`, type: types.of('boolean') }, value }) - 1;
}

function watermarksBefore(sql: string, rows: readonly Row[], timeColumn: number): number[] {
  const delay = /WATERMARK FOR et AS et(?: - INTERVAL '(\d+)' (\w+))?/.exec(sql)!;
  const delayMs = delay[1] === undefined ? 0 : Number(delay[1]) * unitMs[delay[2]!]!;
  let watermark = -Infinity;
  return rows.map((row) => {
    const before = watermark;
    watermark = Math.max(watermark, (row[timeColumn] as number) - delayMs);
    return before;
  });
}

function expectedValue(value: unknown, type: DataType): unknown {
  if (value === null) return null;
  if (type.kind === 'decimal') return Math.round((value as number) * 10 ** type.scale);
  if (type.kind === 'float') return Math.fround(value as number);
  return type.kind === 'timestamp_ltz' || type.kind === 'timestamp' ? milliseconds(value) : value;
}

/** `2026-01-01T00:00:00`, wall time or UTC. */
function milliseconds(text: unknown): number | null {
  return typeof text === 'string' ? Date.parse(text.endsWith('Z') ? text : `${text}Z`) : null;
}
