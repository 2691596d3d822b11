import { describe, expect, it } from 'vitest';
import { inputsOf, type PlanNode } from '../../src/model/plan.ts';
import { changelogOf, isInsertOnly } from '../../src/sql/planner/changelog.ts';
import { pipelinesOf } from '../support/sql-session.ts';

// Which plans windows become: by the kinds of their nodes, the last of the stream first.

const tables = `
CREATE TABLE t (k STRING, v INT, et TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR et AS et - INTERVAL '1' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE c (k STRING, v INT, et TIMESTAMP(3), WATERMARK FOR et AS et) WITH ('connector' = 'kafka', 'format' = 'debezium-json');
CREATE VIEW w AS SELECT window_start, window_end, window_time AS wt, k, SUM(v) AS s
  FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(et), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time, k;
CREATE VIEW cdc AS SELECT * FROM TABLE(TUMBLE(TABLE c, DESCRIPTOR(et), INTERVAL '10' SECOND));
CREATE VIEW pw AS SELECT window_start, window_end, k, SUM(v) AS s
  FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(p), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k;
`;

async function planOf(query: string): Promise<PlanNode> {
  const [pipeline] = await pipelinesOf(`${tables}${query}`);
  return pipeline!.input;
}

const plain = new Set<PlanNode['kind']>(['calc', 'scan', 'watermark']);

function nodesOf(node: PlanNode): PlanNode[] {
  return [...(plain.has(node.kind) ? [] : [node]), ...inputsOf(node).flatMap(nodesOf)];
}

async function kindsOf(query: string): Promise<string> {
  return nodesOf(await planOf(query))
    .map((node) => (node.kind === 'window_aggregate' && node.attached !== null ? 'attached_aggregate' : node.kind))
    .join(' ');
}

const session = (partition: string, keys: string, what = 'COUNT(*)'): string =>
  `SELECT window_start, window_end, ${what} FROM TABLE(SESSION(TABLE t ${partition} DESCRIPTOR(et), INTERVAL '5' SECOND)) GROUP BY window_start, window_end${keys}`;

describe('windows', () => {
  it.each([
    ['sessions of all rows', session(',', ''), 'window_aggregate'],
    ['sessions by their keys', session('PARTITION BY k,', ', k'), 'window_aggregate'],
    ['sessions by fewer keys', session('PARTITION BY k,', ''), 'group_aggregate window'],
    ['sessions by more keys', session('PARTITION BY k,', ', k, v'), 'group_aggregate window'],
    [
      'sessions whose bounds are aggregated',
      session('PARTITION BY k,', ', k', 'MAX(window_start)'),
      'attached_aggregate window',
    ],
    [
      'windows of windows',
      'SELECT window_start, window_end, MAX(s) FROM w GROUP BY window_start, window_end',
      'attached_aggregate window_aggregate',
    ],
    [
      'windows of window_time',
      "SELECT window_start, window_end, MAX(s) FROM TABLE(TUMBLE(TABLE w0, DESCRIPTOR(wt), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end".replace(
        'TABLE w0',
        '(SELECT wt, s FROM w)',
      ),
      'window_aggregate window_aggregate',
    ],
    [
      'bounds that WHERE asks for',
      "SELECT window_start, window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(et), INTERVAL '1' MINUTE)) WHERE window_start > TIMESTAMP '2026-01-01 00:00:00' GROUP BY window_start, window_end",
      'attached_aggregate window',
    ],
    ['a start alone', 'SELECT window_start, MAX(s) FROM w GROUP BY window_start', 'group_aggregate window_aggregate'],
    ['windows of processing time', 'SELECT k, s FROM pw', 'window_aggregate'],
    [
      'windows of windows of processing time',
      'SELECT window_start, window_end, MAX(s) FROM pw GROUP BY window_start, window_end',
      'group_aggregate window_aggregate',
    ],
    [
      'a join of windows',
      'SELECT a.s FROM w a JOIN w b ON a.window_start = b.window_start AND b.window_end = a.window_end AND a.k = b.k',
      'window_join window_aggregate window_aggregate',
    ],
    [
      'a join of ends alone',
      'SELECT a.s FROM w a JOIN w b ON a.window_end = b.window_end AND a.k = b.k',
      'join window_aggregate window_aggregate',
    ],
    [
      'a join of windows of processing time',
      'SELECT a.s FROM pw a JOIN pw b ON a.window_start = b.window_start AND b.window_end = a.window_end',
      'join window_aggregate window_aggregate',
    ],
    [
      'a join of windows of rows that change',
      'SELECT a.v FROM cdc a JOIN w b ON a.window_start = b.window_start AND b.window_end = a.window_end',
      'join window window_aggregate',
    ],
    [
      'an aggregation of joined windows',
      'SELECT a.window_start, a.window_end, COUNT(*) FROM w a JOIN w b ON a.window_start = b.window_start AND b.window_end = a.window_end GROUP BY a.window_start, a.window_end',
      'attached_aggregate window_join window_aggregate window_aggregate',
    ],
    [
      'windows behind a regular join',
      'SELECT window_start, window_end, COUNT(*) FROM w LEFT JOIN t ON w.k = t.k GROUP BY window_start, window_end',
      'group_aggregate join window_aggregate',
    ],
    [
      'windows behind a Top-N of all time',
      'SELECT window_start, window_end, COUNT(*) FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY s) AS rn FROM w) WHERE rn <= 2 GROUP BY window_start, window_end',
      'group_aggregate rank window_aggregate',
    ],
    [
      'bounds that an outer join leaves out',
      'SELECT b.window_start, b.window_end, COUNT(*) FROM w a LEFT JOIN w b ON a.window_start = b.window_start AND b.window_end = a.window_end GROUP BY b.window_start, b.window_end',
      'group_aggregate window_join window_aggregate window_aggregate',
    ],
    [
      'windows of GROUP BY TUMBLE',
      "SELECT a, b, MAX(n) FROM (SELECT TUMBLE_START(et, INTERVAL '1' MINUTE) AS a, TUMBLE_END(et, INTERVAL '1' MINUTE) AS b, COUNT(*) AS n FROM t GROUP BY TUMBLE(et, INTERVAL '1' MINUTE), k) GROUP BY a, b",
      'group_aggregate window_aggregate',
    ],
  ])('%s', async (_, query, expected) => expect(await kindsOf(query)).toBe(expected));

  it.each([
    'SELECT window_start, window_end, SUM(v) FROM cdc GROUP BY window_start, window_end',
    "SELECT window_start, window_end, k, SUM(v) FROM SESSION(TABLE c PARTITION BY k, DESCRIPTOR(et), INTERVAL '5' SECOND) GROUP BY window_start, window_end, k",
    "SELECT SUM(v) FROM c GROUP BY SESSION(et, INTERVAL '5' SECOND)",
  ])('of rows that change give one row each: %s', async (query) => {
    const plan = await planOf(query);
    expect(nodesOf(plan).map(({ kind }) => kind)).toEqual(['window_aggregate']);
    expect(isInsertOnly(changelogOf(plan))).toBe(true);
  });
});

