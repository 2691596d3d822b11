import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type CatalogFault, CatalogProxy } from '../support/fault-catalog.ts';
import { FaultFolder, jobText, keptRows, type Reading, readings, until } from '../support/fault-folder.ts';
import { tableRows } from '../support/fault-table.ts';
import type { Program } from '../support/process.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startIcebergRest, type TestIcebergRest } from '../support/testbed/iceberg-rest.ts';

// A catalog that does not answer, answers late, or answers what is not so: rows land once, or the job says what it was told.

vi.setConfig({ testTimeout: 120_000 });

const say = (status: number, message = 'out of order'): { status: number; body: string } => ({
  status,
  body: JSON.stringify({ error: { message, type: 'Fault', code: status } }),
});
const html = { status: 200, body: '<html>a gateway</html>' };
const half = { status: 200, body: '{"metadata-location": "file:/' };

const commits: [string, ...CatalogFault[]][] = [
  ['answers 500 and does nothing', { served: false, answer: say(500) }],
  ['answers 500 after it was done', { served: true, answer: say(500) }],
  ['drops the connection before', { served: false, answer: null }],
  ['drops the connection after it was done', { served: true, answer: null }],
  ['answers 503, then drops after it was done', { served: false, answer: say(503) }, { served: true, answer: null }],
  ['answers 429', { served: false, answer: say(429, 'slow down') }],
  ['answers 409 and does nothing', { served: false, answer: say(409, 'stale') }],
  ['answers 409 after it was done, as a gateway does that asks twice', { served: true, answer: say(409, 'stale') }],
  ['answers half a document after it was done', { served: true, answer: half }],
  ['answers a page of HTML in place of doing it', { served: false, answer: html }],
];

const loads: [string, ...CatalogFault[]][] = [
  [
    'answers 500 four times',
    ...twice({ served: false, answer: say(500) }),
    ...twice({ served: false, answer: say(503) }),
  ],
  ['drops the connection', { served: false, answer: null }],
  ['answers half a document', { served: false, answer: half }],
  ['answers a page of HTML', { served: false, answer: html }],
];

function twice(fault: CatalogFault): CatalogFault[] {
  return [fault, fault];
}

describeWithJava('a job that writes to an Iceberg table over REST', () => {
  let rest: TestIcebergRest;
  let proxy: CatalogProxy;
  let folder: FaultFolder;
  let program: Program;
  let given = 0;

  beforeAll(async () => {
    rest = await startIcebergRest();
    proxy = await CatalogProxy.start(rest.uri);
    folder = new FaultFolder();
    folder.script(script('kept'));
    program = folder.start(['--parallelism', '1']);
    await until('it runs', () => folder.newestCheckpoint());
  });
  afterAll(async () => {
    await folder?.remove();
    await proxy?.stop();
    await rest?.stop();
  });
  beforeEach(async () => {
    proxy.arm('commit');
    proxy.arm('load');
    proxy.down = false;
    if (program.child.exitCode === null) await untilCalm();
  });

  /** Two more checkpoints: whatever the last test did is over. */
  async function untilCalm(): Promise<void> {
    const before = folder.newestCheckpoint()!.metadata.checkpointId;
    await until('it is calm', () => folder.newestCheckpoint()!.metadata.checkpointId >= before + 2);
  }

  const catalog = (uri: string) => ({ type: 'iceberg', 'catalog-type': 'rest', uri });

  function script(table: string, endless = true): string {
    const options = Object.entries(catalog(proxy.uri)).map(([key, value]) => `'${key}' = '${value}'`);
    const insert = `
      CREATE CATALOG lake WITH (${options.join(', ')});
      CREATE DATABASE IF NOT EXISTS lake.db;
      CREATE TABLE IF NOT EXISTS lake.db.${table} (device STRING, n BIGINT);
      INSERT INTO lake.db.${table} SELECT device, n FROM readings;`;
    return jobText(folder, { endless, insert });
  }

  function giveSome(): Reading[] {
    const rows = readings(given, given + 10);
    folder.give(`rows-${String(given).padStart(6, '0')}`, rows);
    given += rows.length;
    return rows;
  }

  async function landed(table: string): Promise<number> {
    const answer = await fetch(`${rest.uri}/v1/namespaces/db/tables/${table}`);
    if (answer.status === 404) return 0;
    const { metadata } = (await answer.json()) as { metadata: Metadata };
    const current = metadata.snapshots?.find((snapshot) => snapshot['snapshot-id'] === metadata['current-snapshot-id']);
    return Number(current?.summary['total-records'] ?? 0);
  }

  it.each(commits)(
    'lands once when the catalog, asked to commit, %s',
    async (...[, ...faults]: [string, ...CatalogFault[]]) => {
      proxy.arm('commit', ...faults);
      giveSome();
      await until('the faults have met their requests', () => proxy.spent);
      await until('the rows have landed', async () => (await landed('kept')) >= given);
      expect(await landed('kept')).toBe(given);
    },
  );

  it.each(loads)(
    'lands once when the catalog, asked for the table, %s',
    async (...[, ...faults]: [string, ...CatalogFault[]]) => {
      proxy.arm('load', ...faults);
      giveSome();
      await until('the faults have met their requests', () => proxy.spent);
      await until('the rows have landed', async () => (await landed('kept')) >= given);
      expect(await landed('kept')).toBe(given);
    },
  );

  it('goes on when a catalog that was down for a while is back', async () => {
    proxy.dropped = 0;
    proxy.down = true;
    giveSome();
    await until('it has tried again and again', () => proxy.dropped >= 5);
    giveSome();
    proxy.down = false;
    await until('the rows have landed', async () => (await landed('kept')) >= given);
    expect(await landed('kept')).toBe(given);
  });

  it('shows every row once, after all of that and a stop', async () => {
    program.child.kill('SIGTERM');
    const { code, stderr } = await program.ended;
    expect(code, stderr).toBe(0);
    expect(await tableRows(catalog(rest.uri), 'SELECT device, n FROM db.kept')).toEqual(keptRows(readings(0, given)));
  });

  it('ends when it is told that it may not, and goes on once it may', async () => {
    folder.script(script('guarded'));
    const guarded = folder.start(['--parallelism', '1', '--restore', 'none']);
    await until('what was there has landed', async () => (await landed('guarded')) === given);
    proxy.arm('commit', ...Array<CatalogFault>(3).fill({ served: false, answer: say(403, 'the token has expired') }));
    giveSome();
    const refused = await guarded.ended;
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.stderr).toMatch(
      /error: .*table 'db.guarded'.*status 403: the token has expired\n.*'token' or 'credential'/s,
    );
    proxy.arm('commit');
    const again = folder.start(['--parallelism', '1']);
    await until('the rows have landed', async () => (await landed('guarded')) >= given);
    again.child.kill('SIGTERM');
    expect(await again.ended).toMatchObject({ code: 0 });
    const rows = await tableRows(catalog(rest.uri), 'SELECT device, n FROM db.guarded');
    expect(rows).toEqual(keptRows(readings(0, given)));
  });

  it('says where no catalog answers, before anything runs', async () => {
    folder.script(script('kept'));
    proxy.down = true;
    const { code, stderr } = await folder.start().ended;
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/GET http:\/\/127\.0\.0\.1:\d+\/v1\/config: no answer: .*\n.*'uri'/);
  });
});

type Metadata = Readonly<{
  'current-snapshot-id': number;
  snapshots?: readonly { 'snapshot-id': number; summary: Readonly<Record<string, string>> }[];
}>;
