import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MatchSubtasks, matchSpec } from '../support/match-harness.ts';
import type { Row } from '../support/operator-harness.ts';

// Random patterns over random rows: the operator, fed in any batches and moved to another parallelism half-way, finds what a matcher finds
// that looks at each first row alone and tries everything.

type Step = Readonly<{ variable: string; letters: string; min: number; max: number | null; greedy: boolean }>;
type Skip = 'PAST LAST ROW' | 'TO NEXT ROW' | 'TO FIRST B' | 'TO LAST B';
type Found = Readonly<{ start: number; end: number; ofB: readonly number[] }>;

const names = ['A', 'B', 'C'];

const step = (index: number): fc.Arbitrary<Step> =>
  fc
    .record({
      letters: fc.subarray(['x', 'y', 'z'], { minLength: 1 }).map((list) => list.join('')),
      bounds: fc.constantFrom<readonly [number, number | null]>(
        [1, 1],
        [0, null],
        [1, null],
        [0, 1],
        [2, 2],
        [2, null],
        [1, 3],
        [0, 2],
      ),
      greedy: fc.boolean(),
    })
    .map(({ letters, bounds: [min, max], greedy }) => {
      const isOptional = min === 0 && max === 1;
      return { variable: names[index]!, letters, min, max, greedy: greedy || isOptional };
    });

const pattern = fc
  .tuple(step(0), step(1), step(2))
  .map(([a, b, c]) => [a, b, choice(c) ? { ...c, greedy: false } : c] as const)
  .filter((steps) => steps.some(({ min }) => min > 0));

/** Whether greed means something. */
function choice({ min, max, greedy }: Step): boolean {
  return greedy && min !== max && !(min === 0 && max === 1);
}

function textOf({ variable, min, max, greedy }: Step): string {
  if (min === 1 && max === 1) return variable;
  const isOptional = min === 0 && max === 1;
  return `${variable}{${min},${max ?? ''}}${greedy || isOptional ? '' : '?'}`;
}

/** The shortest match from a row; `open`: one may still come. */
type Outcome = Readonly<{ found: Found | null; open: boolean }>;

class Reference {
  readonly #steps: readonly Step[];
  readonly #rows: readonly (readonly [time: number, letter: string])[];
  readonly #withinMs: number;

  constructor(steps: readonly Step[], rows: readonly (readonly [number, string])[], withinMs: number) {
    this.#steps = steps;
    this.#rows = rows;
    this.#withinMs = withinMs;
  }

