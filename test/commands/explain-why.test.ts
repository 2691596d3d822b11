import { afterEach, expect, it } from 'vitest';
import type { JobAudit } from '../../src/model/account.ts';
import { startServer } from '../../src/server/http-server.ts';
import { jobStatus, unbalancedAudit } from '../server/job-status-fixture.ts';
import { testWorld } from './world.ts';

let server: Awaited<ReturnType<typeof startServer>> | null = null;
afterEach(() => server?.close());

async function why(audit: JobAudit, ...more: string[]): Promise<string> {
  const status = () => [jobStatus({ audit })];
  server = await startServer({ port: 0, host: '127.0.0.1', status, build: { version: '1.2.3' } });
  const { run, stdout } = testWorld();
  expect(await run('explain', 'why', '--port', String(server.port), ...more)).toBe(0);
  return stdout.text();
}

it('tells what became of the rows of each operator, and where they do not balance', async () => {
  const text = await why(unbalancedAudit());
  expect(text.slice(text.indexOf('  rows:'))).toBe(`  rows: 1 of 3 checkpoints DO NOT balance
    checkpoint 2: Calc[2] → GlobalWindowAggregate[3]: sent = received does not hold: 40 and 39, 1 row missing
    Source: t[1]: 100 out; 103 records read, 3 dead letters
    Calc[2]: 100 in, 60 out; 40 filtered
    GlobalWindowAggregate[3]: 59 in, 7 out; 2 late, 57 used for results, 4 waiting
`);
});

it('says that all is well, or that it is not known yet', async () => {
  const audit = { ...unbalancedAudit(), unbalanced: 0, findings: [], totals: [] };
  expect(await why(audit)).toMatch(/ {2}rows: all 3 checkpoints balance\n$/);
  await server?.close();
  expect(await why({ ...audit, epochs: 0 })).toMatch(/ {2}rows: no checkpoint yet has accounted for them\n$/);
});

it('has all of it as JSON', async () => {
  const { jobs } = JSON.parse(await why(unbalancedAudit(), '--output', 'json')) as { jobs: { audit: JobAudit }[] };
  expect(jobs[0]!.audit).toEqual(unbalancedAudit());
});
