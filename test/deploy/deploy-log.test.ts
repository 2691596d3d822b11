import { appendFileSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headOf } from '../../src/deploy/log/deploy-log.ts';
import type { LogEntry } from '../../src/deploy/log/log-entry.ts';
import { verifyLog } from '../../src/deploy/log/verify-log.ts';
import { withoutSecrets } from '../../src/deploy/secret-text.ts';
import { DeployWorld } from './deploy-world.ts';

let world: DeployWorld;
let path: string;
beforeEach(async () => {
  world = new DeployWorld();
  path = join(world.dataDirectory, 'deploy-log.jsonl');
  await world.carryOut({ job: 'views' });
});
afterEach(() => world.end());

const lines = (): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
const verify = async () => await verifyLog(path, headOf(world.dataDirectory));

describe('the deploy log', () => {
  it('is whole as it was written', async () => {
    expect(await verify()).toEqual({ entries: 4, fault: null, tornBytes: 0 });
  });

  const tampered: readonly (readonly [string, number, () => void])[] = [
    [
      'a word changed',
      2,
      () => rewrite((all) => all.map((line, i) => (i === 1 ? line.replace('local', 'other') : line))),
    ],
    ['a line taken out', 2, () => rewrite((all) => all.toSpliced(1, 1))],
    ['the last lines cut off', 3, () => rewrite((all) => all.slice(0, 2))],
    ['two lines exchanged', 2, () => rewrite((all) => [all[0]!, all[2]!, all[1]!, all[3]!])],
    ['a line written twice', 3, () => rewrite((all) => all.toSpliced(1, 0, all[1]!))],
    ['something that is no JSON', 1, () => rewrite((all) => ['hello', ...all])],
  ];
  it.each(tampered)('shows %s, and at which line', async (_what, line, tamper) => {
    tamper();
    expect((await verify()).fault).toMatchObject({ line });
  });

  it('shows lines cut off at the end even after others were written', async () => {
    rewrite((all) => all.slice(0, 2));
    await world.planOf([{ job: 'common' }]);
    expect((await verify()).fault).toMatchObject({ line: 3, text: 'expected entry 3, found 5' });
  });

  function rewrite(change: (all: string[]) => string[]): void {
    writeFileSync(
      path,
      change(lines())
        .map((line) => `${line}\n`)
        .join(''),
    );
  }

  it('mends a line that was torn by a kill, and notes it', async () => {
    const torn = `{"sequence":5,"time":"${'2'.repeat(5_000)}`;
    appendFileSync(path, torn);
    expect(await verify()).toEqual({ entries: 4, fault: null, tornBytes: torn.length });
    await world.planOf([{ job: 'common' }]);
    expect(await verify()).toMatchObject({ entries: 6, fault: null, tornBytes: 0 });
    expect((JSON.parse(lines()[4]!) as LogEntry).entry).toMatchObject({ event: 'mended', bytes: torn.length });
  });

  it('takes in a whole line whose writer was killed before the database knew of it', async () => {
    const database = join(world.dataDirectory, 'control.db');
    world.service.close();
    copyFileSync(database, `${database}.before`);
    world.service = world.open();
    await world.planOf([{ job: 'common' }]);
    world.service.close();
    copyFileSync(`${database}.before`, database);
    world.service = world.open();
    await world.planOf([{ job: 'payments' }]);
    expect(await verify()).toEqual({ entries: 6, fault: null, tornBytes: 0 });
  });

  it('holds back changes where it can’t be written', async () => {
    const plan = await world.planOf([{ job: 'common' }]);
    truncateSync(path, 0);
    const { rmSync, mkdirSync } = await import('node:fs');
    rmSync(path);
    mkdirSync(path);
    await expect(world.apply(plan)).rejects.toMatchObject({ code: 'IO' });
    expect(world.control.performed).toHaveLength(1);
  });
});

describe('words that are kept', () => {
  it.each([
    ['deploy views with password=hunter2 now', 'deploy views with password=[redacted] now'],
    ['the token is abc123', 'the token is [redacted]'],
    ['use kafka://user:geheim@broker:9092', 'use kafka://[redacted]@broker:9092'],
    ['Bearer abcdefgh12345678', 'Bearer [redacted]'],
    ['key AKIAABCDEFGHIJKLMNOP here', 'key [redacted] here'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc', '[redacted]'],
    ['with Xq7Lm2Vb9Rt4Zc8Wd1Ks5Ny3 please', 'with [redacted] please'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE', '[redacted]'],
    [
      'deploy creator-analytics-for-the-whole-company in staging',
      'deploy creator-analytics-for-the-whole-company in staging',
    ],
  ])('%s', (text, kept) => {
    expect(withoutSecrets(text)).toBe(kept);
  });
});
