import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditReport } from '../../src/audit/report/tier-report.ts';
import {
  auditOnce,
  pairOf,
  produceAudited,
  put,
  type RawRecord,
  reportOf,
  take,
  twoTiers,
} from '../support/audit-tiers.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';

type Names = Partial<Record<'missing' | 'extra' | 'changed' | 'reordered', readonly number[]>>;
type Fault = Readonly<{ topic: string; copy: (records: RawRecord[]) => RawRecord[]; found: Names }>;

const count = 200;
const without = (records: RawRecord[], ...gone: number[]): RawRecord[] => records.filter((_, i) => !gone.includes(i));
const swapped = (records: RawRecord[], a: number, b: number): RawRecord[] =>
  records.map((record, i) => (i === a ? records[b]! : i === b ? records[a]! : record));
const flipped = (records: RawRecord[], at: number): RawRecord[] =>
  records.map((record, i) => (i === at ? { ...record, value: Buffer.from('Value 77') } : record));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

const faults: readonly Fault[] = [
  { topic: 'nothing', copy: (records) => records, found: {} },
  { topic: 'drop', copy: (records) => without(records, 3, 50, 199), found: { missing: [3, 50, 199] } },
  { topic: 'double', copy: (r) => [...r, r[7]!, r[9]!], found: { extra: [7, 9] } },
  {
    topic: 'drop-and-double',
    copy: (r) => [...without(r, 10, 11), r[20]!, r[21]!],
    found: { missing: [10, 11], extra: [20, 21] },
  },
  { topic: 'swap', copy: (records) => swapped(records, 30, 31), found: { reordered: [30, 31] } },
  { topic: 'flip', copy: (records) => flipped(records, 77), found: { changed: [77] } },
  { topic: 'many', copy: (records) => records.slice(120), found: { missing: range(0, 120) } },
];

describeWithJava('faults between two tiers', () => {
  let kafka: TestKafka;
  let report: AuditReport;
  beforeAll(async () => {
    kafka = await startKafka();
    for (const { topic, copy } of faults) {
      await kafka.createTopic(topic);
      await kafka.createTopic(`agg.${topic}`);
      await produceAudited(kafka.bootstrap, topic, count);
      await put(kafka.bootstrap, `agg.${topic}`, copy(await take(kafka.bootstrap, topic)));
    }
    const tiers = twoTiers(
      kafka.bootstrap,
      faults.map(({ topic }) => topic),
    );
    for (const tier of tiers) await auditOnce(tier);
    report = await reportOf(tiers);
  }, 60_000);
  afterAll(() => kafka?.stop());

  it.each(faults.map((fault) => [fault.topic, fault] as const))('%s', (topic, { found }) => {
    const pair = pairOf(report, `agg.${topic}`);
    const [bucket] = pair.buckets;
    expect(pair.buckets).toHaveLength(1);
    expect(bucket).toMatchObject({ state: 'closed', because: null, undecided: false, explained: [] });
    for (const kind of ['missing', 'extra', 'changed', 'reordered'] as const) {
      const sequences = bucket![kind].map(({ identity }) => identity?.sequence);
      expect([kind, sequences]).toEqual([kind, found[kind] ?? []]);
    }
    expect(pair.equal).toBe(Object.keys(found).length === 0);
  });
});
