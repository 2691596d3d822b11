import { readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { compareTopics } from '../../src/audit/compare/topic-compare.ts';
import { deleteRecords } from '../../src/kafka/record-deletion.ts';
import { targetOffset } from '../../src/model/offset-runs.ts';
import { consumeTopic } from '../support/consumed-topic.ts';
import { type MirrorSettings, mirrorOnce, startMirror, stateOf, until, withCluster } from '../support/mirror-run.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka, type TestRecord } from '../support/testbed/kafka.ts';
import { topicRecords } from '../support/topic-records.ts';

vi.setConfig({ testTimeout: 120_000 }); // real brokers, on a machine that may have more to do

let source: TestKafka;
let target: TestKafka;

function settings(name: string, topic: string, ...more: readonly string[]): MirrorSettings {
  return { name, source: source.bootstrap, target: target.bootstrap, topics: [topic], more };
}

function records(count: number, from = 0): TestRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `k${(from + i) % 5}`,
    value: `v${from + i}`,
    timestamp: 1_700_000_000_000 + from + i,
    headers: new Map([['h', `${from + i}`]]),
  }));
}

/** What `audit compare` says of a topic and its copy: whether they are equal, what is extra or missing, and what is explained. */
async function compared(topic: string): Promise<unknown[]> {
  return await withCluster(source.bootstrap, (ours) =>
    withCluster(target.bootstrap, async (theirs) => {
      const range = { from: -Infinity, to: Infinity };
      const options = { bucketMs: 600_000, range, partitions: null, limit: 100, now: 0, onRead: () => {} };
      const { equal, buckets } = await compareTopics({ cluster: ours, topic }, { cluster: theirs, topic }, options);
      const gaps = buckets.flatMap(({ explained }) => explained);
      return [
        equal,
        ...buckets.flatMap(({ missing }) => missing.map(({ offset }) => `missing ${offset}`)),
        ...buckets.flatMap(({ extra }) => extra.map(({ offset }) => `extra ${offset}`)),
        ...gaps.map(({ cause, from, to }) => `${cause} ${from}-${to}`).sort(),
      ];
    }),
  );
}

const skip = 'onLoss: skip-and-record';
const values = (list: Awaited<ReturnType<typeof consumeTopic>>): string[] =>
  list.map(({ value }) => Buffer.from(value!, 'hex').toString());

