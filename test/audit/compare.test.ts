import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparePartition } from '../../src/audit/compare/partition-compare.ts';
import type { ComparedTopic } from '../../src/audit/compare/report.ts';
import { type CompareOptions, compareTopics } from '../../src/audit/compare/topic-compare.ts';
import { TopicSide } from '../../src/audit/compare/topic-side.ts';
import { encodeIdentity } from '../../src/audit/identity-header.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { deleteRecords } from '../../src/kafka/record-deletion.ts';
import { auditHeader } from '../../src/model/audit.ts';
import { testWorld } from '../commands/world.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka, type TestRecord } from '../support/testbed/kafka.ts';

// Every fault that a copy of a topic can have, on a real broker: the comparison names exactly the records.

let kafka: TestKafka;
let cluster: KafkaCluster;
let topics = 0;

const epoch = Date.UTC(2026, 0, 1);
const second = 1_000;

/** Ten records a second. */
const record = (i: number): TestRecord => ({ key: `k${i}`, value: `value ${i}`, timestamp: epoch + i * 100 });
const records = (count: number, from = 0): TestRecord[] => Array.from({ length: count }, (_, i) => record(from + i));

async function topicOf(
  partitions: readonly (readonly TestRecord[])[],
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = `compare-${++topics}`;
  await kafka.createTopic(topic, partitions.length, config);
  for (const [partition, list] of partitions.entries()) await fill(topic, partition, list);
  return topic;
}

async function fill(topic: string, partition: number, list: readonly TestRecord[], batch = 5_000): Promise<void> {
  for (let at = 0; at < list.length; at += batch) {
    await kafka.produce(topic, partition, list.slice(at, at + batch), { compression: 'lz4' });
  }
}

async function compare(
  source: string,
  target: string,
  options: Partial<CompareOptions> = {},
  targetCluster = cluster,
): Promise<ComparedTopic> {
  return await compareTopics(
    { cluster, topic: source },
    { cluster: targetCluster, topic: target },
    {
      bucketMs: 600_000,
      range: { from: -Infinity, to: Infinity },
      partitions: null,
      limit: 1_000,
      now: epoch,
      onRead: () => {},
      ...options,
    },
  );
}

const client = (bootstrap: string): KafkaCluster => {
  const properties = { 'bootstrap.servers': bootstrap, 'isolation.level': 'read_committed', 'fetch.min.bytes': '1' };
  return new KafkaCluster(clientConfig(new Map(Object.entries(properties)), 'test'));
};

/** The findings as `partition/offset`, and the explanations, of all buckets. */
function found({ equal, buckets }: ComparedTopic) {
  const places = (kind: 'missing' | 'extra' | 'changed' | 'reordered'): string[] =>
    buckets.flatMap((bucket) => bucket[kind].map(({ partition, offset }) => `${partition}/${offset}`));
  const explained = buckets.flatMap((bucket) => bucket.explained);
  return {
    equal,
    missing: places('missing'),
    extra: places('extra'),
    changed: places('changed'),
    reordered: places('reordered'),
    explained: explained.map(({ cause, partition, from, to }) => `${cause} ${partition}/${from}-${to}`),
  };
}

type Found = ReturnType<typeof found>;
const nothing: Found = { equal: true, missing: [], extra: [], changed: [], reordered: [], explained: [] };
const different: Found = { ...nothing, equal: false };

