import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { unbalancedAudit } from '../server/job-status-fixture.ts';
import { testWorld } from './world.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'millrace-unbalanced-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

it('a run says at its end, even with --quiet, that rows did not balance, and where', async () => {
  const { run, stderr } = testWorld({ audit: unbalancedAudit() });
  expect(await run('run', 'values.sql', '--port', '0', '--data-dir', dataDir, '--quiet')).toBe(0);
  expect(stderr.text()).toMatch(
    /^error: values: rows do not balance at one checkpoint: they are lost, or twice there$/m,
  );
  const line =
    'checkpoint 2: Calc[2] → GlobalWindowAggregate[3]: sent = received does not hold: 40 and 39, 1 row missing';
  expect(stderr.text()).toContain(`\n  ${line}\n`);
});
