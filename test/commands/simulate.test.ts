import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandContext, Signal } from '../../src/commands/dependencies.ts';
import { progressText, simulateCommand } from '../../src/commands/simulate.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { runFleet, settingsOf } from '../support/fleet.ts';
import { memoryTerminal } from './terminal.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-simulate-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs the command in `directory`; the file's `spec` is given. */
async function simulate(
  spec: string,
  args: readonly string[] = [],
  onStart: (signal: (name: Signal) => void) => void = () => {},
) {
  await writeFile(
    join(directory, 'fleet.yaml'),
    `apiVersion: millrace/v1\nkind: Scenario\nmetadata: { name: fleet }\nspec: ${spec}\n`,
  );
  const bytes: Buffer[] = [];
  const stdout = memoryTerminal({ write: async (chunk) => void bytes.push(Buffer.from(chunk as Uint8Array)) });
  const stderr = memoryTerminal();
  let code: number | null = null;
  const context = {
    workingDirectory: directory,
    clock: systemClock,
    stdout,
    stderr,
    exit: (given: number) => {
      code = given;
    },
    say: (text: string) => void stderr.write(`${text}\n`),
    onSignal: (handler: (name: Signal) => void) => {
      onStart(handler);
      return () => {};
    },
    exitNow: () => {},
  } as unknown as CommandContext;
  const command = simulateCommand(context)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  await command.parseAsync(['node', 'simulate', 'fleet.yaml', ...args]);
  return { code, out: Buffer.concat(bytes).toString('latin1'), err: stderr.text() };
}

describe('simulate', () => {
  it('writes a scenario to stdout, and talk to stderr', async () => {
    const { code, out, err } = await simulate(
      '{ devices: 5, events: 5000, rate: unlimited, host: here, garbage: { rate: 0.01 } }',
    );
    const { rows } = runFleet(settingsOf({ devices: '5', events: '5000', host: 'here', 'garbage.rate': '0.01' }));
    expect(code).toBe(0);
    expect(out).toBe(rows.map(({ text }) => `${text}\n`).join(''));
    expect(err).toMatch(/^fleet: [\d,]+ records \([\d.]+ MiB\): 5,000 events, \d+ garbage\n$/);
  });

  it('writes to a file, and the truth to another', async () => {
    const spec =
      '{ devices: 5, events: 50, rate: unlimited, truth: deep/truth.jsonl, target: { kind: file, path: deep/out.jsonl } }';
    const { code, out } = await simulate(spec);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    const lines = (await readFile(join(directory, 'deep/out.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.length).toBe(50);
    expect(JSON.parse(lines[0]!)).toMatchObject({ producer: 'gpu-fleet', host: hostname() });
    const truth = (await readFile(join(directory, 'deep/truth.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(JSON.parse(truth.at(-1)!)).toMatchObject({ kind: 'summary', records: 50 });
  });

  it('publishes a shard, and takes fields from the command line', async () => {
    const args = ['--set', 'events=100', '--set', 'anomalies.rate=0'];
    const shards = await Promise.all(
      ['1/3', '2/3', '3/3'].map((shard) => simulate('{ devices: 9, rate: unlimited }', ['--shard', shard, ...args])),
    );
    const lines = shards.flatMap(({ out }) => out.trimEnd().split('\n'));
    expect(new Set(lines).size).toBe(100);
    expect(shards.map(({ out }) => new Set(out.match(/"device_id":"[^"]+"/g)).size)).toEqual([3, 3, 3]);
  });

  it('stops on a signal and says what was written', async () => {
    let stop: (name: Signal) => void = () => {};
    const running = simulate('{ devices: 1000 }', [], (signal) => {
      stop = signal;
    });
    setTimeout(() => stop('SIGTERM'), 300);
    const { code, out, err } = await running;
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.length).toBeLessThan(1000);
    expect(err).toContain(`fleet: ${lines.length} records`);
  });

  it.each([
    [['--shard', '0/2'], /expected i\/n with i from 1 to n, such as 2\/4, got '0\/2'/],
    [['--shard', '3/2'], /expected i\/n/],
    [['--shard', '2/4'], /--shard: expected at most as many shards as devices \(3\), got 4/],
    [['--set', 'devics=1'], /scenario 'fleet.yaml': unknown option 'devics'/],
    [['--set', 'target.kind=file', '--set', 'target.path=fleet.yaml/x'], /file '.*': expected to write it/],
  ])('refuses %s', async (args, message) => {
    await expect(simulate('{ devices: 3, events: 3 }', args)).rejects.toThrow(message);
  });

  it('says how fast it goes', () => {
    const totals = { records: 3_400_000, bytes: 851_443_712, events: 0, held: 0, late: 0, duplicates: 0, garbage: 0 };
    expect(progressText('fleet', { ...totals, behindMs: 0 }, 1_200_000)).toBe('fleet · 1.20 M rec/s (3.40 M, 812 MiB)');
    expect(progressText('fleet', { ...totals, behindMs: 2_100 }, 950)).toMatch(/ · 2.1 s behind$/);
  });
});
