import { Consumer, MessagesStreamModes } from '@platformatic/kafka';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { auditedSender } from '../../src/commands/audited-sender.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { EngineError } from '../../src/model/errors.ts';
import { kafkaOutlet, openWhenThere, type RecordSender } from '../../src/simulator/kafka-outlet.ts';
import { Publisher } from '../../src/simulator/publisher.ts';
import { type KafkaTarget, parseScenario } from '../../src/simulator/scenario.ts';
import { auditOnce, reportOf, twoTiers } from '../support/audit-tiers.ts';
import { fleetSubjectOf, runFleet } from '../support/fleet.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';

const clock = { now: () => Date.now(), sleep: async () => {} };
const audited = auditedSender(systemClock);

describeWithJava('a fleet in Kafka', () => {
  let kafka: TestKafka;
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka?.stop());

  const scenarioOf = (more: Readonly<Record<string, string>>) =>
    parseScenario(
      'apiVersion: millrace/v1\nkind: Scenario\nmetadata: { name: fleet }\nspec: {}\n',
      'test',
      new Map(
        Object.entries({
          devices: '50',
          events: '5000',
          rate: 'unlimited',
          'duplicates.rate': '0.02',
          'garbage.rate': '0.01',
          'target.kind': 'kafka',
          'target.bootstrapServers': kafka.bootstrap,
          'target.topic': 'fleet',
          ...more,
        }),
      ),
    );

  it('has every record of two shards, a device in one partition, its key and time with it', async () => {
    const scenario = scenarioOf({ 'target.partitions': '4' });
    const shards = [0, 1].map(async (index) => {
      const shard = { index, count: 2 };
      const outlet = await kafkaOutlet(scenario.target as KafkaTarget, scenario, shard, clock, audited);
      return new Publisher(scenario, shard, outlet, null, clock).run(new AbortController().signal);
    });
    const totals = await Promise.all(shards);
    const { rows } = runFleet(fleetSubjectOf(scenario).settings);
    expect(totals[0]!.records + totals[1]!.records).toBe(rows.length);

    const messages = await readAll(kafka.bootstrap, 'fleet', rows.length);
    const told = (key: string, text: string, time: number) => `${key} ${time} ${text}`;
    expect(messages.map(({ key, text, time }) => told(key, text, time)).sort()).toEqual(
      rows.map((row) => told(`gpu-${String(row.device).padStart(4, '0')}`, row.text, row.eventTime)).sort(),
    );
    const partitions = Map.groupBy(messages, ({ key }) => key);
    for (const list of partitions.values()) expect(new Set(list.map(({ partition }) => partition)).size).toBe(1);
    expect(new Set(messages.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2, 3]));
    // Java's default partitioner: murmur2 of the key, modulo 4.
    expect(messages.find(({ key }) => key === 'gpu-0000')!.partition).toBe(javaPartition('gpu-0000', 4));
  });

  it('is named and counted for the audit where the scenario says so', async () => {
    const scenario = scenarioOf({ audit: 'true', 'target.partitions': '2', 'target.topic': 'audited' });
    const shard = { index: 0, count: 1 };
    const outlet = await kafkaOutlet(scenario.target as KafkaTarget, scenario, shard, clock, audited);
    const { records } = await new Publisher(scenario, shard, outlet, null, clock).run(new AbortController().signal);
    const [tier] = twoTiers(kafka.bootstrap, ['audited']);
    await auditOnce(tier);
    const { tiers } = await reportOf([tier], { graceMs: -600_000 }); // closes what has just been
    expect(tiers).toMatchObject([
      { sources: [{ cluster: 'producers', topic: 'audited' }], equal: true, completeness: 1 },
    ]);
    expect(tiers[0]!.buckets.reduce((sum, { target }) => sum + target.count, 0)).toBe(records);
  });

  it('says so when there is no such topic', async () => {
    const scenario = scenarioOf({ 'target.topic': 'fleets' });
    const opening = kafkaOutlet(scenario.target as KafkaTarget, scenario, { index: 0, count: 1 }, clock, audited);
    await expect(opening).rejects.toThrow(/topic 'fleets' does not exist/);
  });
});

type Message = Readonly<{ key: string; text: string; time: number; partition: number }>;

async function readAll(bootstrap: string, topic: string, count: number): Promise<Message[]> {
  const consumer = new Consumer({ groupId: 'test', clientId: 'test', bootstrapBrokers: [bootstrap] });
  const messages: Message[] = [];
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, maxWaitTime: 100 });
  for await (const { key, value, timestamp, partition } of stream) {
    messages.push({ key: key.toString(), text: value.toString('latin1'), time: Number(timestamp), partition });
    if (messages.length === count) break;
  }
  await stream.close();
  await consumer.close(true);
  return messages;
}

/** org.apache.kafka.common.utils.Utils.murmur2, written out again with bigints. */
function javaPartition(key: string, partitions: number): number {
  const data = Buffer.from(key);
  const u32 = (value: bigint) => value & 0xffffffffn;
  const m = 0x5bd1e995n;
  let h = u32(0x9747b28cn ^ BigInt(data.length));
  const whole = data.length - (data.length % 4);
  for (let i = 0; i < whole; i += 4) {
    let k = u32(BigInt(data.readUInt32LE(i)) * m);
    k = u32((k ^ (k >> 24n)) * m);
    h = u32(h * m) ^ k;
  }
  for (let i = data.length - 1; i >= whole; i--) h ^= BigInt(data[i]!) << BigInt(8 * (i - whole));
  if (data.length > whole) h = u32(h * m);
  h = u32((h ^ (h >> 13n)) * m);
  return Number((h ^ (h >> 15n)) & 0x7fffffffn) % partitions;
}

it('waits for a topic that it made until every broker knows it', async () => {
  const made = { left: 2 };
  const sender: RecordSender = {
    open: async () => {
      if (made.left-- > 0) throw new EngineError('NOT_FOUND', 'not yet');
      return 3;
    },
    send: () => {},
    ready: () => null,
    close: async () => {},
  };
  expect(await openWhenThere(sender, 1)).toBe(3);
  made.left = 1000;
  await expect(openWhenThere(sender, 1)).rejects.toThrow('not yet');
});