describe('early and late results', () => {
  const legacy = "SELECT k, COUNT(*) FROM t GROUP BY k, TUMBLE(et, INTERVAL '10' SECOND)";
  const set = (...settings: readonly string[]): string =>
    settings.map((setting) => `SET 'table.exec.emit.${setting.replace('=', "'='")}';`).join('\n');

  it.each([
    { settings: [], emit: null },
    { settings: ['allow-lateness=10 s'], emit: null },
    {
      settings: ['late-fire.enabled=true', 'late-fire.delay=1 s', 'allow-lateness=10 s'],
      emit: { earlyFireMs: null, lateFireMs: 1000, allowedLatenessMs: 10_000 },
    },
    {
      settings: ['early-fire.enabled=true', 'early-fire.delay=0 s', 'allow-lateness=10 s'],
      emit: { earlyFireMs: 0, lateFireMs: null, allowedLatenessMs: 0 },
    },
  ])('$settings', async ({ settings, emit }) => {
    const plan = await planOf(`${set(...settings)}${legacy}`);
    expect(nodesOf(plan)[0]).toMatchObject({ kind: 'window_aggregate', emit });
    expect(changelogOf(plan).update).toBe(emit !== null);
  });

  it.each([
    { settings: ['late-fire.enabled=true', 'late-fire.delay=0 s'], query: legacy, message: /allow-lateness/ },
    { settings: ['early-fire.enabled=true'], query: legacy, message: /early-fire\.delay/ },
    {
      settings: ['late-fire.enabled=true', 'late-fire.delay=20 s', 'allow-lateness=10 s'],
      query: legacy,
      message: /20000 ms.*within.*10000 ms/,
    },
    {
      settings: ['early-fire.enabled=true', 'early-fire.delay=0 s'],
      query: "SELECT k, COUNT(*) FROM t GROUP BY k, SESSION(et, INTERVAL '10' SECOND)",
      message: /SESSION/,
    },
    {
      settings: ['early-fire.enabled=true', 'early-fire.delay=0 s'],
      query: 'SELECT s FROM w',
      message: /early-fire\.enabled' for windows of table functions/,
    },
  ])('$settings is refused: $message', async ({ settings, query, message }) => {
    await expect(planOf(`${set(...settings)}${query}`)).rejects.toThrow(message);
  });
});
