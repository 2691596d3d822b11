import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { CommandContext } from '../../src/commands/dependencies.ts';
import { mirrorTogether } from '../../src/commands/mirror-topology.ts';
import type { MirrorSpec } from '../../src/mirror/mirror-spec.ts';
import { EngineError } from '../../src/model/errors.ts';
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
  expect(bad.stderr.text()).toMatch(/line 8, column 3: spec\.deliver: unknown field\n {2}Did you mean 'delivery'\?/);
  expect(bad.stderr.text()).toContain('bad.yaml: 1 fault\n');
});

it('all that is wrong with it is named, with line and column', async () => {
  write(
    'worse.yaml',
    '  naming: both',
    '  sync: { topics: never, acls: perhaps, groops: true }',
    '  replicas: 3',
    '  mode: exact',
    '  groups: { include: ["("] }',
  );
  const world = testWorld({}, { workingDirectory: directory });
  expect(await world.run('lint', 'worse.yaml')).toBe(2);
  const named = [...world.stderr.text().matchAll(/line (\d+), column (\d+): ([\w.]+)/g)].map((match) =>
    match.slice(1).join(' '),
  );
  expect(named).toEqual([
    '8 11 spec.naming',
    '9 19 spec.sync.topics',
    '9 32 spec.sync.acls',
    '9 41 spec.sync.groops',
    '10 3 spec.replicas',
    '11 3 spec.mode',
    '12 22 spec.groups.include',
  ]);
  expect(world.stderr.text()).toContain('worse.yaml: 7 faults\n');
});

const specs = ['first', 'second', 'third'].map((name) => ({ name }) as MirrorSpec);

/** Mirrors that run together: what each does, by how often it has been begun. Returns the starts in order, what was said, and how it ended. */
async function together(once: boolean, run: (name: string, start: number) => Promise<void>) {
  const starts: string[] = [];
  const said: string[] = [];
  const sleeps: number[] = [];
  const context = {
    onSignal: () => () => {},
    say: (text: string) => void said.push(text),
    clock: {
      sleep: async (ms: number) => {
        if (sleeps.push(ms) > 10) throw new Error('it is tried without end');
      },
    },
  } as unknown as CommandContext;
  const ended = await mirrorTogether(specs, once, context, async ({ name }) => {
    starts.push(name);
    await run(name, starts.filter((each) => each === name).length);
  }).then(
    () => null,
    (error: unknown) => error,
  );
  return { starts, said, sleeps, ended };
}

it('mirrors of a topology: one that fails by something passing is tried again, the others go on', async () => {
  const away = new EngineError('CONNECTION', 'the broker is away');
  const { starts, said, sleeps, ended } = await together(false, async (name, start) => {
    if (name === 'second' && start < 3) throw away;
  });
  expect([starts, ended]).toEqual([['first', 'second', 'third', 'second', 'second'], null]);
  expect(sleeps).toEqual([10_000, 10_000]);
  expect(said).toEqual(Array(2).fill("mirror 'second' ended: the broker is away; it is tried again"));
});

it('mirrors of a topology: what does not pass is not tried again, nor anything that runs only once', async () => {
  const refused = new EngineError('CONFLICT', 'another has it');
  const { starts, said, ended } = await together(false, async (name) => {
    if (name === 'first') throw refused;
  });
  expect([starts, ended]).toEqual([['first', 'second', 'third'], refused]);
  expect(said).toEqual(["mirror 'first' ended: another has it; the others go on"]);
  const away = new EngineError('CONNECTION', 'the broker is away');
  const once = await together(true, async (name) => {
    if (name === 'third') throw away;
  });
  expect([once.starts, once.ended]).toEqual([['first', 'second', 'third'], away]);
  const bug = new TypeError('a bug');
  const broken = await together(false, async (name) => {
    if (name === 'second') throw bug;
  });
  expect([broken.ended, broken.said]).toEqual([bug, []]);
});

it('mirrors of a topology: who is told to stop while it waits does not begin again', async () => {
  let stop = (): void => {};
  const context = {
    onSignal: (handler: () => void) => {
      stop = handler;
      return () => {};
    },
    say: () => {},
    clock: { sleep: async () => stop() },
  } as unknown as CommandContext;
  let starts = 0;
  await mirrorTogether(specs.slice(0, 1), false, context, async () => {
    if (++starts > 10) throw new Error('it is begun without end');
    throw new EngineError('CONNECTION', 'the broker is away');
  });
  expect(starts).toBe(1);
});

it('a mirror says which file or broker is not there', async () => {
  const world = testWorld({}, { workingDirectory: directory });
  expect(await world.run('mirror', 'none.yaml')).toBe(3);
  expect(world.stderr.text()).toContain("mirror 'none.yaml': expected a file to read, found none");
  write('unreachable.yaml');
  expect(await world.run('mirror', 'unreachable.yaml', '--quiet')).toBe(1);
  expect(world.stderr.text()).toContain("can't connect to Kafka broker 127.0.0.1:1");
});
