import { type ColumnBatch, valueAt } from '../../src/model/column.ts';
import type { ConnectorContext } from '../../src/model/connector.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import type { BadRecord, ReaderContext, SourceReader } from '../../src/model/source.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import type { TableColumn, TableDefinition } from '../../src/model/table.ts';
import type { Field } from '../../src/model/types.ts';

// Sources in tests: tables, contexts, and readers read dry.

export function tableOf(
  fields: readonly Field[],
  options: Readonly<Record<string, string>>,
  more: readonly TableColumn[] = [],
): TableDefinition {
  return {
    kind: 'table',
    path: { catalog: 'default_catalog', database: 'default_database', name: 't' },
    columns: [...fields.map(({ name, type }) => ({ kind: 'physical', name, type }) as const), ...more],
    watermark: null,
    primaryKey: [],
    partitionedBy: [],
    options: new Map(Object.entries(options)),
  };
}

export function physicalColumns(fields: readonly Field[]): ScanColumn[] {
  return fields.map(({ name, type }) => ({ kind: 'physical', name, type, path: [name] }));
}

export function connectorContext(workingDirectory = '/'): ConnectorContext {
  return { jobName: 'job', timeZone: 'UTC', workingDirectory, warn: () => undefined, now: () => 0 };
}

export type TestReaderContext = ReaderContext &
  Readonly<{ bad: BadRecord[]; counts: Map<string, number>; warnings: string[] }>;

export function readerContext(columns: readonly ScanColumn[], more: Partial<ReaderContext> = {}): TestReaderContext {
  const bad: BadRecord[] = [];
  const counts = new Map<string, number>();
  const warnings: string[] = [];
  return {
    columns,
    subtaskIndex: 0,
    parallelism: 1,
    pool: new StringPool(),
    counters: { add: (name, count) => counts.set(name, (counts.get(name) ?? 0) + count) },
    batchRows: 64,
    now: () => 0,
    badRecord: (record) => bad.push({ ...record, value: record.value.slice() }),
    warn: (message) => warnings.push(message),
    ...more,
    bad,
    counts,
    warnings,
  };
}

function rowsOfBatch(batch: ColumnBatch, columns: readonly ScanColumn[]): unknown[][] {
  return Array.from({ length: batch.length }, (_, row) =>
    columns.map(({ type }, i) => valueAt(batch.columns[i]!, type, row)),
  );
}

/** Rows until the reader ends or `limit` polls gave nothing more. */
export async function drain(
  reader: SourceReader,
  columns: readonly ScanColumn[],
  options: { polls?: number; rows?: number } = {},
): Promise<{ rows: unknown[][]; ended: boolean }> {
  const rows: unknown[][] = [];
  for (let polls = 0; polls < (options.polls ?? 10_000) && rows.length < (options.rows ?? Infinity); polls++) {
    const output = await reader.poll(1);
    if (output.kind === 'end') return { rows, ended: true };
    if (output.kind === 'batch') rows.push(...rowsOfBatch(output.batch, columns));
  }
  return { rows, ended: false };
}
