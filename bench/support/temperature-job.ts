/** The job that is measured, as its script and as the engine sees it: count, average and highest temperature per device and minute. */
import { createConnectors } from '../../src/job/connector-registry.ts';
import { plainScript } from '../../src/job/job-file.ts';
import { planJob } from '../../src/job/job-plan.ts';
import { collectJob, openSession } from '../../src/job/script.ts';
import type {
  GlobalWindowAggregateSpec,
  JobGraph,
  LocalWindowAggregateSpec,
  OperatorSpec,
  SourceSpec,
} from '../../src/model/job-graph.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import type { EventShape } from './events.ts';

export type JobScript = Readonly<{
  shape: EventShape;
  columns: 'wanted' | 'all';
  bootstrap: string;
  topic: string;
  /** An embedded Iceberg lake there; null: rows go nowhere. */
  lakeDirectory: string | null;
}>;

export function temperatureScript(job: JobScript): string {
  const { shape, lakeDirectory } = job;
  const target = lakeDirectory === null ? 'results' : 'lake.gpu.results';
  return `${sourceTable(job)}
${lakeDirectory === null ? blackholeTable : lakeTable(lakeDirectory)}
INSERT INTO ${target}
SELECT ${shape.device}, window_start, window_end, COUNT(*), AVG(temperature), MAX(temperature)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
GROUP BY ${shape.device}, window_start, window_end;`;
}

function sourceTable({ shape, columns, bootstrap, topic }: JobScript): string {
  return `SET 'table.local-time-zone' = 'UTC';
CREATE TABLE readings (
  ${shape[columns]}
) WITH (
  'connector' = 'kafka',
  'topic' = '${topic}',
  'properties.bootstrap.servers' = '${bootstrap}',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'json'
);`;
}

const resultColumns = `device STRING, window_start TIMESTAMP(3), window_end TIMESTAMP(3),
  readings BIGINT, avg_temperature DOUBLE, max_temperature DOUBLE`;

const blackholeTable = `CREATE TABLE results (
  ${resultColumns}
) WITH ('connector' = 'blackhole');`;

function lakeTable(directory: string): string {
  return `CREATE CATALOG lake WITH (
  'type' = 'iceberg',
  'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog',
  'uri' = 'jdbc:sqlite:${directory}/catalog.db',
  'warehouse' = 'file://${directory}/warehouse'
);
CREATE DATABASE lake.gpu;
CREATE TABLE lake.gpu.results (
  ${resultColumns}
);`;
}

/** The parts of the job's graph, in the order of the stream. */
export type JobStages = Readonly<{
  source: SourceSpec;
  /** Computed columns, before the window. */
  before: readonly OperatorSpec[];
  local: LocalWindowAggregateSpec;
  global: GlobalWindowAggregateSpec;
}>;

export async function planTemperatureJob(shape: EventShape): Promise<JobStages> {
  const { vertices } = await plan(temperatureScript(onPaper(shape, 'wanted')));
  const nodes = vertices[0]!.nodes.map(({ spec }) => spec);
  const place = nodes.findIndex(({ kind }) => kind === 'local_window_aggregate');
  return {
    source: nodes[0] as SourceSpec,
    before: nodes.slice(1, place) as OperatorSpec[],
    local: nodes[place] as LocalWindowAggregateSpec,
    global: vertices[1]!.nodes[0]!.spec as GlobalWindowAggregateSpec,
  };
}

/** A filter and an expression over the columns of the temperature job. */
export async function planFilter(shape: EventShape): Promise<readonly OperatorSpec[]> {
  const query = `SELECT ${shape.device}, event_time, temperature * 1.8 + 32 FROM readings WHERE temperature > 60;`;
  const { vertices } = await plan(`${sourceTable(onPaper(shape, 'wanted'))}\n${query}`);
  return vertices[0]!.nodes.flatMap(({ spec }) => (spec.kind === 'calc' ? [spec] : []));
}

/** What a scan of every field yields. */
export async function planAllColumns(shape: EventShape): Promise<readonly ScanColumn[]> {
  const { vertices } = await plan(`${sourceTable(onPaper(shape, 'all'))}\nSELECT * FROM readings;`);
  return (vertices[0]!.nodes[0]!.spec as SourceSpec).columns;
}

function onPaper(shape: EventShape, columns: 'wanted' | 'all'): JobScript {
  return { shape, columns, bootstrap: 'localhost:9092', topic: 'readings', lakeDirectory: null };
}

/** As `millrace run` plans, but nobody is asked how many partitions there are. */
async function plan(script: string): Promise<JobGraph> {
  const ctx = {
    catalogFactory: () => Promise.reject(new Error('no catalog is used')),
    metadataColumns: () => new Map(),
    warn: () => {},
    connectors: createConnectors({}),
    workingDirectory: process.cwd(),
    dataDirectory: process.cwd(),
    machineTimeZone: 'UTC',
    now: () => 0,
    parallelism: 1,
    offline: true,
  };
  const file = plainScript('bench', script);
  const session = openSession(ctx, file);
  const { pipelines, settings } = await collectJob(file, session, async () => {});
  return (await planJob(pipelines, settings, 'bench', ctx)).graph;
}
