// Queries over windows of time.
import type { Feature, Writer } from './writer.ts';

function windowFunction(w: Writer, table = 't'): string {
  const { random, world } = w;
  const size = random.pick([2, 5, 10, 24, 30]);
  const whole = world.unit !== 'SECOND' && random.chance(0.3) ? "INTERVAL '1' DAY" : w.span(size);
  const negative = `INTERVAL '-1' ${world.unit}`;
  const offset = random.chance(0.3) ? `, ${random.chance(0.2) ? negative : w.span(1, size - 1)}` : '';
  const head = `TABLE ${table}, DESCRIPTOR(et), `;
  switch (random.pick(['tumble', 'hop', 'cumulate'])) {
    case 'tumble':
      return `TUMBLE(${head}${whole}${offset})`;
    case 'hop':
      return `HOP(${head}${w.span(size)}, ${w.span(size * random.between(1, 3))}${offset})`;
    default:
      return `CUMULATE(${head}${w.span(size)}, ${w.span(size * random.between(2, 3))}${offset})`;
  }
}

function legacyWindow(w: Writer): readonly [name: string, args: string] {
  return w.random.pick([
    ['TUMBLE', w.span(1, 9)],
    ['TUMBLE', "INTERVAL '1' DAY"],
    ['HOP', `${w.span(2)}, ${w.span(6)}`],
    ['SESSION', w.span(1, 4)],
  ] as const);
}

const grouped = 'GROUP BY window_start, window_end';

const tumbled = (w: Writer, table: string, size: number): string =>
  `TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(et), ${w.span(size)}))`;

const durations = { SECOND: 's', MINUTE: 'min', HOUR: 'h' } as const;

/** Late rows are taken for so long, and give a result at once. */
function lateFiring(w: Writer): string[] {
  const lateness = `${w.random.pick([1, 3, 10])} ${durations[w.world.unit]}`;
  return [
    "SET 'table.exec.emit.late-fire.enabled' = 'true'",
    "SET 'table.exec.emit.late-fire.delay' = '0 s'",
    `SET 'table.exec.emit.allow-lateness' = '${lateness}'`,
  ];
}

function cascade(w: Writer): string | readonly string[] {
  const lower = `SELECT k, window_start, window_end, window_time AS et, COUNT(*) AS n, MAX(i) AS mx FROM TABLE(${windowFunction(w)}) GROUP BY k, window_start, window_end, window_time`;
  const results = 'window_start, window_end, SUM(n) AS s1, MAX(mx) AS x1, COUNT(*) AS n1';
  if (w.random.chance(0.4)) return `SELECT ${results} FROM (${lower}) ${grouped}`;
  return [
    `CREATE TEMPORARY VIEW x AS SELECT k, et, n, mx FROM (${lower})`,
    `SELECT ${results} FROM TABLE(${windowFunction(w, 'x')}) ${grouped}`,
  ];
}

function windowJoin(w: Writer): string {
  const size = w.random.pick([2, 5, 10]);
  const kind = w.random.pick([w.join(), w.join(), 'EXISTS', 'NOT EXISTS']);
  const on = 'x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end';
  const [left, right] = [`(SELECT * FROM ${tumbled(w, 't', size)})`, `(SELECT * FROM ${tumbled(w, 'u', size)})`];
  if (kind.endsWith('EXISTS')) {
    return `SELECT id, k, window_start FROM ${left} x WHERE ${kind} (SELECT * FROM ${right} y WHERE ${on})`;
  }
  return `SELECT x.id AS xid, y.id AS yid, COALESCE(x.window_start, y.window_start) AS ws FROM ${left} x ${kind} ${right} y ON ${on}${w.fill('{ AND x.i < y.i|}')}`;
}

