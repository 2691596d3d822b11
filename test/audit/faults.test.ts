import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditTier } from '../../src/audit/audit-tier.ts';
import { runAuditor } from '../../src/audit/auditor/run-auditor.ts';
import { alertsOf, parseAlert } from '../../src/audit/report/alert.ts';
import type { AuditReport } from '../../src/audit/report/tier-report.ts';
import { verifyTiers } from '../../src/audit/report/verify.ts';
import { systemClock } from '../../src/engine/clock.ts';
import {
  anHourAgo,
  auditOnce,
  auditRecords,
  type Production,
  pairOf,
  produceAudited,
  purge,
  put,
  type RawRecord,
  reportOf,
  take,
  twoTiers,
  warnings,
} from '../support/audit-tiers.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';

/** Sequences by what is found of them. `causes`: of the missing. `explained`: cause, first and last offset. */
type Found = Readonly<{
  missing?: readonly number[];
  extra?: readonly number[];
  changed?: readonly number[];
  reordered?: readonly number[];
  causes?: readonly string[];
  explained?: readonly (readonly [string, number, number])[];
}>;
type Fault = Readonly<{
  topic: string;
  found: Found;
  produced?: Production;
  copy?: (records: RawRecord[]) => RawRecord[];
  /** What happens at the source before the records are copied, and after it was audited. */
  before?: (kafka: TestKafka, topic: string) => Promise<void>;
  /** What happens at the target before it is audited. */
  after?: (kafka: TestKafka, topic: string) => Promise<void>;
  config?: Readonly<Record<string, string>>;
}>;

const count = 100;
const compacted = { 'cleanup.policy': 'compact', 'segment.ms': '1', 'min.cleanable.dirty.ratio': '0.01' };
const without = (records: RawRecord[], ...gone: number[]): RawRecord[] => records.filter((_, i) => !gone.includes(i));
const swapped = (records: RawRecord[], a: number, b: number): RawRecord[] =>
  records.map((record, i) => (i === a ? records[b]! : i === b ? records[a]! : record));
const flipped = (records: RawRecord[], at: number): RawRecord[] =>
  records.map((record, i) => (i === at ? { ...record, value: Buffer.from('Value 77') } : record));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const aborted = [{ value: 'never', timestamp: anHourAgo }];

const faults: readonly Fault[] = [
  { topic: 'nothing', found: {} },
  { topic: 'drop', copy: (records) => without(records, 3, 50, 99), found: { missing: [3, 50, 99] } },
  { topic: 'double', copy: (r) => [...r, r[7]!, r[9]!], found: { extra: [7, 9] } },
  {
    topic: 'drop-and-double',
    copy: (r) => [...without(r, 10, 11), r[20]!, r[21]!],
    found: { missing: [10, 11], extra: [20, 21] },
  },
  { topic: 'swap', copy: (records) => swapped(records, 30, 31), found: { reordered: [30, 31] } },
  { topic: 'flip', copy: (records) => flipped(records, 77), found: { changed: [77] } },
  { topic: 'many', copy: (records) => records.slice(90 - 25), found: { missing: range(0, 65) } },
  {
    topic: 'overtaken',
    before: (kafka, topic) => purge(kafka.bootstrap, topic, 20),
    found: { missing: range(0, 20), causes: ['retention-overtook'] },
  },
  {
    topic: 'recorded',
    copy: (records) => without(records, 60, 61, 62),
    after: async (kafka) => {
      const loss = { topic: 'recorded', partition: 0, from: 60, to: 62, cause: 'truncation', time: anHourAgo };
      await kafka.createTopic('millrace-mirror.m.internal');
      await kafka.createTopic('millrace-mirror.other.internal'); // of a topic of that name, elsewhere
      await kafka.produce('millrace-mirror.other.internal', 0, [
        {
          key: '["loss","recorded",0,"topic-recreated",0]',
          value: JSON.stringify({ ...loss, from: 0, cause: 'topic-recreated' }),
        },
        { key: '["position","recorded",0]', value: '{"targetTopic":"other.recorded"}' },
      ]);
      const key = JSON.stringify(['loss', loss.topic, 0, loss.from, loss.time]);
      const position = { key: JSON.stringify(['position', loss.topic, 0]), value: '{"targetTopic":"agg.recorded"}' };
      await kafka.produce('millrace-mirror.m.internal', 0, [{ key, value: JSON.stringify(loss) }, position]);
    },
    found: { missing: [60, 61, 62], causes: ['truncation', 'unknown'] },
  },
  {
    topic: 'young',
    after: (kafka, topic) => purge(kafka.bootstrap, topic, 40),
    found: { explained: [['retention', 0, 39]] },
  },
  {
    topic: 'aborted',
    before: (kafka, topic) => kafka.transaction(topic, 0, aborted, 'abort'),
    after: (kafka, topic) => kafka.transaction(topic, 0, aborted, 'abort'),
    found: {},
  },
  {
    topic: 'compacted',
    produced: { key: (i) => `k${i % 10}` },
    config: compacted,
    after: async (kafka, topic) => {
      const left = async (): Promise<number> => (await take(kafka.bootstrap, topic)).length;
      for (let i = 0; (await left()) > 12 + i; i++) {
        // What is written last is not compacted: something has to follow.
        await kafka.produce(topic, 0, [{ key: `tick-${i}`, value: 'x', timestamp: anHourAgo + 3_600_000 }]);
        await systemClock.sleep(200);
      }
    },
    found: { explained: [['compaction', 0, 89]] },
  },
];