describeWithJava('what a mirror finds missing', () => {
  beforeAll(async () => {
    [source, target] = await Promise.all([startKafka(), startKafka()]);
  });

  afterAll(() => Promise.all([source?.stop(), target?.stop()]));

  it('by compaction is no loss: the rest is copied, and offsets are translated', async () => {
    const config = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.01' };
    await source.createTopic('compacted', 1, config);
    for (let i = 0; i < 4; i++)
      await source.produce('compacted', 0, records(20, i * 20), { compression: i % 2 ? 'lz4' : 'none' });
    await until(async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await source.produce('compacted', 0, [{ key: 'tick', value: 'tick', timestamp: 1_700_000_100_000 }]);
      return (await consumeTopic(source.bootstrap, 'compacted')).filter(({ key }) => key === '6b30').length === 1;
    }, 'the cleaner');
    const before = await consumeTopic(source.bootstrap, 'compacted');
    await mirrorOnce(settings('compacted', 'compacted'));
    const seen = await consumeTopic(source.bootstrap, 'compacted');
    const copied = await consumeTopic(target.bootstrap, 'compacted');
    expect(seen.length).toBeLessThanOrEqual(before.length);
    const content = (list: typeof seen): unknown[] => list.map(({ offset, ...rest }) => rest);
    expect(content(copied).slice(-seen.length)).toEqual(content(seen));
    const { positions, losses } = await stateOf(target.bootstrap, 'compacted');
    const { runs } = positions.get('compacted-0')!;
    expect(losses).toEqual([]);
    const shift = copied.length - seen.length;
    expect(seen.map(({ offset }) => targetOffset(runs, offset))).toEqual(
      copied.slice(shift).map(({ offset }) => offset),
    );
  });

  it('by retention is a loss with its exact range, and a mirror that may not skip it stops', async () => {
    await source.createTopic('expired');
    await source.produce('expired', 0, records(10));
    await mirrorOnce(settings('expired', 'expired'));
    await source.produce('expired', 0, records(10, 10));
    await withCluster(source.bootstrap, (cluster) =>
      deleteRecords(cluster, [{ topic: 'expired', partition: 0, offset: 17 }]),
    );
    const failure = mirrorOnce(settings('expired', 'expired'));
    await expect(failure).rejects.toThrow(
      /topic 'expired', partition 0: offsets 10 to 17 are lost \(retention-overtook\)/,
    );
    const recorded = (await stateOf(target.bootstrap, 'expired')).losses;
    expect(recorded).toMatchObject([{ topic: 'expired', partition: 0, from: 10, to: 17, cause: 'retention-overtook' }]);
    const figures = await mirrorOnce(settings('expired', 'expired', skip));
    expect(figures.losses).toMatchObject(recorded.map(({ time, ...loss }) => loss));
    const copied = await consumeTopic(target.bootstrap, 'expired');
    expect(values(copied)).toEqual([...records(10), ...records(3, 17)].map(({ value }) => value));
    expect((await stateOf(target.bootstrap, 'expired')).losses).toHaveLength(1);
    expect(await compared('expired')).toEqual([true, 'retention 0-17', 'retention-overtook 10-17']);
  });

  it('because the topic is another one now is told apart, at the start and while it runs', async () => {
    await source.createTopic('recreated');
    await source.produce('recreated', 0, records(10));
    await mirrorOnce(settings('recreated', 'recreated'));
    await source.deleteTopic('recreated');
    await source.createTopic('recreated');
    await source.produce('recreated', 0, records(4, 100));
    const failure = mirrorOnce(settings('recreated', 'recreated'));
    await expect(failure).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('(topic-recreated)'),
    });
    const mirror = startMirror(settings('recreated', 'recreated', skip));
    try {
      await until(() => mirror.figures().partitions.some((one) => one.records === 4), 'the new topic');
      await source.deleteTopic('recreated');
      await source.createTopic('recreated');
      await source.produce('recreated', 0, records(3, 200));
      await until(() => mirror.figures().partitions.some((one) => one.records === 7), 'the newest topic');
    } finally {
      await mirror.stop();
    }
    const copied = await consumeTopic(target.bootstrap, 'recreated');
    const all = [...records(10), ...records(4, 100), ...records(3, 200)];
    expect(values(copied)).toEqual(all.map(({ value }) => value));
    const { positions, losses } = await stateOf(target.bootstrap, 'recreated');
    expect(losses.map(({ cause, from }) => [cause, from])).toEqual([
      ['topic-recreated', 10],
      ['topic-recreated', 4],
    ]);
    expect(positions.get('recreated-0')!.runs).toEqual([{ sourceFrom: 0, sourceTo: 3, targetFrom: 14 }]);
    expect(await compared('recreated')).toEqual([true, 'topic-recreated 0-10']); // and 0-4 of the second, within
    await target.produce('recreated', 0, records(1, 100)); // once more than it was copied
    expect((await compared('recreated')).slice(0, 2)).toEqual([false, 'extra 17']);
  });

  it('by the time that brokers gave the records: they are copied as consumers see them', async () => {
    await source.createTopic('stamped', 1, { 'message.timestamp.type': 'LogAppendTime' });
    await source.produce('stamped', 0, records(5), { compression: 'gzip' });
    await source.produce('stamped', 0, records(5, 5));
    const figures = await mirrorOnce(settings('stamped', 'stamped'));
    expect(figures.partitions[0]).toMatchObject({ records: 10, rewritten: 2 });
    const seen = await consumeTopic(source.bootstrap, 'stamped');
    expect(seen).toHaveLength(10);
    expect(await topicRecords(target.bootstrap, 'stamped')).toEqual(await topicRecords(source.bootstrap, 'stamped'));
    expect((await consumeTopic(target.bootstrap, 'stamped')).map(({ timestamp, ...rest }) => rest)).toEqual(
      seen.map(({ timestamp, ...rest }) => rest),
    );
  });

  it('because the log was cut back is told, and what stands there now is copied behind', async () => {
    await source.createTopic('cut');
    for (let i = 0; i < 4; i++) await source.produce('cut', 0, records(5, i * 5));
    await mirrorOnce(settings('cut', 'cut'));
    await source.kill();
    cutBack(join(source.dataDirectory, 'cut-0'), 2);
    await source.restart();
    const failure = () => mirrorOnce(settings('cut', 'cut'));
    expect(await compared('cut')).toEqual([true, 'truncation 10-20']); // before any mirror has noticed
    await expect(failure()).rejects.toThrow(/topic 'cut', partition 0: offsets 10 to 20 are lost \(truncation\)/);
    await source.produce('cut', 0, records(3, 100));
    await mirrorOnce(settings('cut', 'cut', skip));
    const copied = await consumeTopic(target.bootstrap, 'cut');
    expect(values(copied)).toEqual([...records(20), ...records(3, 100)].map(({ value }) => value));
    const { positions, losses } = await stateOf(target.bootstrap, 'cut');
    expect(losses).toMatchObject([{ from: 10, to: 20, cause: 'truncation' }]);
    expect(positions.get('cut-0')!.runs).toEqual([
      { sourceFrom: 0, sourceTo: 10, targetFrom: 0 },
      { sourceFrom: 10, sourceTo: 13, targetFrom: 20 },
    ]);
    expect(await compared('cut')).toEqual([true, 'truncation 10-20']);
  });

  it('at the target is copied again', async () => {
    await source.createTopic('lost');
    for (let i = 0; i < 4; i++) await source.produce('lost', 0, records(5, i * 5));
    await mirrorOnce(settings('lost', 'lost'));
    await target.kill();
    cutBack(join(target.dataDirectory, 'lost-0'), 3);
    await target.restart();
    await mirrorOnce(settings('lost', 'lost'));
    expect(await consumeTopic(target.bootstrap, 'lost')).toEqual(await consumeTopic(source.bootstrap, 'lost'));
    expect((await stateOf(target.bootstrap, 'lost')).losses).toEqual([]);
  });

  it('is not what somebody else writes to a copy: that is refused', async () => {
    await source.createTopic('alien');
    await source.produce('alien', 0, records(5));
    await mirrorOnce(settings('alien', 'alien'));
    await target.produce('alien', 0, records(1, 1_000));
    await source.produce('alien', 0, records(5, 5));
    const failure = mirrorOnce(settings('alien', 'alien', skip));
    await expect(failure).rejects.toThrow(
      /'alien', partition 0, offset 5: expected the copy of offset 5, found another record/,
    );
    await source.createTopic('full');
    await target.createTopic('full');
    await source.produce('full', 0, records(5));
    await target.produce('full', 0, records(5));
    await expect(mirrorOnce(settings('full', 'full'))).rejects.toThrow(
      /expected nothing in the target before the mirror begins, found offsets 0 to 5/,
    );
  });

  it('is no batch that is too large for the target: that is an error', async () => {
    await source.createTopic('large');
    await target.createTopic('large', 1, { 'max.message.bytes': '1000', 'compression.type': 'producer' });
    await source.produce('large', 0, [{ value: 'x'.repeat(3_000) }]);
    const failure = mirrorOnce(settings('large', 'large'));
    await expect(failure).rejects.toMatchObject({ code: 'LIMIT', hint: expect.stringContaining('max.message.bytes') });
  });
});

/** Leaves the first batches of a log that nobody has open, as an unclean election would. */
function cutBack(directory: string, batches: number): void {
  const file = join(directory, '00000000000000000000.log');
  const bytes = readFileSync(file);
  let end = 0;
  for (let i = 0; i < batches; i++) end += 12 + bytes.readInt32BE(end + 8);
  truncateSync(file, end);
  for (const name of readdirSync(directory))
    if (/\.(index|timeindex|snapshot)$/.test(name)) rmSync(join(directory, name));
}
