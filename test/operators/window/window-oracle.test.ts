import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StringPool } from '../../../src/model/string-pool.ts';
import { batchOfRows, type Row } from '../../support/operator-harness.ts';
import { readWindowCase, type WindowCase } from '../../support/window-case.ts';
import { WindowPipeline } from '../../support/window-pipeline.ts';

// Rows of a real Flink (test/oracle/README.md), from the two halves of a windowed aggregation alone.

const cases = resolve(import.meta.dirname, '../../oracle/cases');

function run(
  { job, rows, watermarks }: WindowCase,
  batchSize: number,
  globals: number,
  strings: 'codes' | 'bytes',
): Row[] {
  const pool = new StringPool();
  const pipeline = new WindowPipeline(job, { locals: 1, globals }, pool);
  for (let from = 0; from < rows.length; from += batchSize) {
    const batch = batchOfRows(job.inputFields, rows.slice(from, from + batchSize), { pool, strings });
    pipeline.batch({ ...batch, watermarks: Float64Array.from(watermarks.slice(from, from + batchSize)) });
  }
  pipeline.watermark(Infinity);
  return pipeline.takeRows();
}

/** Doubles to nine digits; the window time only where the query asks for it. */
function comparable(rows: readonly Row[], hasWindowTime: boolean): string[] {
  const text = (value: unknown): string =>
    typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(9) : String(value);
  return rows
    .map((row) =>
      row
        .slice(0, hasWindowTime ? undefined : -1)
        .map(text)
        .join(' | '),
    )
    .sort();
}

describe('the rows of Flink', () => {
  it.each([
    'tumble_basic',
    'tumble_edge',
    'tumble_late_dropped',
    'tumble_negative_ts',
    'tumble_offset_pos',
    'tumble_window_time',
    'tumble_wm_zero_delay',
    'hop_edge',
    'hop_negative_ts',
    'hop_offset',
    'hop_distinct',
    'cumulate_edge_late',
    'cumulate_offset',
    'agg_int_overflow',
    'agg_types',
    'nulls_keys_aggs',
    'filter_clause',
    'rand_tumble_offset_two_phase',
    'rand_cumulate',
    'tz_hour_autumn_paris',
    'tz_2hour_autumn_paris',
    'tz_hop_autumn_ny',
    'tz_hour_kolkata_cast',
  ])('%s', (name) => {
    const oracle = readWindowCase(resolve(cases, name));
    const hasWindowTime = oracle.expected.every((row) => row.at(-1) !== null);
    const expected = comparable(oracle.expected, hasWindowTime);
    expect(expected.length).toBeGreaterThan(0);
    expect(comparable(run(oracle, 1000, 1, 'codes'), hasWindowTime)).toEqual(expected);
    expect(comparable(run(oracle, 7, 3, 'bytes'), hasWindowTime)).toEqual(expected);
  });

  it('but not where it loses them: FLINK-38075', () => {
    const faulty = readWindowCase(resolve(cases, 'bug_tz_hour_kolkata'));
    const right = readWindowCase(resolve(cases, 'tz_hour_kolkata_cast'));
    expect(comparable(run(faulty, 100, 2, 'codes'), false)).toEqual(comparable(right.expected, false));
  });
});