describeWithJava('faults between two tiers', () => {
  let kafka: TestKafka;
  let tiers: readonly [AuditTier, AuditTier];
  let report: AuditReport;
  beforeAll(async () => {
    kafka = await startKafka();
    tiers = twoTiers(
      kafka.bootstrap,
      faults.map(({ topic }) => topic),
    );
    for (const { topic, produced = {}, config } of faults) {
      await kafka.createTopic(topic, 1);
      await kafka.createTopic(`agg.${topic}`, 1, config);
      await produceAudited(kafka.bootstrap, topic, count, produced);
    }
    await auditOnce(tiers[0]);
    for (const { topic, copy = (records: RawRecord[]) => records, before, after } of faults) {
      await before?.(kafka, topic);
      await put(kafka.bootstrap, `agg.${topic}`, copy(await take(kafka.bootstrap, topic)));
      await after?.(kafka, `agg.${topic}`);
    }
    for (const tier of tiers) await auditOnce(tier);
    report = await reportOf(tiers);
  }, 90_000);
  afterAll(() => kafka?.stop());

  it.each(faults.map((fault) => [fault.topic, fault] as const))('%s', (topic, { found }) => {
    const pair = pairOf(report, `agg.${topic}`);
    const bucket = pair.buckets[0]!;
    expect(bucket).toMatchObject({ state: 'closed', because: null, undecided: false, source: { count } });
    const sequences = (records: typeof bucket.extra) => records.map(({ identity }) => identity?.sequence);
    expect({
      missing: sequences(bucket.missing),
      extra: sequences(bucket.extra),
      changed: sequences(bucket.changed),
      reordered: sequences(bucket.reordered),
      causes: [...new Set(bucket.missing.map(({ cause }) => cause))],
      explained: bucket.explained.map(({ cause, from, to }) => [cause, from, to - 1]),
    }).toEqual({
      missing: [],
      extra: [],
      changed: [],
      reordered: [],
      causes: found.missing === undefined ? [] : ['unknown'],
      explained: [],
      ...found,
    });
    const quiet = ['missing', 'extra', 'changed', 'reordered'].every((kind) => !(kind in found));
    expect(pair.equal || topic === 'compacted').toBe(quiet); // there, the ticks are extra
    const lost = (found.missing?.length ?? 0) + (found.changed?.length ?? 0);
    expect(bucket.completeness).toBeCloseTo((count - lost) / count, 10);
  });

  it('counts of producers that were lost and repeated are held against the first tier', () => {
    for (const { topic } of faults) {
      const pair = pairOf(report, topic);
      expect(pair).toMatchObject({ sources: [{ cluster: 'producers', topic }], equal: true, completeness: 1 });
    }
  });

  it('a tier that has never been audited, or whose auditor is silent, is not said to be complete', async () => {
    const later = await reportOf(tiers, { now: Date.now() + 600_000 });
    expect(later.equal).toBe(false);
    const pair = pairOf(later, 'agg.nothing');
    expect(pair).toMatchObject({ state: 'incomplete', equal: false, buckets: [{ state: 'closed' }] });
    expect(pair.because).toMatch(/^source: its auditor has been silent for 6\d\d s$/);
    const unheard = { ...tiers[1], cluster: 'other' };
    const nobody = pairOf(await reportOf([tiers[0], unheard]), 'agg.nothing');
    expect(nobody).toMatchObject({ state: 'incomplete', equal: false, completeness: null });
    expect(nobody.buckets).toMatchObject([
      { state: 'incomplete', because: 'target: no auditor has seen all of it yet' },
    ]);
  });

  it('a bucket whose end has not been seen is open, and no alarm', async () => {
    await kafka.createTopic('open');
    await produceAudited(kafka.bootstrap, 'open', 5, { time: Date.now() });
    const [tier] = twoTiers(kafka.bootstrap, ['open']);
    await auditOnce(tier);
    const open = await reportOf([tier]);
    expect(pairOf(open, 'open')).toMatchObject({ equal: true, completeness: null, buckets: [{ state: 'open' }] });
    const later = alertsOf({ ...open, time: Date.now() + 7_200_000 }, [parseAlert('unclosed > 1h')]);
    expect(later).toMatchObject([
      { rule: 'unclosed > 1h', topic: 'open', message: expect.stringMatching(/^still open/) },
    ]);
  });

  it('rules of alerts fire where they are broken', () => {
    const fired = alertsOf(report, [parseAlert('completeness < 0.985')]).map(({ topic }) => topic);
    expect(fired.sort()).toEqual(['agg.drop', 'agg.drop-and-double', 'agg.many', 'agg.overtaken', 'agg.recorded']);
    for (const wrong of ['completeness > 1', 'completeness < 2', 'unclosed > soon', 'speed > 1s'])
      expect(() => parseAlert(wrong)).toThrow(/alert: expected/);
  });

  describe('the audit of the audit', () => {
    const options = {
      graceMs: 60_000,
      silentAfterMs: 60_000,
      segments: 5,
      isWanted: (topic: string) => /(^|\.)(nothing|young|aborted|drop)$/.test(topic),
    };

    it('makes segments again from the log, the same', async () => {
      const verified = await verifyTiers(tiers, { ...options, now: Date.now() });
      expect(verified).toMatchObject({ sound: true, doubts: [], topics: 8, recomputed: 8 });
    });

    it('names what is wrong: silence, a log that says something else, producers that nobody counted', async () => {
      const late = await verifyTiers(tiers, {
        ...options,
        now: Date.now() + 600_000,
        isWanted: (topic) => topic === 'nothing',
      });
      expect(late.doubts).toMatchObject([{ severity: 'fault', check: 'silence', cluster: 'dc1', topic: 'nothing' }]);

      await produceAudited(kafka.bootstrap, 'drop', 3, { counts: 0 });
      await put(kafka.bootstrap, 'drop', [
        { key: null, value: Buffer.from('x'), timestamp: anHourAgo, headers: new Map() },
      ]);
      await auditOnce(tiers[0]);
      const uncounted = await verifyTiers([tiers[0]], {
        ...options,
        now: Date.now(),
        isWanted: (topic) => topic === 'drop',
      });
      expect(uncounted.sound).toBe(false);
      expect(uncounted.doubts.map(({ message }) => message)).toEqual([
        expect.stringMatching(/^producer 'shop-drop', session [0-9a-f]{16}: 3 records that it has not counted$/),
        'a producer that gives no names: 1 record that it has not counted',
      ]);
    });
  });

  it('what producers lose before the first tier is named by them', async () => {
    await kafka.createTopic('leaky');
    await produceAudited(kafka.bootstrap, 'leaky', count, { lost: [4, 8, 15] });
    const [tier] = twoTiers(kafka.bootstrap, ['leaky']);
    await auditOnce(tier);
    const pair = pairOf(await reportOf([tier]), 'leaky');
    expect(pair).toMatchObject({ equal: false, completeness: 0.97 });
    expect(
      pair.buckets[0]!.missing.map(({ identity, offset }) => [identity?.producer, identity?.sequence, offset]),
    ).toEqual([
      ['shop-leaky', 4, -1],
      ['shop-leaky', 8, -1],
      ['shop-leaky', 15, -1],
    ]);
  });

  it('two auditors at once, stopped and begun again, write the same bytes', async () => {
    await kafka.createTopic('twice', 2);
    const [tier] = twoTiers(kafka.bootstrap, ['twice']);
    const options = { clock: systemClock, intervalMs: 20, warn: () => {} };
    const stopping = new AbortController();
    const running = ['a', 'b'].map((id) => runAuditor(tier, { ...options, id }, stopping.signal, { once: false }));
    for (let i = 8; i > 0; i--) {
      const time = anHourAgo - i * 6_000_000;
      await produceAudited(kafka.bootstrap, 'twice', 20, { time, stepMs: 300_000, counts: 0 });
    }
    const written = async (): Promise<Buffer[][]> =>
      [...(await auditRecords(kafka.bootstrap, 'segment'))].filter(([key]) => key.includes('twice')).map(([, v]) => v);
    // Two segments have ended, and each auditor has written both.
    await expect.poll(async () => (await written()).map(({ length }) => length), { timeout: 20_000 }).toEqual([2, 2]);
    stopping.abort();
    await Promise.all(running);
    await auditOnce(tier, 'c');
    for (const [first, second, ...more] of await written()) expect([first!.equals(second!), more]).toEqual([true, []]);
    const pair = await verifyTiers([tier], {
      graceMs: 0,
      silentAfterMs: 60_000,
      segments: 9,
      now: Date.now(),
      isWanted: () => true,
    });
    expect(pair).toMatchObject({ sound: true, recomputed: 4, unverifiable: 0 });
  });

  it('a topic that is made anew is audited anew, and said to be another', async () => {
    await kafka.createTopic('anew');
    await produceAudited(kafka.bootstrap, 'anew', 10);
    const [tier] = twoTiers(kafka.bootstrap, ['anew']);
    await auditOnce(tier);
    await kafka.deleteTopic('anew');
    await expect
      .poll(
        () =>
          kafka.createTopic('anew').then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    await produceAudited(kafka.bootstrap, 'anew', 4, { counts: 0 });
    await auditOnce(tier);
    expect(warnings).toContain("tier dc1: topic 'anew' was made anew: its audit begins anew");
    const [bucket] = pairOf(await reportOf([tier]), 'anew').buckets;
    expect(bucket).toMatchObject({ source: { count: 10 }, target: { count: 4 } });
    expect(new Set(bucket!.missing.map(({ cause }) => cause))).toEqual(new Set(['topic-recreated']));
  });
});
