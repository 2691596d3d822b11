import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { batchOf, valueAt } from '../../src/model/column.ts';
import type { Connector } from '../../src/model/connector.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { CommitPlan, Committable } from '../../src/model/sink.ts';
import type { ReaderOutput, SourceReader, SourceSplit } from '../../src/model/source.ts';
import { types } from '../../src/model/types.ts';

export type CounterConfig = Readonly<{
  splits: number;
  perSplit: number;
  batch: number;
  pauseMs: number;
  /** A directory: while `fail-source` is there, a poll fails once and takes it away; with `warn-source`, each reader warns. */
  faults: string;
}>;

export const counterFields = [
  { name: 'k', type: types.string() },
  { name: 'n', type: types.of('bigint', false) },
  { name: 'ts', type: types.timestamp(3) },
];

class CounterReader implements SourceReader {
  readonly #config: CounterConfig;
  readonly #pool;
  readonly #splits = new Map<string, number>();
  #noMore = false;
  #turn = 0;

  constructor(config: CounterConfig, pool: Parameters<NonNullable<Connector['source']>['reader']>[1]['pool']) {
    this.#config = config;
    this.#pool = pool;
  }

  addSplits(splits: readonly SourceSplit[]): void {
    for (const split of splits) this.#splits.set(split.id, split.position.next as number);
  }

  noMoreSplits(): void {
    this.#noMore = true;
  }

