/**
 * Flink's time travel clauses, which DuckDB does not parse: `FOR SYSTEM_TIME AS OF '2020-01-31 12:00:00'` and, for a snapshot,
 * `FOR SYSTEM_VERSION AS OF 6436563668402850271`. They are taken out of the text; what is left keeps its offsets.
 */
import { parseSqlTimestamp } from '../model/calendar.ts';
import { EngineError } from '../model/errors.ts';
import { timeZone } from '../model/time-zone.ts';
import type { TimeTravel } from './scan.ts';

/** A clause and where it stood, in UTF-8 bytes, as DuckDB counts. */
export type TravelClause = Readonly<{ at: number; travel: TimeTravel }>;

/** What the clauses are not looked for in: strings, quoted names, comments. */
const skipped = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//.source;
const clause = /\bFOR\s+SYSTEM_(TIME|VERSION)\s+AS\s+OF\s+(?:(?:TIMESTAMP\s*)?'((?:[^']|'')*)'|(\d+))/.source;

/** `zone` is that of a timestamp's text. EngineError SQL_VALIDATION for one that is none. */
export function takeTravelClauses(sql: string, zone: string): { sql: string; clauses: readonly TravelClause[] } {
  const clauses: TravelClause[] = [];
  const left = sql.replace(new RegExp(`${skipped}|${clause}`, 'gi'), (match, kind, text, number, offset: number) => {
    if (kind === undefined) return match;
    const travel =
      String(kind).toUpperCase() === 'VERSION' ? versionOf(text ?? number) : instantOf(text ?? number, zone);
    clauses.push({ at: Buffer.byteLength(sql.slice(0, offset)), travel });
    return ' '.repeat(match.length);
  });
  return { sql: left, clauses };
}

function versionOf(text: string): TimeTravel {
  if (/^\d+$/.test(text)) return { kind: 'snapshot', id: BigInt(text) };
  throw new EngineError('SQL_VALIDATION', `FOR SYSTEM_VERSION AS OF: expected a snapshot id, got '${text}'`);
}

function instantOf(text: string, zone: string): TimeTravel {
  const local = parseSqlTimestamp(text, 3);
  if (local === null) {
    throw new EngineError('SQL_VALIDATION', `FOR SYSTEM_TIME AS OF: expected 'yyyy-mm-dd hh:mm:ss', got '${text}'`);
  }
  return { kind: 'timestamp', ms: timeZone(zone).toUtc(Number(local)) };
}
