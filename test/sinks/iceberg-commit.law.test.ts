import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LakeCatalog } from '../../src/iceberg/lake-catalog.ts';
import { openRestCatalog } from '../../src/iceberg/rest-catalog.ts';
import { SqliteCatalog } from '../../src/iceberg/sqlite-catalog.ts';
import type { CommitPlan } from '../../src/model/sink.ts';
import type { IcebergCommitter } from '../../src/sinks/iceberg-committer.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { TestRestServer } from '../iceberg/rest-server.ts';
import {
  Crash,
  codeOf,
  committerOf,
  configOf,
  createTable,
  type Fault,
  FaultyLake,
  fileOf,
  filesOf,
  noInfo,
} from './iceberg-support.ts';

/**
 * The law: whatever fails between any two steps, of whatever process, each epoch whose checkpoint became durable is in the table
 * exactly once, and no other rows of the job are.
 */

const epochs = 4;
const maxRestarts = 40;

/** One lake, a job that is restarted until its epochs are through, and what it should have left. */
class Simulation {
  readonly #lake: FaultyLake;
  readonly #base: LakeCatalog;
  readonly #zombies: { committer: IcebergCommitter; plan: CommitPlan | null }[] = [];
  readonly foreignFiles: string[] = [];
  readonly expected: string[] = [];
  #attempts = 0;

  constructor(base: LakeCatalog, storage: Storage) {
    this.#base = base;
    this.#lake = new FaultyLake(base, storage, () => this.#foreignAppend());
  }

  get lake(): FaultyLake {
    return this.#lake;
  }

  async run(faults: readonly Fault[]): Promise<void> {
    const config = await configOf(this.#base);
    this.#lake.faults = [...faults];
    let durable: CommitPlan | null = null;
    let done = 0;
    for (let restart = 0; done < epochs; restart++) {
      expect(restart).toBeLessThan(maxRestarts);
      const committer = committerOf({ catalog: this.#lake, storage: this.#lake.faultyStorage, config });
      let plan: CommitPlan | null = null;
      try {
        await committer.open('run');
        await committer.recover(durable, { force: false });
        while (done < epochs) {
          const path = `epoch-${done + 1}-attempt-${this.#attempts++}`;
          plan = await committer.prepare({ runId: 'run', checkpointId: done + 1 }, [fileOf(path)], noInfo);
          plan = JSON.parse(JSON.stringify(plan)) as CommitPlan;
          durable = plan; // the checkpoint is durable from here on
          this.expected.push(path);
          done++;
          await committer.commit(plan);
        }
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
      this.#zombies.push({ committer, plan });
    }
    this.#lake.faults = [];
    const last = committerOf({ catalog: this.#lake, storage: this.#lake.faultyStorage, config });
    await last.open('run');
    await last.recover(durable, { force: false });
  }

  /** Processes believed dead wake up, with what they still wanted to do; and lost requests arrive. */
  async wakeTheDead(): Promise<void> {
    await this.#lake.deliver();
    for (const { committer, plan } of this.#zombies) {
      if (plan === null) continue;
      expect(['none', 'CONFLICT']).toContain(await codeOf(() => committer.commit(plan)));
      const epoch = { runId: 'run', checkpointId: epochs + 1 };
      const late = await committer.prepare(epoch, [fileOf('zombie')], noInfo);
      expect(await codeOf(() => committer.commit(late))).toBe('CONFLICT');
    }
    await this.#lake.deliver();
  }

  async #foreignAppend(): Promise<void> {
    const path = `foreign-${this.foreignFiles.length}`;
    this.foreignFiles.push(path);
    const config = await configOf(this.#base);
    const committer = committerOf({ catalog: this.#base, storage: this.#lake.storage, config, sinkId: 'other' });
    await committer.open(path);
    await committer.commit(await committer.prepare({ runId: path, checkpointId: 1 }, [fileOf(path)], noInfo));
  }

  files(): Promise<string[]> {
    return filesOf(this.#base, this.#lake.storage);
  }
}

const faults: readonly Fault[] = [
  'none',
  'crash-before',
  'crash-after',
  'conflict',
  'unknown-before',
  'unknown-after',
  'delayed',
  'foreign',
];
const plans = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.constant<Fault>('none') }, { weight: 4, arbitrary: fc.constantFrom(...faults) }),
  { maxLength: 60 },
);

function openRest(uri: string): Promise<LakeCatalog> {
  const auth = { token: null, credential: null, scope: '', tokenUri: null };
  return openRestCatalog({ uri, auth, headers: new Map(), now: () => 0, warehouse: null, prefix: null });
}

function newSqlite(storage: Storage): SqliteCatalog {
  return new SqliteCatalog({
    name: 'c',
    path: ':memory:',
    warehouse: 'memory:///wh',
    storage,
    now: () => 1_700_000_000_000,
  });
}

type Properties = Readonly<Record<string, string>>;

async function simulate(
  base: LakeCatalog,
  storage: Storage,
  plan: readonly Fault[],
  properties: Properties,
): Promise<Simulation> {
  await createTable(base, properties);
  const simulation = new Simulation(base, storage);
  await simulation.run(plan);
  await simulation.wakeTheDead();
  return simulation;
}

async function expectLaw(
  base: LakeCatalog,
  storage: Storage,
  plan: readonly Fault[],
  properties: Properties = {},
): Promise<void> {
  const simulation = await simulate(base, storage, plan, properties);
  expect(await simulation.files()).toEqual([...simulation.expected, ...simulation.foreignFiles].sort());
}

describe('an epoch lands exactly once', () => {
  it('over the SQLite catalog, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const storage = new MemoryStorage();
        const base = newSqlite(storage);
        await expectLaw(base, storage, plan);
        await base.close();
      }),
      { numRuns: 80 },
    );
  });

  it('while manifests are merged in between', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const storage = new MemoryStorage();
        const base = newSqlite(storage);
        await expectLaw(base, storage, plan, { 'commit.manifest.min-count-to-merge': '2' });
        await base.close();
      }),
      { numRuns: 50 },
    );
  });

  it('over a REST catalog', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const storage = new MemoryStorage();
        const server = await TestRestServer.start(newSqlite(storage));
        try {
          await expectLaw(await openRest(server.uri), storage, plan);
        } finally {
          await server.stop();
        }
      }),
      { numRuns: 12 },
    );
  });

  it('the law notices a catalog that swaps without comparing', async () => {
    const storage = new MemoryStorage();
    const base = newSqlite(storage);
    await createTable(base);
    const simulation = new Simulation(base, storage);
    simulation.lake.ignoresRequirements = true;
    // Steps of a claim: look, load, list, commit. Of an epoch: manifest, load, list, commit.
    await simulation.run(['none', 'none', 'none', 'none', 'none', 'none', 'none', 'foreign']);
    await simulation.wakeTheDead();
    const files = await simulation.files();
    expect(files).not.toEqual([...simulation.expected, ...simulation.foreignFiles].sort());
  });
});