describeWithJava('audit compare', () => {
  beforeAll(async () => {
    kafka = await startKafka({
      properties: { 'log.cleaner.min.cleanable.ratio': '0.01', 'log.segment.delete.delay.ms': '100' },
    });
    cluster = client(kafka.bootstrap);
  });
  afterAll(async () => {
    cluster?.close();
    await kafka?.stop();
  });

  describe('of one partition', () => {
    const source = records(300);
    const cases: readonly (readonly [string, readonly TestRecord[], Partial<Found>])[] = [
      ['the same', source, nothing],
      [
        'dropped ones',
        source.filter((_, i) => ![0, 7, 8, 299].includes(i)),
        { missing: ['0/0', '0/7', '0/8', '0/299'] },
      ],
      [
        'doubled ones',
        source.flatMap((each, i) => ([5, 200].includes(i) ? [each, each] : [each])),
        { extra: ['0/6', '0/202'] },
      ],
      [
        'as many doubled as dropped',
        source
          .filter((_, i) => ![50, 51].includes(i))
          .flatMap((each) => (each === source[120] || each === source[121] ? [each, each] : [each])),
        { missing: ['0/50', '0/51'], extra: ['0/119', '0/121'] },
      ],
      [
        'one doubled in the place of its dropped neighbour',
        source.map((each, i) => (i === 41 ? source[40]! : each)),
        { missing: ['0/41'], extra: ['0/41'] },
      ],
      [
        'a doubled batch',
        [...source.slice(0, 20), ...source.slice(10, 20), ...source.slice(20)],
        { extra: Array.from({ length: 10 }, (_, i) => `0/${20 + i}`) },
      ],
      ['neighbours swapped', source.with(30, source[31]!).with(31, source[30]!), { reordered: ['0/30', '0/31'] }],
      ['distant ones swapped', source.with(30, source[90]!).with(90, source[30]!), { reordered: ['0/30', '0/90'] }],
      ['one moved far', [...source.slice(1, 250), source[0]!, ...source.slice(250)], { reordered: ['0/0'] }],
      ['a value changed', source.with(60, { ...source[60]!, value: 'valuE 60' }), { changed: ['0/60'] }],
      ['a key changed', source.with(60, { ...source[60]!, key: 'K60' }), { changed: ['0/60'] }],
      ['a time changed', source.with(60, { ...source[60]!, timestamp: epoch + 1 }), { changed: ['0/60'] }],
      ['a header added', source.with(60, { ...source[60]!, headers: new Map([['a', 'b']]) }), { changed: ['0/60'] }],
      ['nothing', [], { missing: source.map((_, i) => `0/${i}`) }],
    ];

    let sourceTopic: string;
    beforeAll(async () => {
      sourceTopic = await topicOf([source]);
    });

    it.each(cases)('%s', async (_, target, expected) => {
      const result = found(await compare(sourceTopic, await topicOf([target])));
      const equal = !Object.values(expected).some((list) => Array.isArray(list) && list.length > 0);
      expect(result).toEqual({ ...nothing, equal, ...expected });
    });
  });

  it('does not take a doubled record for a changed one, where they look alike but for their value', async () => {
    const alike = records(50).map(({ value }) => ({ key: null, value, timestamp: epoch }));
    const source = await topicOf([alike]);
    const doubled = await topicOf([alike.with(41, alike[40]!)]);
    expect(found(await compare(source, doubled))).toEqual({ ...different, missing: ['0/41'], extra: ['0/41'] });
    const changed = await topicOf([alike.with(41, { ...alike[41]!, value: 'damaged' })]);
    expect(found(await compare(source, changed))).toEqual({ ...different, changed: ['0/41'] });
    expect(found(await compare(doubled, source))).toEqual({ ...different, missing: ['0/41'], extra: ['0/41'] });
  });

  it('names records by their header, wherever a changed one lies', async () => {
    const session = '00c0ffee12345678';
    const named = (i: number, value = 'same'): TestRecord => {
      const identity = encodeIdentity({ time: epoch + i, producer: 'p', host: 'h', session, sequence: i });
      // The test's producer takes headers as text: bytes below 128 go through it unchanged.
      return { key: null, value, timestamp: epoch, headers: new Map([[auditHeader, identity as never]]) };
    };
    const source = Array.from({ length: 50 }, (_, i) => named(i));
    const target = source.with(20, named(20, 'damaged')).filter((_, i) => i !== 30);
    target.splice(45, 0, named(10));
    const result = await compare(await topicOf([source]), await topicOf([target]));
    expect(found(result)).toEqual({ ...different, missing: ['0/30'], extra: ['0/45'], changed: ['0/20'] });
    const [bucket] = result.buckets;
    expect(bucket!.missing[0]!.identity).toMatchObject({ producer: 'p', session, sequence: 30 });
    expect(bucket!.extra[0]!.identity).toMatchObject({ sequence: 10 });
  });

  it('finds 100,000 records equal, batched alike and not', async () => {
    const halves = [records(50_000), records(50_000, 50_000)];
    const source = await topicOf(halves);
    const target = await topicOf([halves[0]!, []]);
    await fill(target, 1, halves[1]!, 3_001);
    const result = await compare(source, target);
    expect(found(result)).toEqual(nothing);
    const sum = result.buckets.reduce((total, bucket) => total + bucket.source.count, 0);
    expect([sum, result.buckets.length, result.scope]).toEqual([100_000, 17, 'partition']);
    expect(result.buckets.map(({ source: ours, target: theirs }) => ours.bytes - theirs.bytes)).toEqual(
      Array(17).fill(0),
    );
  });

  it('sees an exchange of neighbours of two buckets', async () => {
    const list = records(20).map((each, i) => ({ ...each, timestamp: epoch + i * 60 * second }));
    const swapped = list.with(9, list[10]!).with(10, list[9]!);
    expect(found(await compare(await topicOf([list]), await topicOf([swapped])))).toEqual({
      ...different,
      reordered: ['0/9', '0/10'],
    });
  });

  it('compares two clusters', async () => {
    const other = await startKafka();
    const otherCluster = client(other.bootstrap);
    try {
      const source = await topicOf([records(100)]);
      await other.createTopic('copy', 1);
      await other.produce('copy', 0, records(100).toSpliced(33, 1));
      expect(found(await compare(source, 'copy', {}, otherCluster))).toEqual({ ...different, missing: ['0/33'] });
    } finally {
      otherCluster.close();
      await other.stop();
    }
  });

  it('finds empty topics equal', async () => {
    const result = await compare(await topicOf([[], []]), await topicOf([[], []]));
    expect(result).toMatchObject({ equal: true, buckets: [] });
  });

  describe('with retention', () => {
    const purge = async (topic: string, offset: number): Promise<void> =>
      void (await deleteRecords(cluster, [{ topic, partition: 0, offset }]));

    it('explains what the source has deleted at its front', async () => {
      const [source, target] = [await topicOf([records(100)]), await topicOf([records(100).toSpliced(70, 1)])];
      await purge(source, 40);
      expect(found(await compare(source, target))).toEqual({
        ...different,
        missing: ['0/70'],
        explained: ['retention 0/0-40'],
      });
    });

    it('explains what the target has deleted at its front', async () => {
      const [source, target] = [await topicOf([records(100)]), await topicOf([records(100)])];
      await purge(target, 40);
      expect(found(await compare(source, target))).toEqual({ ...nothing, explained: ['retention 0/0-40'] });
    });

    it('does not explain more than was deleted', async () => {
      const [source, target] = [await topicOf([records(100)]), await topicOf([records(100).slice(5)])];
      await purge(target, 40);
      const result = found(await compare(source, target));
      expect(result).toEqual({ ...different, missing: Array.from({ length: 45 }, (_, i) => `0/${i}`) });
    });

    it('does not explain what lies within times that retention has not reached', async () => {
      const [source, target] = [await topicOf([records(100).toSpliced(60, 1)]), await topicOf([records(100)])];
      await purge(source, 40);
      const range = { from: epoch + 6_000, to: Infinity };
      expect(found(await compare(source, target, { range }))).toEqual({ ...different, extra: ['0/60'] });
    });

    it('begins anew when it deletes while the partition is read', async () => {
      const [source, target] = [await topicOf([records(100)]), await topicOf([records(100).toSpliced(90, 1)])];
      const open = (topic: string) =>
        TopicSide.open({ cluster, topic, range: { from: -Infinity, to: Infinity } }, null);
      const [ours, theirs] = [await open(source), await open(target)];
      await purge(source, 70);
      const compared = await comparePartition(ours, theirs, 0, { bucketMs: 600_000, onRead: () => {} });
      expect(compared.findings.map(({ kind, record: { offset } }) => [kind, offset])).toEqual([['missing', 90]]);
      expect(compared.explanations).toHaveLength(70);
      expect(new Set(compared.explanations.map(({ cause, from, to }) => `${cause} ${from}-${to}`))).toEqual(
        new Set(['retention 0-70']),
      );
      expect([compared.source, compared.target].map(({ buckets }) => buckets.get(epoch)!.count)).toEqual([30, 99]);
    });

    it('explains a source of which nothing is left', async () => {
      const [source, target] = [await topicOf([records(10)]), await topicOf([records(10)])];
      await purge(source, 10);
      expect(found(await compare(source, target))).toEqual({ ...nothing, explained: ['retention 0/0-10'] });
    });
  });

  describe('with transactions', () => {
    it('takes no notice of aborted ones, on either side, and says where they are at the source', async () => {
      const source = await topicOf([records(10)]);
      await kafka.transaction(source, 0, records(5, 100), 'abort');
      await kafka.transaction(source, 0, records(5, 10), 'commit');
      const target = await topicOf([records(10)]);
      await kafka.transaction(target, 0, records(3, 200), 'abort');
      await kafka.produce(target, 0, records(5, 10));
      expect(found(await compare(source, target))).toEqual({
        ...nothing,
        explained: expect.arrayContaining(['aborted 0/10-15', 'control 0/15-16', 'control 0/21-22']),
      });
    });

    it('names aborted records that were copied as if they were not', async () => {
      const source = await topicOf([records(10)]);
      await kafka.transaction(source, 0, records(2, 10), 'abort');
      expect(found(await compare(source, await topicOf([records(12)])))).toMatchObject({
        equal: false,
        extra: ['0/10', '0/11'],
      });
    });

    it('does not count what is in an open one', async () => {
      const source = await topicOf([records(10)]);
      const open = await kafka.openTransaction(source, 0, records(2, 10));
      try {
        expect(found(await compare(source, await topicOf([records(10)])))).toEqual(nothing);
      } finally {
        await open.end('abort');
      }
    });
  });

  describe('with compaction', () => {
    const compacted = { 'cleanup.policy': 'compact', 'segment.ms': '1', 'min.cleanable.dirty.ratio': '0.01' };
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

    /** Of each number a record of the key all share, and one of its own. */
    const pairs = (n: number): TestRecord[] => [
      { key: 'shared', value: `shared ${n}`, timestamp: epoch + n * second },
      { key: `own-${n}`, value: `own ${n}`, timestamp: epoch + n * second },
    ];
    const list = Array.from({ length: 8 }, (_, n) => pairs(n)).flat();

    /** Each of a batch and a segment of its own, until compaction has left `count` at the most. */
    async function compactedTopic(rows: readonly TestRecord[], count: number): Promise<string> {
      const topic = await topicOf([[]], compacted);
      for (const row of rows) {
        await kafka.produce(topic, 0, [row]);
        await pause(3);
      }
      const size = async (): Promise<number> => (await compare(topic, topic)).buckets[0]!.source.count;
      for (let tries = 0; tries < 150 && (await size()) > count; tries++) await pause(100);
      expect(await size()).toBeLessThanOrEqual(count);
      return topic;
    }

    it('explains what the target has compacted away, but not the last record of a key', async () => {
      const target = await compactedTopic(list.toSpliced(7, 1), 10); // without own-3
      const result = found(await compare(await topicOf([list]), target));
      expect(result).toMatchObject({ ...different, missing: ['0/7'], explained: expect.anything() });
      expect(result.explained.length).toBeGreaterThan(0);
      expect(result.explained.every((gap) => gap.startsWith('compaction 0/'))).toBe(true);
    });

    it('explains what the source has compacted away, but not what the target has twice', async () => {
      const source = await compactedTopic(list, 11);
      const doubled = [...list, pairs(5)[1]!];
      const result = found(await compare(source, await topicOf([doubled])));
      expect(result).toMatchObject({ ...different, extra: ['0/16'], explained: expect.anything() });
      expect(result.explained.every((gap) => gap.startsWith('compaction 0/'))).toBe(true);
    });

    it('names a lost newest value of a key that is compacted on both sides', async () => {
      const source = await compactedTopic(list, 11);
      const last = list.findLastIndex(({ key }) => key === 'shared');
      const target = await compactedTopic(list.toSpliced(last, 1), 11);
      const result = found(await compare(source, target));
      expect(result).toMatchObject({ ...different, missing: [`0/${last}`], explained: expect.anything() });
    });

    it('names a lost newest value of a key whose older value is there, among what was compacted', async () => {
      const rows = list.toSpliced(10, 0, { key: 'own-1', value: 'own 1, newer', timestamp: epoch + 4 * second });
      const target = await compactedTopic(list, 11);
      const result = found(await compare(await topicOf([rows]), target));
      expect(result).toMatchObject({ ...different, missing: ['0/10'], explained: expect.anything() });
    });

    it('tells a tombstone that compaction took from one that was lost', async () => {
      const deleting = (key: string, n: number): TestRecord => ({ key, value: null, timestamp: epoch + n * second });
      const rows = [...list, deleting('own-2', 20), deleting('own-4', 21), ...[22, 23, 24].flatMap(pairs)];
      const lost = rows.findIndex(({ key, value }) => key === 'own-4' && value === null);
      const target = await compactedTopic(rows.toSpliced(lost, 1), 13); // with own 4, which is to be deleted
      const result = found(await compare(await topicOf([rows]), target));
      expect(result).toMatchObject({ ...different, missing: [`0/${lost}`], explained: expect.anything() });
    });

    it('finds two sides equal that were compacted at different times', async () => {
      const source = await compactedTopic(list, 11);
      const target = await compactedTopic(list.slice(0, 10), 8);
      for (const row of list.slice(10)) await kafka.produce(target, 0, [row]);
      const result = found(await compare(source, target));
      expect(result).toMatchObject({ ...nothing, explained: expect.anything() });
    });
  });

  describe('where records lie in other partitions', () => {
    const list = records(400);
    const spread = (rows: readonly TestRecord[], count: number): TestRecord[][] =>
      Array.from({ length: count }, (_, partition) => rows.filter((_row, i) => i % count === partition));

    it('compares by topic: equal', async () => {
      const result = await compare(await topicOf(spread(list, 3)), await topicOf(spread(list, 4)));
      expect([found(result), result.scope]).toEqual([nothing, 'topic']);
    });

    it('compares by topic: dropped, doubled and changed ones', async () => {
      const damaged = list.with(100, { ...list[100]!, value: 'damaged' }).toSpliced(300, 1);
      const result = await compare(await topicOf([list]), await topicOf(spread([...damaged, list[7]!], 2)));
      expect(result.scope).toBe('topic');
      // Of the two alike at the target, in different partitions, which is the second can't be told.
      expect(found(result)).toMatchObject({
        ...different,
        missing: ['0/300'],
        extra: expect.anything(),
        changed: ['0/100'],
      });
      expect(['1/3', '1/199']).toContain(found(result).extra.join());
    });

    it('sees it where both have as many partitions, too', async () => {
      const [even, odd] = spread(list, 2) as [TestRecord[], TestRecord[]];
      const result = await compare(await topicOf([even, odd]), await topicOf([odd, even]));
      expect([found(result), result.scope]).toEqual([nothing, 'topic']);
    });

    it('names a single record that went to the wrong partition', async () => {
      const [even, odd] = spread(list, 2) as [TestRecord[], TestRecord[]];
      const result = await compare(
        await topicOf([even, odd]),
        await topicOf([even.toSpliced(9, 1), [...odd, even[9]!]]),
      );
      expect([found(result), result.scope]).toEqual([
        { ...different, missing: ['0/9'], extra: ['1/200'] },
        'partition',
      ]);
    });

    it('refuses to compare one partition of them', async () => {
      const [source, target] = [await topicOf([[]]), await topicOf([[], []])];
      await expect(compare(source, target, { partitions: [0] })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(compare(source, target, { partitions: [1] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  describe('where more differs than can be kept', () => {
    const most = 20;
    /** Of findings that are named and those that are not: what counts say, by bucket. */
    const counted = ({ counts, buckets }: ComparedTopic) => {
      const sum = (kind: 'missing' | 'extra' | 'changed'): number =>
        buckets.reduce((all, bucket) => all + bucket.counts[kind], 0);
      expect([sum('missing'), sum('extra'), sum('changed')]).toEqual([counts.missing, counts.extra, counts.changed]);
      return [counts.missing, counts.extra, counts.changed];
    };
    const list = records(300).map((each, i) => ({ ...each, timestamp: epoch + i * 10 * second })); // five buckets
    const other = records(300, 1_000).map((each, i) => ({ ...each, timestamp: epoch + i * 10 * second }));

    it('counts all, and names the first', async () => {
      const damaged = list.with(7, { ...list[7]!, value: 'damaged' });
      const source = await topicOf([list]);
      const target = await topicOf([[...damaged.slice(0, 100), ...other.slice(0, 130), damaged[3]!]]);
      const result = await compare(source, target, { most, limit: 10 });
      expect(counted(result)).toEqual([200, 131, 1]);
      expect(result).toMatchObject({ equal: false, scope: 'partition', parts: expect.any(Number) });
      expect(result.parts).toBeGreaterThanOrEqual(331 / most);
      expect(found(result)).toMatchObject({
        changed: ['0/7'],
        missing: [100, 101, 102, 103, 104].map((offset) => `0/${offset}`),
        extra: [100, 101, 102, 103].map((offset) => `0/${offset}`),
      });
      const all = await compare(source, target, { most });
      expect(found(all).missing).toEqual(Array.from({ length: 200 }, (_, i) => `0/${100 + i}`));
      const plain = await compare(source, target);
      expect(plain.parts).toBeUndefined();
      expect([counted(plain), plain.buckets.map(({ counts }) => counts)]).toEqual([
        counted(all),
        all.buckets.map(({ counts }) => counts),
      ]);
    });

    it('does so partition by partition, those alone that differ so much in several readings', async () => {
      const source = await topicOf([list, list]);
      const target = await topicOf([list.toSpliced(50, 1), other]);
      const result = await compare(source, target, { most, limit: 3 });
      expect(counted(result)).toEqual([301, 300, 0]);
      expect(found(result)).toMatchObject({ missing: ['0/50', '1/0'], extra: ['1/0'] });
      expect(counted(await compare(source, target, { most, limit: 0 }))).toEqual([301, 300, 0]);
    });

    it('and by topic, where records lie in other partitions', async () => {
      const source = await topicOf([list]);
      const target = await topicOf([list.slice(0, 80), other.slice(0, 50), []]);
      const result = await compare(source, target, { most, limit: 5 });
      expect([counted(result), result.scope]).toEqual([[220, 50, 0], 'topic']);
    });

    it('explains what retention has deleted, and no more than that', async () => {
      const [source, target] = [await topicOf([list]), await topicOf([list.toSpliced(250, 1)])];
      await deleteRecords(cluster, [{ topic: source, partition: 0, offset: 200 }]);
      const result = await compare(source, target, { most });
      expect([counted(result), found(result).missing]).toEqual([[1, 0, 0], ['0/250']]);
      expect(new Set(found(result).explained)).toEqual(new Set(['retention 0/0-200']));
      const more = await topicOf([[...other.slice(0, 10), ...list]]); // ten more than were deleted
      expect(counted(await compare(source, more, { most }))).toEqual([0, 210, 0]);
    });

    it('ends with an error only where records can not be told apart', async () => {
      const alike = (value: string): TestRecord[] =>
        Array.from({ length: 50 }, (_, i) => ({ key: null, value: `${value} ${i}`, timestamp: epoch }));
      const compared = compare(await topicOf([alike('a')]), await topicOf([alike('b')]), { most });
      await expect(compared).rejects.toMatchObject({ code: 'LIMIT', hint: expect.stringContaining('--from') });
    });
  });

  it('is not disturbed by producers that go on', async () => {
    const [source, target] = [await topicOf([records(1_000)]), await topicOf([records(1_000)])];
    const more: Promise<unknown>[] = [];
    const onRead = (): void => {
      if (more.length > 0) return;
      more.push(kafka.produce(source, 0, records(200, 1_000)), kafka.produce(target, 0, records(300, 2_000)));
    };
    const result = await compare(source, target, { onRead });
    await Promise.all(more);
    expect([found(result), result.buckets[0]!.source.count]).toEqual([nothing, 1_000]);
    expect(found(await compare(source, target)).missing.length).toBe(200);
  });

  it('compares within times only, and one partition, and lists no more than it may', async () => {
    const source = await topicOf([records(100), records(100)]);
    const target = await topicOf([records(100).slice(50), records(100).slice(10)]);
    const range = { from: epoch + 2_000, to: epoch + 6_000 };
    const within = await compare(source, target, { range, partitions: [0], limit: 4 });
    expect(found(within)).toEqual({ ...different, missing: ['0/20', '0/21', '0/22', '0/23'] });
    expect(within.counts.missing).toBe(30);
    expect(within.buckets).toMatchObject([
      { from: epoch, to: epoch + 600_000, source: { count: 40 }, target: { count: 10 } },
    ]);
    expect(found(await compare(source, target, { range, partitions: [1] }))).toEqual(nothing);
  });

  describe('on the command line', () => {
    const command = async (...args: string[]) => {
      const sides = ['--source', kafka.bootstrap, '--target', kafka.bootstrap];
      const { run, stdout, stderr } = testWorld();
      const code = await run('audit', 'compare', ...sides, ...args);
      return { code, stdout: stdout.text(), stderr: stderr.text() };
    };

    it('prints what programs read', async () => {
      const source = await topicOf([records(10)]);
      const target = await topicOf([records(10).toSpliced(3, 1)]);
      const { code, stdout } = await command(
        '--topic',
        source,
        '--target-topic',
        target,
        '--output',
        'json',
        '--bucket',
        '1s',
      );
      const missing = [{ partition: 0, offset: 3, timestamp: epoch + 300, key: 'k3' }];
      const counts = { missing: 1, extra: 0, changed: 0, reordered: 0, explained: 0 };
      expect(code).toBe(8);
      expect(JSON.parse(stdout)).toEqual({
        equal: false,
        scope: 'partition',
        counts,
        buckets: [
          {
            from: epoch,
            to: epoch + 1_000,
            state: 'closed',
            source: { count: 10, bytes: 90 },
            target: { count: 9, bytes: 81 },
            missing,
            extra: [],
            changed: [],
            reordered: [],
            explained: [],
            counts,
          },
        ],
      });
    });

    it('prints what people read', async () => {
      const source = await topicOf([records(10)]);
      const target = await topicOf([
        [...records(10).toSpliced(3, 1), record(7)].with(5, { ...record(6), value: 'damaged' }),
      ]);
      const { code, stdout } = await command('--topic', source, '--target-topic', target);
      expect(code).toBe(8);
      expect(stdout).toBe(
        [
          'DIFFERENT: 10 records at the source, 10 at the target: 1 missing at the target, 1 extra at the target, 1 changed',
          '',
          'bucket                source  target  missing  extra  changed  reordered',
          '2026-01-01 00:00:00Z      10      10        1      1        1          ·',
          '',
          'missing at the target (offsets of the source):',
          '  partition 0 offset 3  2026-01-01 00:00:00.300Z  key "k3"',
          '',
          'extra at the target (offsets of the target):',
          '  partition 0 offset 9  2026-01-01 00:00:00.700Z  key "k7"',
          '',
          'changed (offsets of the source):',
          '  partition 0 offset 6  2026-01-01 00:00:00.600Z  key "k6"',
          '',
        ].join('\n'),
      );
    });

    it('says that times of appending are no fault', async () => {
      const source = await topicOf([records(3)]);
      const target = await topicOf([records(3)], { 'message.timestamp.type': 'LogAppendTime' });
      const { code, stdout, stderr } = await command('--topic', source, '--target-topic', target);
      expect([code, stderr]).toEqual([8, expect.stringContaining('LogAppendTime')]);
      expect(stdout).toContain('3 changed');
    });

    it('says of which side the brokers can not be reached', async () => {
      const topic = await topicOf([records(1)]);
      for (const [side, other] of [
        ['source', 'target'],
        ['target', 'source'],
      ] as const) {
        const { run, stderr } = testWorld();
        const ends = [`--${side}`, '127.0.0.1:1', `--${other}`, kafka.bootstrap];
        await run('audit', 'compare', ...ends, '--topic', topic, `--${side}-property`, 'retry.backoff.max.ms=10');
        expect(stderr.text()).toMatch(new RegExp(`^error: ${side}: can't connect`, 'm'));
      }
    });

    it('ends with 0 when equal, 3 without the topic, 2 with an option that is none', async () => {
      const topic = await topicOf([records(10)]);
      expect(await command('--topic', topic)).toMatchObject({
        code: 0,
        stdout: 'EQUAL: 10 records at the source, 10 at the target\n',
      });
      expect(await command('--topic', 'no-such')).toMatchObject({ code: 3, stdout: '' });
      const elsewhere = await command('--topic', topic, '--target-topic', 'no-such');
      expect(elsewhere).toMatchObject({ code: 3, stderr: expect.stringContaining("target: topic 'no-such'") });
      expect(await command('--topic', topic, '--bucket', 'long')).toMatchObject({ code: 2 });
      expect(await command('--topic', topic, '--from', 'yesterday')).toMatchObject({ code: 2 });
      expect((await command('--topic', topic, '--source-property', 'no.such=1')).code).toBe(2);
    });
  });
});