  async poll(): Promise<ReaderOutput> {
    tripFault(this.#config.faults, 'fail-source');
    const { perSplit, batch, pauseMs } = this.#config;
    const open = [...this.#splits].filter(([, next]) => next < perSplit);
    if (open.length === 0) {
      if (this.#noMore) return { kind: 'end' };
      await sleep(5);
      return { kind: 'none' };
    }
    if (pauseMs > 0) await sleep(pauseMs);
    const [splitId, next] = open[this.#turn++ % open.length]!;
    const count = Math.min(batch, perSplit - next);
    this.#splits.set(splitId, next + count);
    const keys = Int32Array.from({ length: count }, (_, i) => this.#pool.internString(`${splitId}-${(next + i) % 10}`));
    const numbers = Float64Array.from({ length: count }, (_, i) => next + i);
    return {
      kind: 'batch',
      splitId,
      batch: batchOf(count, [
        { layout: 'string', encoding: 'codes', values: keys, pool: this.#pool, nulls: null },
        { layout: 'int', wide: false, values: numbers, nulls: null },
        { layout: 'int', wide: false, values: numbers.map((n) => n * 10), nulls: null },
      ]),
    };
  }

  wake(): void {}

  snapshot(): SourceSplit[] {
    return [...this.#splits].map(([id, next]) => ({ id, position: { next } }));
  }

  endedSplits(): string[] {
    return [...this.#splits].filter(([, next]) => next >= this.#config.perSplit).map(([id]) => id);
  }

  lag(): readonly never[] {
    return [];
  }

  async close(): Promise<void> {}
}

/** Fails once while the file is there, in whichever thread takes it to zero. */
export function tripFault(directory: string, name: string): void {
  const path = join(directory, name);
  if (!existsSync(path)) return;
  const left = alone(path, () => {
    const rest = Number(readFileSync(path, 'utf8')) - 1;
    if (rest >= 0) writeFileSync(path, String(rest === 0 ? -1 : rest));
    return rest;
  });
  if (left === 0) throw new EngineError('CONNECTION', `injected fault ${name}`);
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** One thread at a time: whoever makes the file beside it. */
function alone<T>(path: string, work: () => T): T {
  const lock = `${path}.lock`;
  for (;;) {
    try {
      writeFileSync(lock, '', { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock);
  }
}

/** As `tripFault`, for faults that go unnoticed: a row is lost, or comes twice. */
export function tripped(directory: string, name: string): boolean {
  try {
    tripFault(directory, name);
    return false;
  } catch {
    return true;
  }
}

/** Waits while the file is there, and says so in a file beside it, `….held`. */
async function holdWhile(directory: string, name: string): Promise<void> {
  const path = join(directory, name);
  if (!existsSync(path)) return;
  writeFileSync(`${path}.held`, '');
  while (existsSync(path)) await sleep(5);
}

const counter: Connector = {
  name: 'counter',
  description: 'counts',
  example: '',
  options: [],
  portable: false,
  source: {
    plan: () => ({}),
    bounded: () => true,
    maxParallelism: async () => null,
    metadata: new Map(),
    enumerator: (config) => ({
      start: async (restored) =>
        restored ??
        Array.from({ length: (config as CounterConfig).splits }, (_, i) => ({ id: `s${i}`, position: { next: 0 } })),
      assign: (split, parallelism) => Number(split.id.slice(1)) % parallelism,
      discoveryIntervalMs: null,
      discover: async () => [],
      close: async () => {},
    }),
    reader: (config, ctx) => {
      const counterConfig = config as CounterConfig;
      if (existsSync(join(counterConfig.faults, 'warn-source'))) ctx.warn('the counter has something to say');
      return new CounterReader(counterConfig, ctx.pool);
    },
  },
};

/** `forgetful`: broken on purpose, it does not look whether an epoch has landed. */
export type LedgerConfig = Readonly<{ directory: string; faults: string; forgetful?: boolean }>;

/** Rows become visible in `ledger.txt`, a line each, once per (run, checkpoint). */
const ledger: Connector = {
  name: 'ledger',
  description: 'keeps a ledger',
  example: '',
  options: [],
  portable: false,
  sink: {
    plan: () => ({}),
    deliveryGuarantee: 'exactly-once',
    changelog: () => 'insert-only',
    metadata: new Map(),
    rowsIn: (committables) => committables.reduce((sum, { rows }) => sum + (rows as string[]).length, 0),
    writer: (config) => {
      const { faults } = config as LedgerConfig;
      let rows: string[] = [];
      return {
        write: (batch) => {
          tripFault(faults, 'fail-sink');
          for (let row = tripped(faults, 'lose-in-sink') ? 1 : 0; row < batch.length; row++)
            rows.push(
              batch.columns
                .map((column) =>
                  String(valueAt(column, column.layout === 'string' ? types.string() : types.of('bigint'), row)),
                )
                .join(' '),
            );
        },
        ready: () => null,
        prepareCommit: async (): Promise<Committable[]> => {
          tripFault(faults, 'fail-prepare');
          const own = rows;
          rows = [];
          return own.length === 0 ? [] : [{ rows: own }];
        },
        close: async () => {},
      };
    },
    committer: (config) => {
      const { directory, faults, forgetful = false } = config as LedgerConfig;
      const path = join(directory, 'ledger.txt');
      const commit = async (plan: CommitPlan): Promise<void> => {
        tripFault(faults, 'fail-commit');
        mkdirSync(directory, { recursive: true });
        const mark = `# ${plan.runId} ${plan.checkpointId}`;
        const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
        if (text.includes(`${mark}\n`) && !forgetful) return;
        appendFileSync(path, `${[mark, ...(plan.rows as string[])].join('\n')}\n`);
        tripFault(faults, 'fail-after-commit');
      };
      return {
        open: async () => {},
        recover: async (plan) => {
          tripFault(faults, 'fail-recover');
          if (plan !== null) await commit(plan);
        },
        prepare: async (epoch, committables) => {
          await holdWhile(faults, 'hold-prepare');
          return {
            runId: epoch.runId,
            checkpointId: epoch.checkpointId,
            rows: committables.flatMap((committable) => committable.rows as string[]),
          };
        },
        commit,
        close: async () => {},
      };
    },
  },
};

export const testConnectors = { counter, ledger };

/** The rows of the ledger, sorted. */
export function readLedger(directory: string): string[] {
  const path = join(directory, 'ledger.txt');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .sort();
}
