/** A test's statements: its tables, as connectors of the suites give and take them, and what it asks. */
import { join } from 'node:path';
import type { SuiteSink, SuiteTable, SuiteTest } from './suite-test.ts';

const connectors = {
  insert: "'connector' = 'rows'",
  retract: "'connector' = 'rows', 'format' = 'debezium-json'",
  upsert: "'connector' = 'upsert-kafka'",
} as const;

/** In a database of its own. */
export function scriptOf(test: SuiteTest, database: string): string {
  return [
    `CREATE DATABASE ${database}`,
    `USE ${database}`,
    ...test.tables.map(createSource),
    ...(test.sinks ?? []).map((sink) => createSink(sink, database)),
    ...(test.functions ?? []).map(createFunction),
    ...(test.setup ?? []),
    ...test.sql,
  ].join(';\n');
}

/** A watermark follows each row: the sources of the tests, and their intervals, have the same effect. */
function createSource({ name, columns, changes, options, partitionedBy, rows }: SuiteTable): string {
  const given = { 'scan.watermark.emit.strategy': 'on-event', rows: JSON.stringify(rows), ...options };
  const more = Object.entries(given).map(([key, value]) => `'${key}' = ${text(value)}`);
  return `${createTable(name, columns, partitionedBy)} WITH (${connectors[changes ?? 'insert']}, ${more.join(', ')})`;
}

function createSink({ name, columns, partitionedBy, upsert }: SuiteSink, database: string): string {
  const connector = upsert ? 'upsert-print' : 'retract-print';
  return `${createTable(name, columns, partitionedBy)} WITH ('connector' = '${connector}', 'print-identifier' = '${database}.${name}')`;
}

const functions: Readonly<Record<string, string>> = { concat_distinct_agg: 'concatDistinct' };

function createFunction(name: string): string {
  const path = join(import.meta.dirname, `functions.ts#${functions[name]}`);
  return `CREATE TEMPORARY SYSTEM FUNCTION IF NOT EXISTS ${name} AS '${path}' LANGUAGE TYPESCRIPT`;
}

function createTable(name: string, columns: string, partitionedBy: readonly string[] = []): string {
  const partitions = partitionedBy.length === 0 ? '' : ` PARTITIONED BY (${partitionedBy.join(', ')})`;
  return `CREATE TABLE ${name} (${columns})${partitions}`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
