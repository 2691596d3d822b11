/**
 * A job test: a YAML file that says which rows a job answers to which input, to be run without Kafka and lake.
 *
 * ```yaml
 * apiVersion: millrace/v1
 * kind: JobTest
 * job: gpu-temperature.yaml            # a job spec or a script, relative to this file
 * parameters: { window: 1m }
 * cases:
 *   - name: two readings of a minute
 *     now: 2026-01-01T00:00:00Z        # what CURRENT_TIMESTAMP says; absent: the machine's clock
 *     inputs:
 *       readings:                      # a table of the script: rows by column
 *         - { device_id: a, event_time: '2026-01-01 00:00:01', temperature: 50 }
 *     expect:
 *       lake.gpu.temperature:          # a table that the job writes, or `select`: its first SELECT
 *         - { device_id: a, readings: 1 }
 * ```
 */
import { EngineError } from '../model/errors.ts';
import { parseYamlDocument, type YamlDocument } from './yaml-document.ts';
import { YamlMap } from './yaml-map.ts';

export type TestRow = Readonly<Record<string, unknown>>;

/** `op` null: a row that is left when all changes are applied. */
export type ExpectedRow = Readonly<{ op: string | null; row: TestRow }>;

export type TestCase = Readonly<{
  name: string;
  nowMs: number | null;
  inputs: ReadonlyMap<string, readonly TestRow[]>;
  expect: ReadonlyMap<string, readonly ExpectedRow[]>;
  /** A part of the message that the job has to fail with; null: it has to succeed. */
  error: string | null;
}>;

export type JobTest = Readonly<{
  job: string;
  parameters: ReadonlyMap<string, string>;
  cases: readonly TestCase[];
}>;

const ops = ['+I', '-U', '+U', '-D'];

/** Throws INVALID_OPTION with the field's path and line. `where` begins each message. */
export function parseJobTest(text: string, where: string): JobTest {
  const document = parseYamlDocument(text, where);
  const root = new YamlMap(document, where).allow(['apiVersion', 'kind', 'job', 'parameters', 'cases']);
  root.oneOf('apiVersion', ['millrace/v1']);
  root.oneOf('kind', ['JobTest']);
  const parameters = root.has('parameters') ? root.map('parameters') : null;
  return {
    job: root.string('job'),
    parameters: new Map((parameters?.keys() ?? []).map((key) => [key, parameters!.optionalScalar(key) ?? ''])),
    cases: casesOf(root, document, where),
  };
}

function casesOf(root: YamlMap, document: YamlDocument, where: string): readonly TestCase[] {
  const { cases } = document.value as { cases?: unknown };
  if (!Array.isArray(cases) || cases.length === 0) throw root.fault('cases', 'a list of cases');
  return cases.map((value, index) => caseOf(new YamlMap(document, where, ['cases', index], value), value as object));
}

function caseOf(map: YamlMap, value: object): TestCase {
  map.allow(['name', 'now', 'inputs', 'expect', 'error']);
  const { inputs, expect } = value as { inputs?: unknown; expect?: unknown };
  const error = map.optionalString('error') ?? null;
  if (error === null && expect === undefined) throw map.fault('expect', 'the rows of a table or of `select`');
  return {
    name: map.string('name'),
    nowMs: map.has('now') ? instantOf(map) : null,
    inputs: rowLists(map, 'inputs', inputs),
    expect: new Map(
      [...rowLists(map, 'expect', expect)].map(([table, rows]) => [table, checkColumns(table, rows.map(expectedRow))]),
    ),
    error,
  };
}

function instantOf(map: YamlMap): number {
  const ms = Date.parse(map.string('now'));
  if (Number.isNaN(ms)) throw map.fault('now', 'an instant such as 2026-01-01T00:00:00Z');
  return ms;
}

function rowLists(map: YamlMap, key: string, value: unknown): ReadonlyMap<string, readonly TestRow[]> {
  if (value === undefined || value === null) return new Map();
  const tables = map.map(key);
  return new Map(
    Object.entries(value).map(([table, rows]) => {
      const isList = rows === null || (Array.isArray(rows) && rows.every(isMapping));
      if (!isList) throw tables.fault(table, 'a list of rows, each a mapping from column to value');
      return [table, (rows ?? []) as readonly TestRow[]];
    }),
  );
}

function isMapping(value: unknown): value is TestRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The rows of one table are compared by the same columns. */
function checkColumns(table: string, rows: readonly ExpectedRow[]): readonly ExpectedRow[] {
  const [first, ...others] = rows.map(({ row }) => Object.keys(row).sort().join(', '));
  const other = others.find((columns) => columns !== first);
  if (other === undefined) return rows;
  throw new EngineError('INVALID_OPTION', `expect.${table}: expected rows of the columns ${first}, found ${other}`, {
    hint: 'Name the same columns in each row: what a row does not name is not compared.',
  });
}

/** `{op: -U, row: {…}}` is a change, all else a row. */
function expectedRow(row: TestRow): ExpectedRow {
  const { op, row: inner } = row;
  if (Object.keys(row).length !== 2 || !isMapping(inner)) return { op: null, row };
  if (typeof op !== 'string' || !ops.includes(op)) {
    throw new EngineError('INVALID_OPTION', `expected an op of ${ops.join(', ')}, found ${JSON.stringify(op)}`);
  }
  return { op, row: inner };
}