  from(start: number): Outcome {
    let runs: { step: number; count: number; ofB: number[] }[] = [{ step: 0, count: 0, ofB: [] }];
    for (let row = start; row < this.#rows.length; row++) {
      if (row > start && this.#rows[row]![0] - this.#rows[start]![0] >= this.#withinMs)
        return { found: null, open: false };
      const next: typeof runs = [];
      for (const run of runs) {
        for (const { step: at, count } of this.#reachable(run.step, run.count, row)) {
          if (!this.#mayTake(at, count, row)) continue;
          const ofB = this.#steps[at]!.variable === 'B' ? [...run.ofB, row] : run.ofB;
          next.push({ step: at, count: count + 1, ofB });
        }
      }
      const done = next.find((run) =>
        this.#reachable(run.step, run.count, row).some((at) => at.step === this.#steps.length),
      );
      if (done !== undefined) return { found: { start, end: row, ofB: done.ofB }, open: false };
      runs = next;
      if (runs.length === 0) return { found: null, open: false };
    }
    return { found: null, open: this.#withinMs === Infinity };
  }

  /** Where a run may stand before it takes the row: where it is, or any number of steps on. */
  #reachable(step: number, count: number, row: number): { step: number; count: number }[] {
    const own = this.#steps[step];
    if (own === undefined || count < own.min || !this.#isFree(step, count, row)) return [{ step, count }];
    return [{ step, count }, ...this.#reachable(step + 1, 0, row)];
  }

  #mayTake(step: number, count: number, row: number): boolean {
    const own = this.#steps[step];
    if (own === undefined || (own.max !== null && count >= own.max)) return false;
    return own.letters.includes(this.#rows[row]![1]) && this.#isFree(step, count, row);
  }

  /** A step that has not begun leaves alone what the greedy one before it would take. */
  #isFree(step: number, count: number, row: number): boolean {
    const before = this.#steps[step - 1];
    return count > 0 || before === undefined || !choice(before) || !before.letters.includes(this.#rows[row]![1]);
  }
}

function expectedMatches(reference: Reference, rowCount: number, skip: Skip): Found[] {
  const found: Found[] = [];
  let next = 0;
  for (let start = 0; start < rowCount; start++) {
    if (start < next) continue;
    const outcome = reference.from(start);
    if (outcome.open) return found; // a match that begins later waits for it
    if (outcome.found === null) continue;
    found.push(outcome.found);
    next = nextStart(outcome.found, skip);
  }
  return found;
}

function nextStart({ start, end, ofB }: Found, skip: Skip): number {
  if (skip === 'PAST LAST ROW') return end + 1;
  return skip === 'TO NEXT ROW' ? start + 1 : ofB.at(skip === 'TO FIRST B' ? 0 : -1)!;
}

/** Every match has a B, not as its first row, and there is one way to read it. */
function canSkipToB([a, b, c]: readonly [Step, Step, Step]): boolean {
  const others = a.letters + c.letters;
  return a.min > 0 && b.min > 0 && [...b.letters].every((letter) => !others.includes(letter));
}

const scenario = fc
  .record({
    steps: pattern,
    skip: fc.constantFrom<Skip>('PAST LAST ROW', 'TO NEXT ROW', 'TO FIRST B', 'TO LAST B'),
    withinMs: fc.constantFrom(Infinity, 2, 4, 6),
    keys: fc.array(
      fc.array(fc.record({ letter: fc.constantFrom('x', 'y', 'z'), gap: fc.integer({ min: 0, max: 2 }) }), {
        maxLength: 14,
      }),
      { minLength: 1, maxLength: 3 },
    ),
    order: fc.infiniteStream(fc.nat(1_000_000)),
    batch: fc.integer({ min: 1, max: 7 }),
    moves: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }),
  })
  .map((given) =>
    /B/.test(given.skip) && !canSkipToB(given.steps) ? { ...given, skip: 'PAST LAST ROW' as Skip } : given,
  );

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

async function found({ steps, skip, withinMs, batch, moves }: Scenario, rows: readonly Row[]): Promise<Row[]> {
  const define = steps.map(
    ({ variable, letters }) => `${variable} AS ${variable}.letter IN (${[...letters].map((l) => `'${l}'`)})`,
  );
  const within = withinMs === Infinity ? '' : `WITHIN INTERVAL '0.00${withinMs}' SECOND`;
  const spec =
    await matchSpec(`CREATE TABLE t (k STRING, id INT, letter STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka');
    SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts, id MEASURES FIRST(id) AS f, LAST(id) AS l
      AFTER MATCH SKIP ${skip} PATTERN (${steps.map(textOf).join(' ')}) ${within} DEFINE ${define.join(', ')});`);
  const subtasks = new MatchSubtasks(spec, 2);
  const places = spec.inputFields.map(({ name }) => ['k', 'id', 'letter', 'ts'].indexOf(name));
  const results: Row[] = [];
  const plan = [...moves];
  for (let from = 0; from < rows.length; from += batch) {
    subtasks.rows(rows.slice(from, from + batch).map((row) => places.map((place) => row[place])));
    const left = rows.slice(from + batch).map((row) => row[3] as number);
    subtasks.watermark(Math.min(...left, 1000) - 1);
    const move = plan.shift();
    if (move !== undefined) results.push(...subtasks.rescale(move));
  }
  subtasks.watermark(Infinity);
  return [...results, ...subtasks.takeRows()];
}

describe('MATCH_RECOGNIZE', () => {
  it('finds what a naive matcher finds, in any batches, before and after a move', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const rows: Row[] = given.keys.flatMap((letters, key) => {
          let time = 0;
          return letters.map(({ letter, gap }, id) => {
            time += gap;
            return [`k${key}`, id, letter, time];
          });
        });
        const shuffled = rows
          .map((row) => [given.order.next().value, row] as const)
          .sort((a, b) => (a[0]! as number) - (b[0]! as number));
        const actual = await found(
          given,
          shuffled.map(([, row]) => row),
        );
        const expected = given.keys.flatMap((_, key) => {
          const own = rows
            .filter((row) => row[0] === `k${key}`)
            .map((row) => [row[3] as number, row[2] as string] as const);
          const reference = new Reference(given.steps, own, given.withinMs);
          return expectedMatches(reference, own.length, given.skip).map(({ start, end }) => [`k${key}`, start, end]);
        });
        for (const [key] of given.keys.entries()) {
          const of = (list: readonly Row[]): Row[] => list.filter(([name]) => name === `k${key}`);
          expect(of(actual)).toEqual(of(expected));
        }
      }),
      { numRuns: 300 },
    );
  });
});
