import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/engine/clock.ts';
import { describeTopics } from '../../src/kafka/admin.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { fetchRecords } from '../../src/kafka/fetch.ts';
import { batchLayout, readBatchHeader } from '../../src/kafka/record-batch.ts';
import { Mirror, type MirrorFigures } from '../../src/mirror/mirror.ts';
import { parseMirror } from '../../src/mirror/mirror-spec.ts';
import { type MirrorPosition, readMirrorState } from '../../src/mirror/mirror-state.ts';
import type { MirrorLoss } from '../../src/model/audit.ts';
import { type Program, startProgram } from './process.ts';

export type MirrorSettings = Readonly<{
  name: string;
  source: string;
  target: string;
  topics: readonly string[];
  /** Further fields below spec, as YAML. */
  more?: readonly string[];
}>;

/** The text of a mirror file; short intervals, so that tests need not wait. */
function mirrorText({ name, source, target, topics, more = [] }: MirrorSettings): string {
  return [
    'apiVersion: millrace/v1',
    'kind: Mirror',
    `metadata: { name: ${name} }`,
    'spec:',
    `  source: { alias: ${name}-a, bootstrapServers: "${source}", properties: { fetch.max.wait.ms: 30, retry.backoff.max.ms: 1000 } }`,
    `  target: { alias: ${name}-b, bootstrapServers: "${target}", properties: { retry.backoff.max.ms: 1000 } }`,
    `  topics: { include: ${JSON.stringify(topics)} }`,
    '  commitInterval: 100 ms',
    '  leaseTimeout: 3 s',
    '  sync: { topics: 200 ms, configs: false, acls: false, groups: false }',
    ...more.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

let tokens = 0;

function mirrorOf(settings: MirrorSettings, once: boolean, warnings: string[] = []): Mirror {
  const spec = parseMirror(mirrorText(settings), `mirror '${settings.name}'`);
  const world = {
    clock: systemClock,
    token: `test-${process.pid}-${++tokens}`,
    warn: (text: string) => void warnings.push(text),
  };
  return new Mirror(spec, world, once);
}

/** Mirrors up to the ends of now, in this process. */
export async function mirrorOnce(settings: MirrorSettings): Promise<MirrorFigures> {
  const mirror = mirrorOf(settings, true);
  await mirror.run(new AbortController().signal);
  return mirror.figures();
}

/** A mirror that runs on in this process until it is stopped. */
export function startMirror(settings: MirrorSettings) {
  const warnings: string[] = [];
  const mirror = mirrorOf(settings, false, warnings);
  const stopping = new AbortController();
  const ended = mirror.run(stopping.signal);
  ended.catch(() => {}); // `stop` and `ended` tell
  return {
    figures: () => mirror.figures(),
    warnings,
    ended,
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

/** The real program in a process of its own, that may be killed. */
export function spawnMirror(settings: MirrorSettings, args: readonly string[] = []): Program {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-mirror-'));
  const file = join(directory, 'mirror.yaml');
  writeFileSync(file, mirrorText(settings));
  const program = startProgram(['mirror', file, ...args]);
  void program.ended.then(() => rmSync(directory, { recursive: true, force: true }));
  return program;
}

export async function withCluster<T>(bootstrap: string, use: (cluster: KafkaCluster) => Promise<T>): Promise<T> {
  const properties = { 'bootstrap.servers': bootstrap, 'isolation.level': 'read_committed', 'fetch.max.wait.ms': '20' };
  const cluster = new KafkaCluster(clientConfig(new Map(Object.entries(properties)), 'test'));
  try {
    return await use(cluster);
  } finally {
    cluster.close();
  }
}

export function stateOf(
  bootstrap: string,
  name: string,
): Promise<Readonly<{ positions: ReadonlyMap<string, MirrorPosition>; losses: readonly MirrorLoss[] }>> {
  return withCluster(bootstrap, (cluster) => readMirrorState(cluster, name));
}

/** The record batches of a partition but for what says who wrote them when: base offset and the bytes that a mirror may not touch. */
export async function batchesOf(bootstrap: string, topic: string, partition = 0): Promise<string[]> {
  return await withCluster(bootstrap, async (cluster) => {
    const [metadata] = await describeTopics(cluster, [topic]);
    const connection = await cluster.connect(metadata!.partitions[partition]!.leader);
    const batches: string[] = [];
    for (let offset = 0; ; ) {
      const target = { topicId: metadata!.id, partition, offset };
      const response = await fetchRecords(connection, cluster.config.consumer, [target], Buffer.allocUnsafe);
      const [fetched] = response.partitions;
      const before = offset;
      for (let at = fetched!.start; ; ) {
        const header = readBatchHeader(response.bytes, at, fetched!.end, topic);
        if (header === null) break;
        const { bytes } = response;
        const stays = [
          bytes.subarray(header.start + batchLayout.lastOffsetDelta, header.start + batchLayout.producerId),
          bytes.subarray(header.start + batchLayout.recordCount, header.end),
        ];
        batches.push(`${header.baseOffset} ${header.attributes & ~16} ${Buffer.concat(stays).toString('base64')}`);
        at = header.end;
        offset = header.nextOffset;
      }
      if (offset === before) break;
    }
    connection.close();
    return batches;
  });
}

/** Waits until `condition` holds. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  what: string,
  patienceMs = 45_000,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
