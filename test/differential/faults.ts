// Where a real Flink is wrong and is not imitated: docs/flink-differences.md has the reasons.
import type { GeneratedQuery } from './queries.ts';

const faults: Readonly<Record<string, (sql: string, query: GeneratedQuery) => boolean>> = {
  'Top-1 of an ascending order is taken for a stream of inserts: what is replaced is never taken back': (sql) =>
    /ORDER BY [\w, ]+\) AS rn .* WHERE (rn <= 1|rn = 1|rn < 2)/.test(sql),
  'TRY_CAST of a single letter to DECIMAL gives 0': (sql) => /TRY_CAST\(.* AS DECIMAL/.test(sql),
  'FLINK-38075: windows over TIMESTAMP_LTZ in zones without daylight saving lose rows': (sql, { world }) =>
    world.zoned && world.zone === 'Asia/Kolkata' && /TABLE\((TUMBLE|HOP|CUMULATE)/.test(sql),
};

/** The fault that may have made Flink's answer. */
export function faultOfFlink(query: GeneratedQuery): string | undefined {
  const sql = query.statements.at(-1)!;
  return Object.entries(faults).find(([, has]) => has(sql, query))?.[0];
}
