import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AggregateCall, WindowDefinition } from '../../src/model/plan.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type Field, types } from '../../src/model/types.ts';
import { batchOfRows, type ColumnForm, type Row } from '../support/operator-harness.ts';
import { type ModelEvent, type ModelResult, type ModelRow, modelWindows } from '../support/window-model.ts';
import { type WindowJob, WindowPipeline } from '../support/window-pipeline.ts';

// Whatever the batches, the subtasks, the form of the columns and the moment of a restore: the rows, and what is late, are the model's.

type SlicedDefinition = Exclude<WindowDefinition, { kind: 'session' }>;

const bigint = types.of('bigint');
const inputFields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'rowtime', type: types.timestamp(3) },
  { name: 'v', type: bigint },
];
const call = (name: string, args: readonly number[]): AggregateCall => ({
  name,
  args,
  distinct: false,
  filter: null,
  type: name === 'COUNT' ? types.of('bigint', false) : bigint,
});
const aggregates = [call('COUNT', []), call('COUNT', [2]), call('SUM', [2]), call('MIN', [2]), call('MAX', [2])];

function jobOf(window: WindowDefinition, timeZone: string | null = null): WindowJob {
  const type = timeZone === null ? types.timestamp(3) : types.timestampLtz(3);
  const fields = inputFields.map((field, i) => (i === 1 ? { ...field, type } : field));
  return { window, time: { column: 1, type, timeZone }, keys: [0], aggregates, inputFields: fields };
}

const plain = (value: bigint | null): unknown =>
  value !== null && Number.isSafeInteger(Number(value)) ? Number(value) : value;

/** The model's windows as the pipeline's rows. */
function expectedRows({ windows }: ModelResult): Row[] {
  return windows.map(({ key, start, end, values }) => {
    const known = values.filter((value) => value !== null).map(BigInt);
    const least = known.reduce<bigint | null>((a, b) => (a === null || b < a ? b : a), null);
    const largest = known.reduce<bigint | null>((a, b) => (a === null || b > a ? b : a), null);
    const sum =
      known.length === 0
        ? null
        : BigInt.asIntN(
            64,
            known.reduce((a, b) => a + b, 0n),
          );
    return [key, values.length, known.length, plain(sum), plain(least), plain(largest), start, end];
  });
}

function sorted(rows: readonly Row[]): string[] {
  return rows.map((row) => row.slice(0, 8).map(String).join('|')).sort();
}

const definition: fc.Arbitrary<SlicedDefinition> = fc
  .record({
    kind: fc.constantFrom('tumble', 'hop', 'cumulate'),
    part: fc.integer({ min: 1, max: 7 }),
    parts: fc.integer({ min: 1, max: 4 }),
    offset: fc.integer({ min: -6, max: 6 }),
  })
  .map(({ kind, part, parts, offset: offsetMs }): SlicedDefinition => {
    const sizeMs = part * parts;
    if (kind === 'tumble') return { kind, sizeMs, offsetMs };
    return kind === 'hop' ? { kind, sizeMs, slideMs: part, offsetMs } : { kind, sizeMs, stepMs: part, offsetMs };
  });

const value = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -50, max: 50 }),
  fc.constantFrom(2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 52 + 1),
);
const modelRow: fc.Arbitrary<ModelRow> = fc.record({
  key: fc.constantFrom('a', 'b', '', null),
  time: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: -15, max: 15 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  value,
});
const event: fc.Arbitrary<ModelEvent> = fc.oneof(
  { weight: 7, arbitrary: modelRow.map((row) => ({ kind: 'row', row }) as const) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: -20, max: 20 }).map((watermark) => ({ kind: 'watermark', watermark }) as const),
  },
);
const events = fc
  .array(event, { maxLength: 60 })
  .map((list): ModelEvent[] => [...list, { kind: 'watermark', watermark: Infinity }]);

/** The form of each batch in turn. */
type Forms = readonly Omit<ColumnForm, 'pool'>[];
const forms: fc.Arbitrary<Forms> = fc.array(
  fc.record({ strings: fc.constantFrom('codes', 'bytes'), wide: fc.constantFrom(false, false, true) }),
  { minLength: 1, maxLength: 3 },
);

type FormOf = () => ColumnForm;

function inTurn(list: Forms, pool: StringPool): FormOf {
  let next = 0;
  return () => ({ ...list[next++ % list.length]!, pool });
}

const toRow = ({ key, time, value: v }: ModelRow): Row => [key, time, v];

/** Rows between two watermarks as batches of `size`, dealt to the local subtasks in turn; watermarks as elements to all of them. */
function feed(pipeline: WindowPipeline, job: WindowJob, list: readonly ModelEvent[], size: number, form: FormOf): void {
  let rows: Row[] = [];
  let local = 0;
  const send = (): void => {
    if (rows.length > 0) pipeline.batch(batchOfRows(job.inputFields, rows, form()), local++ % pipeline.locals.length);
    rows = [];
  };
  for (const element of list) {
    if (element.kind === 'row') rows.push(toRow(element.row));
    if (element.kind === 'watermark' || rows.length === size) send();
    if (element.kind === 'watermark') pipeline.watermark(element.watermark);
  }
  send();
}

