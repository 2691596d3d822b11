import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditTier } from '../../src/audit/audit-tier.ts';
import { runAuditor } from '../../src/audit/auditor/run-auditor.ts';
import type { AuditReport } from '../../src/audit/report/tier-report.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { queryLake } from '../../src/index.ts';
import { testWorld } from '../commands/world.ts';
import {
  anHourAgo,
  auditOnce,
  auditRecords,
  client,
  pairOf,
  produceAudited,
  put,
  reportOf,
  take,
  twoTiers,
} from '../support/audit-tiers.ts';
import { startProgram } from '../support/process.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';

const scratch = mkdtempSync(join(tmpdir(), 'millrace-audit-'));

describeWithJava('the audit from the command line', () => {
  let kafka: TestKafka;
  beforeAll(async () => {
    kafka = await startKafka();
    await kafka.createTopic('orders');
    await kafka.createTopic('dc1.orders');
    await produceAudited(kafka.bootstrap, 'orders', 50);
    const records = await take(kafka.bootstrap, 'orders');
    await put(kafka.bootstrap, 'dc1.orders', [...records.slice(0, 10), ...records.slice(12), records[20]!]);
  }, 60_000);
  afterAll(async () => {
    await kafka?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  async function millrace(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const world = testWorld({}, { clock: systemClock, workingDirectory: scratch });
    const code = await world.run(...argv);
    return { code, stdout: world.stdout.text(), stderr: world.stderr.text() };
  }
  const tiers = () => [
    '--tiers',
    `dc1=${kafka.bootstrap}`,
    '--tiers',
    `agg=${kafka.bootstrap}`,
    '--topics',
    'orders',
    '--prefixed',
  ];

  it('audits, reports, explains, verifies', async () => {
    for (const [cluster, topics] of [
      ['dc1', 'orders'],
      ['agg', 'dc1\\.orders'],
    ]) {
      const ran = await millrace(
        'audit',
        'run',
        '--bootstrap',
        kafka.bootstrap,
        '--cluster',
        cluster!,
        '--topics',
        topics!,
        '--once',
      );
      expect(ran).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/^\w+: \d\d records of 1 topic \(1 partition\) audited/),
      });
    }
    const reported = await millrace('audit', 'report', ...tiers(), '--output', 'json');
    expect(reported).toMatchObject({ code: 8, stderr: '' });
    const report = JSON.parse(reported.stdout) as AuditReport;
    expect(report.equal).toBe(false);
    expect(report.tiers.map(({ equal, completeness }) => [equal, completeness])).toEqual([
      [true, 1],
      [false, 0.96],
    ]);
    const [bucket] = report.tiers[1]!.buckets;
    expect(bucket).toMatchObject({ state: 'closed', source: { count: 50 }, target: { count: 49 } });
    expect(bucket!.missing.map(({ partition, offset, key }) => [partition, offset, key])).toEqual([
      [0, 10, 'k10'],
      [0, 11, 'k11'],
    ]);

    const explained = await millrace('audit', 'explain', ...tiers(), '--bucket', String(anHourAgo));
    expect(explained.code).toBe(8);
    expect(explained.stdout).toMatch(
      /missing: shop-orders@test-host [0-9a-f]{16} #10 partition 0 offset 10 key "k10" \(unknown\)/,
    );
    expect(explained.stdout).toMatch(/extra: shop-orders@test-host [0-9a-f]{16} #20 partition 0 offset 48 key "k20"/);
    expect(explained.stdout).toMatch(/^ok {2}producers orders → dc1 orders: 1 bucket, 100 % complete/);

    const verified = await millrace('audit', 'verify', ...tiers());
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/SOUND: 2 topics, 2 segments made again and the same/),
    });
  });

  it('ends by the rules of alerts where there are any', async () => {
    const tolerant = await millrace('audit', 'report', ...tiers(), '--alert', 'completeness < 0.9');
    expect(tolerant.code).toBe(0);
    const strict = await millrace('audit', 'report', ...tiers(), '--alert', 'completeness < 0.99');
    expect(strict).toMatchObject({
      code: 8,
      stdout: expect.stringMatching(/ALERT completeness < 0.99: agg dc1.orders .*: completeness is 0.96/),
    });
  });

  it('appends results to an Iceberg table, once', async () => {
    const options = {
      type: 'iceberg',
      'catalog-impl': 'org.apache.iceberg.jdbc.JdbcCatalog',
      uri: `jdbc:sqlite:${join(scratch, 'lake.db')}`,
      warehouse: `file://${scratch}/lake`,
    };
    const catalog = Object.entries(options).flatMap(([name, value]) => ['--iceberg', `${name}=${value}`]);
    for (let i = 0; i < 2; i++) await millrace('audit', 'report', ...tiers(), ...catalog);
    const rows = await queryLake(
      'SELECT cluster, topic, state, missing, extra, completeness FROM audit.results ORDER BY cluster',
      { options },
    );
    expect(rows).toEqual([
      { cluster: 'agg', topic: 'dc1.orders', state: 'closed', missing: 2n, extra: 1n, completeness: 0.96 },
      { cluster: 'dc1', topic: 'orders', state: 'closed', missing: 0n, extra: 0n, completeness: 1 },
    ]);
  });

  it('serves metrics while it watches', async () => {
    const world = testWorld({}, { clock: systemClock, workingDirectory: scratch });
    const watching = world.run('audit', 'report', ...tiers(), '--watch', '100ms', '--port', '0');
    await expect.poll(() => world.stderr.text(), { timeout: 10_000 }).toMatch(/metrics: /);
    const url = /http:\S+/.exec(world.stderr.text())![0];
    await expect.poll(() => world.stdout.text(), { timeout: 10_000 }).toMatch(/NOT COMPLETE/);
    const text = await (await fetch(url)).text();
    expect(text).toContain('millrace_audit_completeness_ratio{source="dc1",cluster="agg",topic="dc1.orders"} 0.96');
    expect(text).toContain('millrace_audit_records{source="dc1",cluster="agg",topic="dc1.orders",finding="missing"} 2');
    expect((await fetch(url.replace('/metrics', '/other'))).status).toBe(404);
    for (const handler of world.handlers) handler('SIGTERM');
    expect(await watching).toBe(8);
  });

  it('refuses what does not name tiers', async () => {
    expect(await millrace('audit', 'report')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/expected a topology or --tiers, got neither/),
    });
    expect(await millrace('audit', 'run', '--cluster', 'x')).toMatchObject({ code: 2 });
    expect(await millrace('audit', 'report', ...tiers(), '--alert', 'nonsense')).toMatchObject({ code: 2 });
    const example = join(import.meta.dirname, '../../examples/two-data-centres.yaml');
    const nobody = await millrace('audit', 'run', example, '--tier', 'regional');
    expect(nobody).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/expected a tier or cluster of the topology \(local, .*got 'regional'/),
    });
  });

  it('goes on after kill -9 and leaves the same bytes as one that was not killed', async () => {
    await kafka.createTopic('killed');
    const long = { time: anHourAgo - 70 * 600_000, stepMs: 200_000, counts: 0 };
    await produceAudited(kafka.bootstrap, 'killed', 210, long);
    const [tier] = twoTiers(kafka.bootstrap, ['killed']);
    const args = [
      'audit',
      'run',
      '--bootstrap',
      kafka.bootstrap,
      '--cluster',
      'dc1',
      '--tier',
      'local',
      '--topics',
      'killed',
      '--interval',
      '1ms',
    ];
    const program = startProgram(args, { cwd: scratch });
    const written = async (): Promise<[string, Buffer[]][]> =>
      [...(await auditRecords(kafka.bootstrap, 'segment'))].filter(([key]) => key.includes('killed'));
    for (let i = 0; i < 200 && (await written()).length === 0; i++) await sleep(50);
    program.child.kill('SIGKILL');
    await program.ended;
    await auditOnce(tier);
    await auditOnce({ ...tier, cluster: 'straight' });
    const segments = await written();
    const of = (cluster: string): string[] =>
      segments
        .filter(([key]) => key.includes(cluster))
        .flatMap(([, values]) => values.map((value) => value.toString('hex')));
    expect(of('straight').length).toBe(2);
    expect(new Set(of('dc1'))).toEqual(new Set(of('straight')));
  });

  it('adds up several sources of one aggregate, and names what each has lost', async () => {
    const names = ['a-x', 'x', 'b-a-x'] as const; // b- and b-a- before the first two give the third
    for (const name of names) await kafka.createTopic(name);
    await produceAudited(kafka.bootstrap, 'a-x', 30);
    await produceAudited(kafka.bootstrap, 'x', 30);
    const [ours, others] = [await take(kafka.bootstrap, 'a-x'), await take(kafka.bootstrap, 'x')];
    await put(
      kafka.bootstrap,
      'b-a-x',
      ours.flatMap((record, i) => [...(i === 5 ? [] : [record]), ...(i === 7 ? [] : [others[i]!])]),
    );
    const local = (cluster: string, topic: string): AuditTier => ({
      cluster,
      tier: 'local',
      client: client(kafka.bootstrap),
      topics: [topic],
      produced: false,
      sources: [],
    });
    const aggregate: AuditTier = {
      ...local('both', 'b-a-x'),
      tier: 'aggregate',
      sources: [
        { cluster: 'left', prefix: 'b-', topics: ['a-x'] },
        { cluster: 'right', prefix: 'b-a-', topics: ['x'] },
      ],
    };
    const all = [local('left', 'a-x'), local('right', 'x'), aggregate];
    for (const tier of all) await auditOnce(tier);
    const pair = pairOf(await reportOf(all), 'b-a-x');
    expect(pair.sources).toEqual([
      { cluster: 'left', topic: 'a-x' },
      { cluster: 'right', topic: 'x' },
    ]);
    const missing = pair.buckets[0]!.missing.map(({ identity }) => `${identity?.producer} ${identity?.sequence}`);
    expect(missing.sort()).toEqual(['shop-a-x 5', 'shop-x 7']);
    expect(pair.buckets[0]).toMatchObject({
      source: { count: 60 },
      target: { count: 58 },
      extra: [],
      changed: [],
      reordered: [],
    });
  });

  it('an auditor waits for a broker that is away, and misses nothing', async () => {
    await kafka.createTopic('patient');
    await produceAudited(kafka.bootstrap, 'patient', 20);
    const [tier] = twoTiers(kafka.bootstrap, ['patient']);
    const stopping = new AbortController();
    const warned: string[] = [];
    const options = { clock: systemClock, id: 'a', intervalMs: 100, warn: (text: string) => void warned.push(text) };
    const running = runAuditor(tier, options, stopping.signal, { once: false });
    await kafka.kill();
    await expect.poll(() => warned.length, { timeout: 20_000 }).toBeGreaterThan(0);
    await kafka.restart();
    await produceAudited(kafka.bootstrap, 'patient', 30);
    const bucket = async () => pairOf(await reportOf([tier]), 'patient').buckets[0];
    const expected = { state: 'closed', source: { count: 50 }, target: { count: 50 }, missing: [] };
    await expect.poll(bucket, { timeout: 20_000, interval: 500 }).toMatchObject(expected);
    stopping.abort();
    await running;
  }, 60_000);
});
