import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { testWorld } from './world.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-mirror-file-'));
afterAll(() => rmSync(directory, { recursive: true }));

function write(name: string, ...more: readonly string[]): void {
  const lines = [
    'apiVersion: millrace/v1',
    'kind: Mirror',
    'metadata: { name: m }',
    'spec:',
    '  source: { alias: a, bootstrapServers: "127.0.0.1:1", properties: { retry.backoff.ms: 1, retry.backoff.max.ms: 1 } }',
    '  target: { alias: b, bootstrapServers: "127.0.0.1:2" }',
    '  topics: { include: [orders] }',
    ...more,
  ];
  writeFileSync(join(directory, name), `${lines.join('\n')}\n`);
}

it('a mirror can be checked without brokers', async () => {
  write('good.yaml');
  write('bad.yaml', '  deliver: reconcile');
  const good = testWorld({}, { workingDirectory: directory });
  expect(await good.run('lint', 'good.yaml')).toBe(0);
  expect(good.stderr.text()).toContain('good.yaml: no faults');
  const bad = testWorld({}, { workingDirectory: directory });
  expect(await bad.run('lint', 'bad.yaml')).toBe(2);
  expect(bad.stderr.text()).toMatch(/line 8: spec\.deliver: unknown field\n {2}Did you mean 'delivery'\?/);
});

it('a mirror says which file or broker is not there', async () => {
  const world = testWorld({}, { workingDirectory: directory });
  expect(await world.run('mirror', 'none.yaml')).toBe(3);
  expect(world.stderr.text()).toContain("mirror 'none.yaml': expected a file to read, found none");
  write('unreachable.yaml');
  expect(await world.run('mirror', 'unreachable.yaml', '--quiet')).toBe(1);
  expect(world.stderr.text()).toContain("can't connect to Kafka broker 127.0.0.1:1");
});
