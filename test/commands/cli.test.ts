import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

// The program as a person starts it: threads, signals, exit codes.

const root = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function millrace(...argv: string[]) {
  return spawnSync(process.execPath, [join(root, 'engine.js'), ...argv], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

describe('the program', () => {
  it('prints the rows of a SELECT, and leaves nothing behind', () => {
    const { status, stdout, stderr } = millrace('sql', '-e', "SELECT UPPER('x') AS u, 1 + 1 AS n", '--output', 'jsonl');
    expect(stderr).toBe('');
    expect([status, stdout]).toEqual([0, '{"op":"+I","row":{"u":"X","n":2}}\n']);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('says what a row failed of, once', () => {
    const { status, stderr } = millrace('sql', '-e', "SELECT CAST(s AS INT) FROM (VALUES ('x')) AS t (s)");
    expect(status).toBe(1);
    expect(stderr.match(/^error:/gm)).toHaveLength(1);
  });

  it('shows the demo: the table holds every reading, and odd devices are named', () => {
    const { status, stdout, stderr } = millrace('demo', '--devices', '100', '--minutes', '20', '--seed', '3');
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/finished: 120,000 records/);
    expect(stdout).toMatch(/\d+ of \d+ odd devices named, \d+ with the right kind; 0 false alarms\.\n$/);
    const text =
      'SELECT COUNT(*) AS n, COUNT(DISTINCT device_id) AS devices, SUM(readings) AS readings FROM gpu.device_minutes';
    const query = millrace('query', text, '--data-dir', '.millrace/demo', '--output', 'csv');
    expect(query.stdout, query.stderr).toBe('n,devices,readings\r\n2000,100,120000\r\n');
  });
});
