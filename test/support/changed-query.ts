/** Queries before and after a change, and what a checkpoint of the one holds for the other; nothing runs. */
import { world } from '../../src/cli.ts';
import type { Checkpoint } from '../../src/engine/checkpoint-store.ts';
import { recordedNodes } from '../../src/engine/recorded-nodes.ts';
import { reportRestore, tableReader } from '../../src/engine/restore-fit.ts';
import type { NodeFate, RestoreReport } from '../../src/engine/restore-report.ts';
import { plainScript } from '../../src/job/job-file.ts';
import { checkScript } from '../../src/job/lint.ts';
import type { JobGraph } from '../../src/model/job-graph.ts';

const { connectors, clock, ...others } = world();

const source = (name: string, columns: string): string =>
  `CREATE TABLE ${name} (${columns}, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)` +
  " WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'b:9092', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');";

const upsert = (name: string, columns: string): string =>
  `CREATE TABLE ${name} (${columns}, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'u', ` +
  "'properties.bootstrap.servers' = 'b:9092', 'key.format' = 'json', 'value.format' = 'json');";

const tables = [
  source('o', 'id INT, k STRING, r STRING, v INT, d DOUBLE, xs ARRAY<INT>'),
  source('p', 'id INT, k STRING, w INT'),
  upsert('rates', 'k STRING, rate INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts'),
  upsert('up', 'k STRING, n BIGINT'),
  "CREATE TABLE users (id INT, name STRING) WITH ('connector' = 'jdbc', 'url' = 'jdbc:sqlite:/tmp/none.db', 'table-name' = 'u');",
  "CREATE TABLE printed (k STRING, n BIGINT) WITH ('connector' = 'print');",
].join('\n');

/** The graph of a script over these tables; a query without INSERT goes to the person who asks. */
export async function graphOf(script: string): Promise<JobGraph> {
  const ctx = {
    ...others,
    connectors,
    dataDirectory: '/nowhere',
    now: () => clock.now(),
    warn: () => undefined,
    parallelism: null,
  };
  const { session, planned } = await checkScript(plainScript('changed', `${tables}\n${script}`), ctx, (error) => {
    throw error;
  });
  await session.close();
  return planned!.graph;
}

const stateBytes = 100;

/** As a job of this graph would write it, with state in every table of every operator. */
export async function checkpointOf(graph: JobGraph): Promise<Checkpoint> {
  const tablesOf = await tableReader(graph);
  const nodes = graph.vertices.flatMap((vertex) => vertex.nodes);
  const written = nodes.map((node) => [node.id, tablesOf(node)] as const).filter(([, found]) => found.length > 0);
  const ofKind = (kind: string) => nodes.filter(({ spec }) => spec.kind === kind);
  return {
    path: '/savepoint-1',
    metadata: {
      version: 1,
      jobName: graph.name,
      checkpointId: 1,
      runId: 'run',
      savepoint: true,
      final: false,
      time: 0,
      watermark: null,
      ...recordedNodes(graph, Object.fromEntries(written)),
      sources: Object.fromEntries(ofKind('source').map(({ id }) => [id, []])),
      states: Object.fromEntries(written.map(([id]) => [id, [{ path: id, byteLength: stateBytes, crc32: 0 }]])),
      sinks: Object.fromEntries(ofKind('sink').map(({ id }) => [id, {}])),
    },
  };
}

export async function reportOf(before: string, after: string): Promise<RestoreReport> {
  return await reportRestore(await checkpointOf(await graphOf(before)), await graphOf(after));
}

/** What is not kept, as `new Rank`, `dropped Rank: keys, columns`. */
export function changesOf({ nodes }: RestoreReport): string[] {
  return nodes.flatMap((node) => (node.fate === 'kept' ? [] : [textOf(node)]));
}

function textOf(node: NodeFate): string {
  const kind = node.name.replace(/\[\d+\]$/, '');
  if (node.fate !== 'dropped') return `${node.fate} ${kind}`;
  return `dropped ${kind}: ${node.nearest === null ? 'none near' : node.nearest.changed.join(', ')}`;
}
