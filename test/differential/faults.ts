// Where a real Flink is wrong and is not imitated: docs/flink-differences.md has the reasons.
import type { Verdict } from './compare.ts';
import type { GeneratedQuery } from './queries.ts';

type Sign = (sql: string, query: GeneratedQuery, verdict: Verdict) => boolean;

const statistic = /\b(STDDEV(_POP|_SAMP)?|VAR_POP|VAR_SAMP|VARIANCE)\(/;

const isValueOfQuery = /(\bOR|NOT \(b AND|CASE WHEN|SELECT id, i) .*\bIN \(SELECT|\b(ALL|SOME) \(SELECT/;

function mixes(sql: string, { world }: GeneratedQuery): boolean {
  const isInstant = (column: string): boolean => column.startsWith('z') || (column === 'et' && world.zoned);
  const columns = [...sql.matchAll(/\b(t[069]|dt|et|z[39])\b/g)].map(([column]) => isInstant(column));
  return columns.includes(true) && columns.includes(false);
}

const faults: Readonly<Record<string, Sign>> = {
  'Top-1 of an ascending order is taken for a stream of inserts: what is replaced is never taken back': (sql) =>
    /ORDER BY [\w, ]+\)( AS rn .* WHERE rn)? (<= 1|= 1|< 2)\b/.test(sql),
  'Beside STDDEV and VAR, AVG of integers wraps in their type': (sql) => statistic.test(sql) && /\bAVG\(/.test(sql),
  'Beside MIN and MAX of what windows are grouped by, too': (sql, { feature }) =>
    feature === 'window' && /\bAVG\(/.test(sql) && /\b(MIN|MAX)\((k|b|i)\)/.test(sql),
  'Results of STDDEV and VAR that are equal are sent anew': (sql, _, verdict) =>
    statistic.test(sql) && verdict === 'different changes',
  'STDDEV and VAR of windows and OVER keep what was taken back': (sql, { feature }) =>
    statistic.test(sql) && (feature === 'window_of_changes' || feature === 'over'),
  'Top-N of changing rows whose ranks begin after 1 keeps what has moved up': (sql, { feature }) =>
    feature === 'top_n_of_group' && /rn = 2/.test(sql),
  'LAG with a default gives -1 or an empty string for a NULL': (sql) => /LAG\(\w+, \d, /.test(sql),
  'Top-N in the order of a MIN that was NULL has forgotten who comes up': (sql) =>
    /ORDER BY n ASC.* MIN\(\w+\) AS n /.test(sql),
  'The value of a key that a map of NOT NULL values lacks is -1': (sql) =>
    /\(MAP(\[|_UNION|_FROM).*\)\['[pqz]'\]/.test(sql),
  'FLOOR and CEIL of TIMESTAMP_LTZ to days go by the offset of the time, not of their result': (sql, { world }) =>
    world.zone.includes('/') && /(FLOOR|CEIL)\(.* TO (DAY|WEEK|MONTH|QUARTER|YEAR)\)/.test(sql),
  'SPLIT at an empty string cuts characters beyond 16 bits in halves': (sql) => /SPLIT\(.*, ''\)/.test(sql),
  'Beside OR, and as values, IN and quantifiers of a query that gives no rows lose rows': (sql, { feature }, verdict) =>
    (feature === 'semi' || feature === 'scalar_subquery') && verdict === 'different rows' && isValueOfQuery.test(sql),
  'JSON_QUOTE writes characters beyond 16 bits as one escape of five digits': (sql) => /JSON_QUOTE/.test(sql),
  'Beside a TIMESTAMP_LTZ the type of a TIMESTAMP is that of the one which comes last, or first': (sql, query) =>
    query.feature === 'union' && mixes(sql, query),
  'COUNT(DISTINCT …) OVER in the order of values counts a value again': (sql, { feature }) =>
    feature === 'over_values' && /DISTINCT/.test(sql),
  'A comparison of rows with <> that is NULL passes a condition': (sql) =>
    /WHERE.*((<> (x\.)?r\b)|(\br <>)|(<> CAST\(ROW)|(AS ROW<x INT, y STRING>\) <>))/.test(sql),
  'FLINK-38075: windows over TIMESTAMP_LTZ in zones without daylight saving lose rows': (sql, { world }) =>
    world.zoned && world.zone === 'Asia/Kolkata' && /TABLE\((TUMBLE|HOP|CUMULATE)/.test(sql),
};

/** The fault that may have made the difference. */
export function faultOfFlink(query: GeneratedQuery, verdict: Verdict): string | undefined {
  const sql = query.statements.at(-1)!;
  return Object.entries(faults).find(([, has]) => has(sql, query, verdict))?.[0];
}
