/** The pipelines of a job for its test: tables that are read become files with the test's rows, tables that are written are collected. */
import { EngineError } from '../model/errors.ts';
import { nearest } from '../model/options.ts';
import { inputsOf, type Pipeline, type PlanNode, type ScanNode, withInputs } from '../model/plan.ts';
import type { TableColumn, TablePath } from '../model/table.ts';
import { isTimestamp } from '../model/types.ts';
import type { TestRow } from './job-test.ts';

/** A table by its name in the script: `t`, `db.t` or `catalog.db.t`. */
export function isNamed(path: TablePath, name: string): boolean {
  const parts = [path.catalog, path.database, path.name];
  const given = name.split('.');
  return given.length <= parts.length && given.every((part, i) => part === parts[parts.length - given.length + i]);
}

/** The tables that the pipelines read, each once. */
export function scannedTables(pipelines: readonly Pipeline[]): readonly ScanNode['table'][] {
  const found = new Map<string, ScanNode['table']>();
  const visit = (node: PlanNode): void => {
    if (node.kind === 'scan') found.set(Object.values(node.table.path).join('.'), node.table);
    for (const input of inputsOf(node)) visit(input);
  };
  for (const { input } of pipelines) visit(input);
  return [...found.values()];
}

/** Which of the given names a table goes by. Throws INVALID_OPTION for a name that the job does not know. */
export function checkNames(names: Iterable<string>, known: readonly TablePath[], what: string): void {
  for (const name of names) {
    if (known.some((path) => isNamed(path, name))) continue;
    const all = known.map(({ catalog, database, name: table }) =>
      catalog === 'default_catalog' ? table : `${catalog}.${database}.${table}`,
    );
    const near = nearest(name, all);
    throw new EngineError('INVALID_OPTION', `${what} '${name}': the job has no such table`, {
      hint: near === undefined ? `There are: ${all.join(', ') || 'none'}.` : `Did you mean '${near}'?`,
    });
  }
}

/** `fileOf`: the file with a table's rows, as JSON lines. Metadata columns are fields of the rows, too. */
export function testPipeline({ input }: Pipeline, fileOf: (table: ScanNode['table']) => string): Pipeline {
  return { sink: { kind: 'collect' }, input: withTestInputs(input, fileOf) };
}

function withTestInputs(node: PlanNode, fileOf: (table: ScanNode['table']) => string): PlanNode {
  if (node.kind === 'scan') return testScan(node, fileOf(node.table));
  const inputs = inputsOf(node).map((input) => withTestInputs(input, fileOf));
  return inputs.length === 0 ? node : withInputs(node, inputs);
}

function testScan(scan: ScanNode, file: string): ScanNode {
  const options = new Map([
    ['connector', 'filesystem'],
    ['path', file],
    ['format', 'json'],
    ['json.timestamp-format.standard', 'ISO-8601'],
  ]);
  const columns = scan.columns.map((column) =>
    column.kind === 'physical'
      ? column
      : ({ kind: 'physical', name: column.name, type: column.type, path: [column.name] } as const),
  );
  const physical = scan.table.columns.map(
    (column): TableColumn =>
      column.kind === 'metadata' ? { kind: 'physical', name: column.name, type: column.type } : column,
  );
  return { ...scan, table: { ...scan.table, columns: physical, options }, columns };
}

/** The rows as the file has them. Throws INVALID_OPTION for a column that the table has not. */
export function testFile(table: ScanNode['table'], rows: readonly TestRow[]): string {
  const columns = new Map(table.columns.filter(({ kind }) => kind !== 'computed').map((each) => [each.name, each]));
  const lines = rows.map((row) => {
    const entries = Object.entries(row).map(([name, value]) => {
      const column = columns.get(name);
      if (column === undefined) throw unknownColumn(name, table.path.name, [...columns.keys()]);
      return [name, isTimestamp(column.type) && typeof value === 'string' ? value.replace(' ', 'T') : value];
    });
    return `${JSON.stringify(Object.fromEntries(entries))}\n`;
  });
  return lines.join('');
}

function unknownColumn(name: string, table: string, known: readonly string[]): EngineError {
  const near = nearest(name, known);
  return new EngineError('INVALID_OPTION', `inputs of '${table}': the table has no column '${name}' to be given`, {
    hint: near === undefined ? `There are: ${known.join(', ')}.` : `Did you mean '${near}'?`,
  });
}
