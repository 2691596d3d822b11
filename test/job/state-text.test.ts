import { describe, expect, it } from 'vitest';
import { stateText } from '../../src/job/state-text.ts';
import { graphOf } from '../support/changed-query.ts';

const ttl = "SET 'table.exec.state.ttl' = '1 h';";
const tumble = "SELECT * FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ts), INTERVAL '1' MINUTE))";
const ranked = 'SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM';

const cases: readonly (readonly [query: string, state: readonly string[]])[] = [
  ['SELECT v FROM o WHERE v > 1', []],
  ['SELECT COUNT(*) FROM o', ['accumulators, one row']],
  ['SELECT k, COUNT(*) FROM o GROUP BY k', ['accumulators, a row for each key; for ever']],
  [`${ttl} SELECT DISTINCT k FROM o`, ['accumulators, a row for each key; forgotten 1 h after it was written']],
  ['SELECT v, w FROM o JOIN p ON o.id = p.id', ['every row of both sides, by the key; for ever']],
  ['SELECT k FROM o INTERSECT ALL SELECT k FROM p', ['how often each side has a row; for ever']],
  [`SELECT k FROM (${ranked} o) WHERE n < 3`, ['the first rows of each partition; for ever']],
  [
    `SELECT k FROM (${ranked} (SELECT k, r, SUM(v) AS v FROM o GROUP BY k, r)) WHERE n < 3`,
    ['accumulators, a row for each key; for ever', 'every row of each partition; for ever'],
  ],
  ['SELECT SUM(v) OVER (PARTITION BY k ORDER BY ts) FROM o', ['accumulators; for ever']],
  ['SELECT v FROM o ORDER BY ts', ['rows until the watermark has passed them']],
  [
    `SELECT a.v FROM (${tumble}) a JOIN (${tumble}) b ON a.id = b.id AND a.window_start = b.window_start AND a.window_end = b.window_end`,
    ['rows of both sides, until the watermark has passed their window'],
  ],
];

describe('the state of operators', () => {
  it.each(cases)('%s', async (query, expected) => {
    const specs = (await graphOf(query)).vertices.flatMap(({ nodes }) => nodes.map(({ spec }) => spec));
    const operators = specs.filter((spec) => spec.kind !== 'source' && spec.kind !== 'sink' && spec.kind !== 'values');
    expect(operators.map(stateText).filter((text) => text !== null)).toEqual(expected);
  });
});
