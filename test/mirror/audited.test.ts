import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { AuditTier } from '../../src/audit/audit-tier.ts';
import { runAuditor } from '../../src/audit/auditor/run-auditor.ts';
import type { AuditReport } from '../../src/audit/report/tier-report.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { type AlteringProxy, alteringProxy, flipped, withRecords } from '../support/altering-proxy.ts';
import { anHourAgo, client, pairOf, produceAudited, reportOf } from '../support/audit-tiers.ts';
import { type MirrorSettings, startMirror } from '../support/mirror-run.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';

vi.setConfig({ testTimeout: 90_000 }); // real brokers, on a machine that may have more to do

// The real mirror between two brokers, auditors on both while it copies. The twelve brokers of `npm run faults:mirror`, as two.

const [topic, count] = ['orders', 40];
const marker = `shop-${topic}`;

describeWithJava('a mirror whose tiers are audited while it copies', () => {
  let [source, target]: (TestKafka | undefined)[] = [];
  let proxies: AlteringProxy[] = [];
  let mirror: ReturnType<typeof startMirror>;
  let tiers: readonly AuditTier[];
  let auditors: Promise<unknown>[] = [];
  const stopping = new AbortController();

  beforeAll(async () => {
    [source, target] = await Promise.all([startKafka(), startKafka()]);
    for (const kafka of [source, target]) await kafka.createTopic(topic, 1, { 'compression.type': 'producer' });
    const changed = (batch: Buffer): Buffer | null => flipped(batch, 'value 7', true);
    const dropped = (batch: Buffer): Buffer | null =>
      batch.includes('doomed') ? withRecords(batch, (records) => records.toSpliced(3, 1)) : null;
    const altered = (batch: Buffer): Buffer | null => (batch.includes('damaged') ? changed(batch) : null);
    proxies = [
      await alteringProxy(source.bootstrap, [{ way: 'from-broker', marker, alter: altered }]),
      await alteringProxy(target.bootstrap, [{ way: 'to-broker', marker, alter: dropped }]),
    ];
    const [from, to] = proxies.map(({ bootstrap }) => bootstrap) as [string, string];
    const settings: MirrorSettings = { name: 'audited', source: from, target: to, topics: [topic] };
    mirror = startMirror({ ...settings, more: ['delivery: at-least-once'] });
    const topics = [topic];
    tiers = [
      { cluster: 'dc1', tier: 'local', client: client(source.bootstrap), topics, produced: true, sources: [] },
      {
        cluster: 'agg',
        tier: 'aggregate',
        client: client(target.bootstrap),
        topics,
        produced: false,
        sources: [{ cluster: 'dc1', prefix: '', topics }],
      },
    ];
    const options = { clock: systemClock, id: 'test', intervalMs: 50, warn: () => {} };
    auditors = tiers.map((tier) => runAuditor(tier, options, stopping.signal, { once: false }));
  }, 90_000);

  afterAll(async () => {
    stopping.abort();
    await Promise.allSettled([...auditors, mirror?.stop()]);
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await Promise.all([source?.stop(), target?.stop()]);
  });

  /** What is said once both sides have been seen up to there; of the tier, how many records, and what is not as it should be. */
  async function settled(records: number, copies = records): Promise<AuditReport> {
    let report: AuditReport | undefined;
    const seen = () =>
      report!.tiers.flatMap(({ buckets }) =>
        buckets.map(({ state, source: from, target: to }) => [state, from.count, to.count]),
      );
    await expect
      .poll(
        async () => {
          report = await reportOf(tiers, { graceMs: 0 });
          return seen();
        },
        { timeout: 60_000, interval: 200 },
      )
      .toEqual([
        ['closed', records, records],
        ['closed', records, copies],
      ]);
    return report!;
  }

  it('is complete on both', async () => {
    for (let i = 0; i < 5; i++) await produceAudited(source!.bootstrap, topic, count);
    const { tiers: pairs } = await settled(5 * count);
    expect(pairs.map(({ equal, state, completeness }) => [equal, state, completeness])).toEqual([
      [true, 'closed', 1],
      [true, 'closed', 1],
    ]);
  });

  it('lacks the one record that was dropped on the way, and has the one that was changed', async () => {
    const damaged = await produceAudited(source!.bootstrap, topic, count, { key: (i) => `damaged ${i}` });
    await expect.poll(() => mirror.figures().partitions[0]?.records, { timeout: 30_000 }).toBe(6 * count);
    const doomed = await produceAudited(source!.bootstrap, topic, count, { key: (i) => `doomed ${i}` });
    const report = await settled(7 * count, 7 * count - 1);
    expect(pairOf({ ...report, tiers: report.tiers.slice(0, 1) }, topic)).toMatchObject({
      equal: true,
      completeness: 1,
    });
    const [bucket] = report.tiers[1]!.buckets;
    expect(bucket).toMatchObject({
      completeness: (7 * count - 2) / (7 * count),
      missing: [
        { offset: 6 * count + 3, key: 'doomed 3', cause: 'unknown', identity: { session: doomed, sequence: 3 } },
      ],
      changed: [
        { offset: 5 * count + 7, key: 'damaged 7', identity: { session: damaged, sequence: 7, time: anHourAgo + 7 } },
      ],
      extra: [],
      explained: [],
    });
    expect([proxies.map(({ failures }) => failures), mirror.figures().losses]).toEqual([[[], []], []]);
  });
});
