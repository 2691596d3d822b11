/** One line of the deploy log: what was asked, decided, confirmed and done, chained to the line before by its hash. */
import type { Actor, Plan, Surface } from '../../model/change-plan.ts';
import type { Intent, IntentStep, ParserName } from '../../model/intent.ts';
import { canonicalHash } from '../plan/canonical-json.ts';

/** One call of a language model: what came of it, and the tokens that it took. */
export type ModelCall = Readonly<{ model: string; outcome: string; inputTokens: number; outputTokens: number }>;

export type LogEvent =
  /** Words and what was understood; the text without what looks like a secret. `outcome`: a plan's id, a kind of answer or an error's code. */
  | Readonly<{
      event: 'asked';
      actor: Actor;
      surface: Surface;
      text: string;
      parser: ParserName;
      calls: readonly ModelCall[];
      intent: Intent | null;
      outcome: string;
    }>
  | Readonly<{
      event: 'planned';
      actor: Actor;
      surface: Surface;
      steps: readonly IntentStep[];
      plan: string;
      planHash: string;
      risk: string;
      confirmation: string;
      decisions: Plan['decisions'];
      command: string;
      /** Of the catalogue that it was made from. */
      catalogue: string;
    }>
  | Readonly<{
      event: 'confirmed';
      plan: string;
      planHash: string;
      confirmer: Actor;
      surface: Surface;
      reason: string | null;
    }>
  | Readonly<{ event: 'refused'; plan: string | null; actor: Actor; surface: Surface; code: string; text: string }>
  | Readonly<{ event: 'cancelled'; plan: string; actor: Actor; surface: Surface }>
  /** Written before the first step. */
  | Readonly<{ event: 'begun'; plan: string; planHash: string; confirmedBy: readonly string[] }>
  | Readonly<{ event: 'resumed'; plan: string; planHash: string; fromStep: number }>
  | Readonly<{
      event: 'ended';
      plan: string;
      planHash: string;
      outcome: 'applied' | 'failed';
      steps: readonly Readonly<{ step: number; state: string; text: string; jobId: string | null }>[];
      durationMs: number;
    }>
  | Readonly<{ event: 'switched'; actor: Actor; name: string; isOn: boolean; reason: string | null }>
  /** A line that was torn by the end of its process was taken away. */
  | Readonly<{ event: 'mended'; bytes: number; sha256: string }>;

export type LogEntry = Readonly<{
  sequence: number;
  /** ISO 8601. */
  time: string;
  /** Hash of the entry before; of the first, 64 zeros. */
  previous: string;
  entry: LogEvent;
  /** sha256 in hex over the canonical JSON of the rest. */
  hash: string;
}>;

export type ChainEnd = Readonly<{ sequence: number; hash: string }>;

/** Before the first entry. */
export const chainStart: ChainEnd = { sequence: 0, hash: '0'.repeat(64) };

export function nextEntry(end: ChainEnd, time: number, entry: LogEvent): LogEntry {
  const rest = { sequence: end.sequence + 1, time: new Date(time).toISOString(), previous: end.hash, entry };
  return { ...rest, hash: canonicalHash(rest) };
}

/** What is wrong with a line that should follow `end`; null: nothing. */
export function faultOfLine(line: string, end: ChainEnd): string | null {
  let entry: LogEntry;
  try {
    entry = JSON.parse(line) as LogEntry;
  } catch {
    return 'expected JSON';
  }
  if (typeof entry !== 'object' || entry === null) return 'expected an entry';
  if (entry.sequence !== end.sequence + 1) return `expected entry ${end.sequence + 1}, found ${entry.sequence}`;
  if (entry.previous !== end.hash) return 'expected the hash of the entry before, found another';
  const { hash, ...rest } = entry;
  return canonicalHash(rest) === hash ? null : 'expected what its hash was made over, found it changed';
}
