import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { listOffsets, offsetSpec } from '../../src/kafka/offsets.ts';
import { consumeTopic } from '../support/consumed-topic.ts';
import { batchesOf, type MirrorSettings, mirrorOnce, spawnMirror, until, withCluster } from '../support/mirror-run.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka, type TestRecord } from '../support/testbed/kafka.ts';
import { topicRecords } from '../support/topic-records.ts';

/** MIRROR_KILLS=50 for the long form. */
const kills = Number(process.env.MIRROR_KILLS ?? 3);
const partitions = 2;

vi.setConfig({ testTimeout: 120_000 }); // real brokers, on a machine that may have more to do

let source: TestKafka;
let target: TestKafka;

function records(count: number, from: number): TestRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    value: `value ${from + i}`,
    timestamp: 1_700_000_000_000 + from + i,
  }));
}

async function endOf(bootstrap: string, topic: string): Promise<number> {
  const places = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const ends = await withCluster(bootstrap, (cluster) => listOffsets(cluster, places, offsetSpec.latest, false));
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

describeWithJava('a mirror that is killed', () => {
  beforeAll(async () => {
    [source, target] = await Promise.all([startKafka(), startKafka()]);
  });

  afterAll(() => Promise.all([source?.stop(), target?.stop()]));

  it.each(['reconcile', 'transactional'] as const)(
    'loses and doubles nothing (%s)',
    async (delivery) => {
      const topic = `killed-${delivery}`;
      const more = [`delivery: ${delivery}`, 'quotas: { ".*": 10 kb }'];
      const settings: MirrorSettings = {
        name: topic,
        source: source.bootstrap,
        target: target.bootstrap,
        topics: [topic],
        more,
      };
      await source.createTopic(topic, partitions);
      await target.createTopic(topic, partitions);
      let produced = 0;
      for (let round = 0; round < kills; round++) {
        const program = spawnMirror(settings, ['--quiet']);
        for (let batch = 0; batch < 20; batch++) {
          for (let partition = 0; partition < partitions; partition++) {
            await source.produce(topic, partition, records(25, produced));
            produced += 25;
          }
        }
        const before = await endOf(target.bootstrap, topic);
        await until(async () => (await endOf(target.bootstrap, topic)) > before, `${topic}: round ${round} writes`);
        await new Promise((resolve) => setTimeout(resolve, 97 * (round % 7)));
        program.child.kill('SIGKILL');
        await program.ended;
      }
      await mirrorOnce({ ...settings, more: [`delivery: ${delivery}`] });
      const seen = await topicRecords(source.bootstrap, topic);
      const copied = await topicRecords(target.bootstrap, topic);
      expect(seen).toHaveLength(produced);
      const content = (list: typeof seen): unknown[] => list.map(({ offset, ...rest }) => rest);
      expect(content(copied)).toEqual(content(seen));
      if (delivery === 'transactional') return;
      expect(await consumeTopic(target.bootstrap, topic)).toEqual(await consumeTopic(source.bootstrap, topic));
      for (let partition = 0; partition < partitions; partition++) {
        expect(await batchesOf(target.bootstrap, topic, partition)).toEqual(
          await batchesOf(source.bootstrap, topic, partition),
        );
      }
    },
    120_000 + kills * 20_000,
  );
});
