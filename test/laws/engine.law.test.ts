import { describe, expect, it, vi } from 'vitest';
import { differencesAfter, type FaultPlan, faultNames } from '../support/fault-simulation.ts';

// Whatever fails, and however often the job is stopped, cancelled and started at another parallelism: each row is in the ledger once.
// SEED=… runs the plan of that seed alone (threads take their own turns all the same); FAULTS=full runs many, others each time.

vi.setConfig({ testTimeout: 600_000 });

const { SEED, FAULTS } = process.env;
const plans = FAULTS === 'full' ? 200 : 8;
const firstSeed = Number(SEED ?? (FAULTS === 'full' ? Math.floor(Math.random() * 1_000_000) : 1));
const seeds = Array.from({ length: SEED === undefined ? plans : 1 }, (_, i) => firstSeed + i);

type Pick = Readonly<{
  /** From `low` to `high`, both included. */
  between(low: number, high: number): number;
  of<T>(choices: readonly T[]): T;
}>;

/** Mulberry32. */
function pickOf(seed: number): Pick {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return { between, of: (choices) => choices[between(0, choices.length - 1)]! };
}

function planOf(seed: number): FaultPlan {
  const pick = pickOf(seed);
  const impatient = pick.between(0, 3) === 0;
  const splits = pick.between(1, 5);
  const perSplit = pick.between(200, 1500);
  const windowed = pick.of([true, true, false]);
  const interruptions = pick.between(0, 2);
  const faultsOf = (): FaultPlan['runs'][number]['faults'] =>
    Array.from({ length: pick.between(0, 3) }, () => [pick.of(faultNames), pick.between(1, 12)] as const);
  return {
    windowed,
    splits,
    perSplit,
    batch: impatient ? pick.between(100, 300) : pick.between(20, 150),
    pauseMs: impatient ? pick.between(5, 40) : pick.between(1, 5), // some barriers wait for longer than a checkpoint may take
    watermarkIntervalMs: pick.of([0, 1, 20]),
    checkpointIntervalMs: pick.between(5, 50),
    checkpointTimeoutMs: impatient ? pick.between(4, 25) : 10_000,
    tolerableFailedCheckpoints: impatient ? 100_000 : pick.of([0, 0, 3]),
    runs: Array.from({ length: interruptions + 1 }, (_, run) => ({
      parallelism: pick.between(1, 3),
      faults: faultsOf(),
      end:
        run === interruptions
          ? null
          : { how: pick.of(['stop', 'cancel'] as const), rows: pick.between(1, windowed ? splits * 20 : splits * 100) },
    })),
  };
}

describe('a job under faults', () => {
  it.each(seeds)('loses and doubles nothing (SEED=%i)', async (seed) => {
    const plan = planOf(seed);
    const found = await differencesAfter(plan, { forgetful: false });
    expect(found, `SEED=${seed}: ${JSON.stringify(plan, null, 1)}`).toEqual([]);
  });

  it('is seen to double rows when its sink forgets what has landed', async () => {
    const run = { parallelism: 2, faults: [['fail-after-commit', 2]], end: null } as const;
    const plan = {
      ...planOf(1),
      windowed: false,
      perSplit: 1000,
      pauseMs: 3,
      checkpointTimeoutMs: 10_000,
      runs: [run],
    };
    // An epoch that happens to be empty doubles nothing: a few tries, of which one has rows.
    let found: string[] = [];
    for (let tries = 0; tries < 5 && found.length === 0; tries++)
      found = await differencesAfter(plan, { forgetful: true });
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((row) => row.startsWith('+'))).toBe(true);
  });
});