export const windowQueries = {
  window: {
    make: (w) => {
      const keys = w.random.pick(['', 'k, ', 'k, b, ', 'i, ', 'k, a, ', 'r, ']);
      return `SELECT ${keys}window_start, window_end, ${w.aggregates('any order')} FROM TABLE(${windowFunction(w)})${w.where()} GROUP BY ${keys}window_start, window_end${w.having()}`;
    },
  },
  session: {
    make: (w) => {
      const keys = w.random.pick(['', 'k', 'k, b']);
      const partition = keys === '' ? '' : ` PARTITION BY (${keys})`;
      const key = keys === '' ? '' : `${keys}, `;
      const session = `SESSION(TABLE t${partition}, DESCRIPTOR(et), ${w.span(w.random.pick([1, 2, 4]))})`;
      return `SELECT ${key}window_start, window_end, ${w.aggregates('any order')} FROM TABLE(${session}) GROUP BY ${key}window_start, window_end${w.having()}`;
    },
  },
  window_time: {
    make: (w) =>
      `SELECT window_time, DATE_FORMAT(window_start, 'yyyy-MM-dd HH:mm') AS ws, CAST(window_end AS STRING) AS we, ${w.aggregates('any order')} FROM TABLE(${windowFunction(w)}) ${grouped}, window_time`,
  },
  window_rows: {
    make: (w) => `SELECT id, window_start, window_end, ${w.select(2)} FROM TABLE(${windowFunction(w)})${w.where()}`,
  },
  window_sets: {
    make: (w) => {
      const id = w.fill('{GROUPING(k) AS g, |GROUPING_ID(k, b) AS g, |}');
      const sets = w.fill('{GROUPING SETS ((k), (b), ())|ROLLUP (k, b)|CUBE (k, b)|GROUPING SETS ((k, b), (k))}');
      return `SELECT k, b, window_start, window_end, ${id}${w.aggregates('any order')} FROM TABLE(${windowFunction(w)}) ${grouped}, ${sets}`;
    },
  },
  cascade: { make: cascade },
  window_top_n: {
    make: (w) =>
      w.fill(
        `SELECT window_start, window_end, k, val{, rn|} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY val {DESC|ASC}, k) AS rn FROM (SELECT window_start, window_end, k, {SUM(i)|COUNT(*)|MAX(d)|AVG(dc)} AS val FROM TABLE(${windowFunction(w)}) ${grouped}, k)) WHERE rn <= {1..3}`,
      ),
  },
  window_top_n_of_rows: {
    make: (w) =>
      w.fill(
        `SELECT window_start, window_end, id, k, i{, rn|} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end{, k|} ORDER BY {i|d|s} {DESC|ASC}, id) AS rn FROM TABLE(${windowFunction(w)})) WHERE rn <= {1..3}`,
      ),
  },
  window_dedup: {
    make: (w) =>
      w.fill(
        `SELECT window_start, window_end, id, k FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY et {DESC|ASC}) AS rn FROM TABLE(${windowFunction(w)})) WHERE rn = 1`,
      ),
  },
  window_join: { inputs: 'several', make: windowJoin },
  window_join_of_groups: {
    inputs: 'several',
    make: (w) => {
      const side = (table: string): string =>
        `(SELECT k, window_start, window_end, COUNT(*) AS n FROM ${tumbled(w, table, 5)} ${grouped}, k)`;
      return `SELECT x.k AS xk, y.k AS yk, x.n AS xn, y.n AS yn FROM ${side('t')} x ${w.join()} ${side('u')} y ON x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end`;
    },
  },
  union_windows: {
    inputs: 'several',
    make: (w) =>
      `SELECT k, window_start, COUNT(*) AS n FROM ${tumbled(w, 't', 5)} ${grouped}, k UNION ALL SELECT k, window_start, SUM(i) FROM TABLE(${windowFunction(w, 'u')}) ${grouped}, k`,
  },
  window_of_union: {
    inputs: 'several',
    make: (w) => [
      'CREATE TEMPORARY VIEW x AS SELECT k, i, et FROM t UNION ALL SELECT k, i, et FROM u',
      `SELECT k, window_start, window_end, COUNT(*) AS n, SUM(i) AS s1 FROM TABLE(${windowFunction(w, 'x')}) ${grouped}, k`,
    ],
  },
  window_of_changes: {
    make: (w) =>
      `SELECT window_start, window_end, ${w.aggregates('any order')} FROM TABLE(${windowFunction(w, 'w')}) ${grouped}`,
  },
  named_arguments: {
    make: (w) => {
      const call = w.random.pick([
        `TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(et), SIZE => ${w.span(1, 9)})`,
        `HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(et), SLIDE => ${w.span(2)}, SIZE => ${w.span(6)})`,
        `CUMULATE(DATA => TABLE t, TIMECOL => DESCRIPTOR(et), STEP => ${w.span(2)}, SIZE => ${w.span(6)})`,
        `SESSION(DATA => TABLE t PARTITION BY k, TIMECOL => DESCRIPTOR(et), GAP => ${w.span(2)})`,
      ]);
      return `SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(${call}) ${grouped}${call.startsWith('SESSION') ? ', k' : ''}`;
    },
  },
  legacy_window: {
    make: (w) => {
      const [name, args] = legacyWindow(w);
      const key = w.random.pick(['k, ', 'b, ', '']);
      return `SELECT ${key}${name}_START(et, ${args}) AS ws, ${name}_END(et, ${args}) AS we, ${w.aggregates('any order')} FROM t${w.where()} GROUP BY ${key}${name}(et, ${args})${w.having()}`;
    },
  },
  legacy_cascade: {
    make: (w) => {
      const [size, more] = [w.span(2), w.span(6)];
      return `SELECT TUMBLE_START(rt, ${more}) AS ws, SUM(n) AS s1, COUNT(*) AS c1 FROM (SELECT k, TUMBLE_ROWTIME(et, ${size}) AS rt, COUNT(*) AS n FROM t GROUP BY k, TUMBLE(et, ${size})) GROUP BY TUMBLE(rt, ${more})`;
    },
  },
  legacy_lateness: {
    make: (w) => {
      const [name, args] = legacyWindow(w);
      const query = `SELECT k, ${name}_START(et, ${args}) AS ws, ${w.aggregates('any order')} FROM t GROUP BY k, ${name}(et, ${args})`;
      return [...lateFiring(w), query];
    },
  },
} satisfies Record<string, Feature>;
