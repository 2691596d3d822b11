import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedAccount } from '../../src/model/account.ts';
import { type Program, startProgram } from './process.ts';

// A job in a folder of its own, for tests that do it harm: what it reads, what it writes, and its data directory.

const patienceMs = 60_000;
const pauseMs = 10;

/** Waits until `condition` gives something other than false, null or undefined, and gives that back. Fails with what was waited for. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined) return value as Exclude<T, false | null | undefined>;
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain until ${what}`);
    await sleep(pauseMs);
  }
}

/** One row of `readings`: `n` tells it from every other. */
export type Reading = Readonly<{ device: string; n: number; event_time: string }>;

const startMs = Date.UTC(2026, 0, 1);

/** Rows number `from` up to, not including, `to`: a second each, in turn of seven devices. */
export function readings(from: number, to: number): Reading[] {
  return Array.from({ length: to - from }, (_, i) => ({
    device: `d${(from + i) % 7}`,
    n: from + i,
    event_time: new Date(startMs + (from + i) * 1000).toISOString().replace('T', ' ').replace('Z', ''),
  }));
}

export class FaultFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'millrace-fault-'));
  readonly #programs: Program[] = [];

  constructor() {
    mkdirSync(this.at('in'));
  }

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** A file to read, whole from the moment it is seen. */
  give(name: string, lines: readonly (string | Buffer | object)[]): void {
    const bytes = lines.flatMap((line) => [
      Buffer.isBuffer(line) ? line : Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)),
      Buffer.from('\n'),
    ]);
    writeFileSync(this.at(`.${name}`), Buffer.concat(bytes));
    renameSync(this.at(`.${name}`), this.at('in', name));
  }

  /** The lines that readers of the folder see, sorted. */
  rows(folder = 'out'): string[] {
    let names: string[];
    try {
      names = readdirSync(this.at(folder));
    } catch {
      return [];
    }
    return names
      .filter((name) => !name.startsWith('.'))
      .flatMap((name) => readFileSync(this.at(folder, name), 'utf8').split('\n'))
      .filter((line) => line !== '')
      .sort();
  }

  /** Writes the script of the job, whose name is the file's. */
  script(text: string, name = 'job'): string {
    const path = this.at(`${name}.sql`);
    writeFileSync(path, text);
    return path;
  }

  runArguments(...more: string[]): string[] {
    return ['run', this.at('job.sql'), '--data-dir', this.at('data'), '--port', '0', ...more];
  }

  start(more: readonly string[] = [], options: Parameters<typeof startProgram>[1] = {}): Program {
    return this.track(startProgram(this.runArguments(...more), options));
  }

  /** A program that has to be gone with the folder. */
  track(program: Program): Program {
    this.#programs.push(program);
    return program;
  }

  /** What the newest whole checkpoint or savepoint says, with its folder. */
  newestCheckpoint(): { path: string; metadata: CheckpointText } | null {
    const found = [this.at('data', 'checkpoints', 'job'), this.at('data', 'savepoints', 'job')].flatMap((parent) =>
      namesIn(parent).map((name) => ({ path: join(parent, name), id: Number(/-(\d+)$/.exec(name)?.[1] ?? 0) })),
    );
    for (const { path } of found.filter(({ id }) => id > 0).sort((a, b) => b.id - a.id)) {
      try {
        return { path, metadata: JSON.parse(readFileSync(join(path, 'metadata.json'), 'utf8')) as CheckpointText };
      } catch {
        // Not whole, or deleted meanwhile.
      }
    }
    return null;
  }

  /** Keeps a copy of everything as it is now, for `reset`. No program may run. */
  save(): void {
    rmSync(saved(this.path), { recursive: true, force: true });
    cpSync(this.path, saved(this.path), { recursive: true });
  }

  /** As it was when it was saved. */
  reset(): void {
    rmSync(this.path, { recursive: true });
    cpSync(saved(this.path), this.path, { recursive: true });
  }

  /** Whether so many files are read to their ends, and a checkpoint says so. */
  isRead(files: number): boolean {
    const splits = Object.values(this.newestCheckpoint()?.metadata.sources ?? {}).flat();
    return splits.filter(({ position }) => position.ended === true).length === files;
  }

  async remove(): Promise<void> {
    for (const program of this.#programs) {
      program.child.kill('SIGKILL');
      await program.ended;
    }
    rmSync(this.path, { recursive: true, force: true });
    rmSync(saved(this.path), { recursive: true, force: true });
  }
}

function saved(path: string): string {
  return `${path}-saved`;
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

type CheckpointText = Readonly<{
  checkpointId: number;
  savepoint: boolean;
  sources: Readonly<Record<string, readonly { id: string; position: Record<string, unknown> }[]>>;
  states: Readonly<Record<string, readonly { path: string }[]>>;
  account: RecordedAccount;
}>;

export type JobText = Readonly<{
  /** The options of `readings`, in place of the folder's. */
  source?: string;
  /** Files that come later are read too; else it ends with those that are there. */
  endless?: boolean;
  /** SET statements. */
  settings?: Readonly<Record<string, string>>;
  /** What is written to `out`; more tables may stand before it. */
  insert?: string;
}>;

/** `readings`, out of the folder `in`, and `kept`, into `out`: every row, by default. Failures are tried again quickly and for long. */
export function jobText(folder: FaultFolder, { endless = false, settings = {}, ...text }: JobText = {}): string {
  const files = `'connector' = 'filesystem', 'path' = '${folder.at('in')}', 'format' = 'json'`;
  const all = {
    'table.local-time-zone': 'UTC',
    'execution.checkpointing.interval': '50 ms',
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.attempts': '10000',
    'restart-strategy.fixed-delay.delay': '50 ms',
    ...settings,
  };
  return `
    ${Object.entries(all)
      .map(([key, value]) => `SET '${key}' = '${value}';`)
      .join('\n    ')}
    CREATE TABLE readings (
      device STRING, n BIGINT, event_time TIMESTAMP(3), WATERMARK FOR event_time AS event_time
    ) WITH (${text.source ?? (endless ? `${files}, 'source.monitor-interval' = '20 ms'` : files)});
    CREATE TABLE kept (device STRING, n BIGINT) WITH (
      'connector' = 'filesystem', 'path' = '${folder.at('out')}', 'format' = 'json'
    );
    ${text.insert ?? 'INSERT INTO kept SELECT device, n FROM readings'};`;
}

/** The rows of `kept`, when every one of these readings is in it once. */
export function keptRows(rows: readonly Reading[]): string[] {
  return rows.map(({ device, n }) => JSON.stringify({ device, n })).sort();
}

/** Sums by device and minute: a query with state. */
export const windowInsert = `INSERT INTO kept SELECT device, SUM(n)
    FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
    GROUP BY device, window_start, window_end`;

/** Its rows, counted without any of our code. */
export function windowRows(rows: readonly Reading[]): string[] {
  const sums = new Map<string, { device: string; n: number }>();
  for (const { device, n, event_time } of rows) {
    const key = `${device} ${event_time.slice(0, 16)}`;
    sums.set(key, { device, n: (sums.get(key)?.n ?? 0) + n });
  }
  return [...sums.values()].map((row) => JSON.stringify(row)).sort();
}
