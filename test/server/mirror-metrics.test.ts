import { expect, it } from 'vitest';
import type { PartitionFigures } from '../../src/mirror/partition-meter.ts';
import { serveMirrors } from '../../src/server/mirror-server.ts';

const spread = { last: 5, min: 2, max: 9, avg: 4.5 };
const figuresOf = (records: number): PartitionFigures => ({
  topic: 'orders',
  targetTopic: 'dc1.orders',
  partition: 3,
  records,
  bytes: records * 100,
  rewritten: 1,
  skippedOffsets: 2,
  lostOffsets: 7,
  lag: 11,
  recordAgeMs: spread,
  replicationLatencyMs: { ...spread, last: 6 },
});

it('a mirror is measured by its own names and by those of MirrorMaker 2', async () => {
  let records = 10;
  let now = 0;
  let ready = false;
  const mirror = {
    name: 'm',
    source: 'dc1',
    target: 'agg',
    isReady: () => ready,
    figures: () => ({ partitions: [figuresOf(records)], shards: 8, members: 2, heldBytes: 99, losses: [] }),
  };
  const server = await serveMirrors(
    { port: 0, host: '127.0.0.1' },
    () => [mirror],
    () => now,
  );
  const get = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return [response.status, await response.text()];
  };
  try {
    expect((await get('/healthz'))[0]).toBe(200);
    expect((await get('/readyz'))[0]).toBe(503);
    ready = true;
    expect(await get('/readyz')).toEqual([
      200,
      JSON.stringify({ status: 'ready', mirrors: [{ name: 'm', ready: true }] }),
    ]);
    await get('/metrics');
    [records, now] = [40, 10_000];
    const [, text] = await get('/metrics');
    const lines = text.split('\n').filter((line) => !line.startsWith('#'));
    const own = '{mirror="m",topic="orders",partition="3"}';
    const tags = '{source="dc1",target="agg",topic="dc1.orders",partition="3"}';
    for (const line of [
      `millrace_mirror_records_total${own} 40`,
      `millrace_mirror_bytes_total${own} 4000`,
      `millrace_mirror_rewritten_batches_total${own} 1`,
      `millrace_mirror_skipped_offsets_total${own} 2`,
      `millrace_mirror_lost_offsets_total${own} 7`,
      `millrace_mirror_lag_offsets${own} 11`,
      'millrace_mirror_shards{mirror="m"} 8',
      'millrace_mirror_members{mirror="m"} 2',
      'millrace_mirror_held_bytes{mirror="m"} 99',
      `kafka_connect_mirror_mirrorsourceconnector_record_count${tags} 40`,
      `kafka_connect_mirror_mirrorsourceconnector_byte_count${tags} 4000`,
      `kafka_connect_mirror_mirrorsourceconnector_record_rate${tags} 3`,
      `kafka_connect_mirror_mirrorsourceconnector_byte_rate${tags} 300`,
      `kafka_connect_mirror_mirrorsourceconnector_record_age_ms${tags} 5`,
      `kafka_connect_mirror_mirrorsourceconnector_record_age_ms_min${tags} 2`,
      `kafka_connect_mirror_mirrorsourceconnector_replication_latency_ms${tags} 6`,
      `kafka_connect_mirror_mirrorsourceconnector_replication_latency_ms_max${tags} 9`,
      `kafka_connect_mirror_mirrorsourceconnector_replication_latency_ms_avg${tags} 4.5`,
    ]) {
      expect(lines).toContain(line);
    }
  } finally {
    await server.close();
  }
});