/** Batches over any number of watermarks, which stand in the batch before each row, and follow it. */
function feedWithColumn(
  pipeline: WindowPipeline,
  job: WindowJob,
  list: readonly ModelEvent[],
  size: number,
  form: FormOf,
): void {
  let rows: Row[] = [];
  let marks: number[] = [];
  let watermark = -Infinity;
  const send = (): void => {
    const batch = batchOfRows(job.inputFields, rows, form());
    pipeline.batch({ ...batch, watermarks: Float64Array.from(marks) });
    if (watermark > -Infinity) pipeline.watermark(watermark);
    [rows, marks] = [[], []];
  };
  for (const element of list) {
    if (element.kind === 'watermark') watermark = Math.max(watermark, element.watermark);
    else {
      rows.push(toRow(element.row));
      marks.push(watermark);
      if (rows.length === size) send();
    }
  }
  send();
}

function check(pipeline: WindowPipeline, model: ModelResult): void {
  expect(sorted(pipeline.takeRows())).toEqual(sorted(expectedRows(model)));
  expect(pipeline.count('lateRecords')).toBe(model.late);
  expect(pipeline.count('nullRowtimes')).toBe(model.nullRowtimes);
}

const parallelism = fc.record({ locals: fc.integer({ min: 1, max: 3 }), globals: fc.integer({ min: 1, max: 3 }) });
const size = fc.integer({ min: 1, max: 20 });

describe('a windowed aggregation', () => {
  it('gives the rows of the model, at any parallelism', () => {
    fc.assert(
      fc.property(definition, events, size, forms, parallelism, (window, list, batchSize, form: Forms, subtasks) => {
        const pool = new StringPool();
        const job = jobOf(window);
        const pipeline = new WindowPipeline(job, subtasks, pool);
        feed(pipeline, job, list, batchSize, inTurn(form, pool));
        check(pipeline, modelWindows(window, list));
      }),
      { numRuns: 100 },
    );
  });

  it('sees before each row exactly the watermark that stands beside it', () => {
    fc.assert(
      fc.property(
        definition,
        events,
        size,
        forms,
        fc.integer({ min: 1, max: 3 }),
        (window, list, batchSize, form: Forms, globals) => {
          const pool = new StringPool();
          const job = jobOf(window);
          const pipeline = new WindowPipeline(job, { locals: 1, globals }, pool);
          feedWithColumn(pipeline, job, list, batchSize, inTurn(form, pool));
          check(pipeline, modelWindows(window, list));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('goes on from a snapshot at another parallelism, whatever happened after the snapshot', () => {
    const after = fc.record({ locals: fc.integer({ min: 1, max: 2 }), globals: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(
        definition,
        events,
        size,
        forms,
        parallelism,
        after,
        fc.nat(),
        (window, list, batchSize, form: Forms, subtasks, later, cut) => {
          const pool = new StringPool();
          const job = jobOf(window);
          const at = cut % list.length;
          const pipeline = new WindowPipeline(job, subtasks, pool);
          feed(pipeline, job, list.slice(0, at), batchSize, inTurn(form, pool));
          const snapshot = pipeline.snapshot();
          const before = pipeline.takeRows();
          const lateBefore = pipeline.count('lateRecords');
          feed(pipeline, job, list.slice(at), batchSize, inTurn(form, pool));
          const chunks = snapshot.chunks();
          snapshot.done();

          const restored = new WindowPipeline(job, later, pool);
          restored.restore(chunks);
          feed(restored, job, list.slice(at), batchSize, inTurn(form, pool));
          const rows = restored.takeRows();
          expect(sorted(rows)).toEqual(sorted(pipeline.takeRows()));
          expect(sorted([...before, ...rows])).toEqual(sorted(expectedRows(modelWindows(window, list))));
          expect(lateBefore + restored.count('lateRecords')).toBe(modelWindows(window, list).late);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('keeps to local time where clocks are put forward and back', () => {
    const hour = 3_600_000;
    const nights = ['2026-03-29T00:00:00Z', '2026-10-25T00:00:00Z'].map((text) => Date.parse(text));
    const halfHours = fc.integer({ min: -4, max: 6 });
    const kind = fc.constantFrom('row', 'row', 'watermark', 'just before');
    const element = ({ kind, at }: { kind: string; at: number }): ModelEvent =>
      kind === 'row'
        ? { kind, row: { key: 'a', time: at, value: 1 } }
        : { kind: 'watermark', watermark: kind === 'watermark' ? at : at - 1 };
    const windows: readonly SlicedDefinition[] = [
      { kind: 'tumble', sizeMs: hour, offsetMs: 0 },
      { kind: 'hop', sizeMs: 2 * hour, slideMs: hour / 2, offsetMs: 0 },
      { kind: 'cumulate', sizeMs: 24 * hour, stepMs: hour, offsetMs: 0 },
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...windows),
        fc.array(fc.record({ kind, halfHours }), { maxLength: 12 }),
        fc.constantFrom(...nights),
        fc.constantFrom('Europe/Paris', 'Asia/Kolkata'),
        size,
        (window, steps, night, zone, batchSize) => {
          const list = steps.map((step) => element({ kind: step.kind, at: night + (step.halfHours * hour) / 2 }));
          const pool = new StringPool();
          const job = jobOf(window, zone);
          const all: ModelEvent[] = [...list, { kind: 'watermark', watermark: Infinity }];
          const pipeline = new WindowPipeline(job, { locals: 1, globals: 1 }, pool);
          feedWithColumn(pipeline, job, all, batchSize, inTurn([{}], pool));
          check(pipeline, modelWindows(window, all, zone));
        },
      ),
      { numRuns: 100 },
    );
  });
});
