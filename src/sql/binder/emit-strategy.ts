/**
 * `table.exec.emit.*`: results of the older windows of GROUP BY before their end and after it, checked as Flink checks them
 * (WindowEmitStrategy). Windows of table functions have none.
 */
import type { Position } from '../../model/errors.ts';
import { parseDuration } from '../../model/options.ts';
import type { EmitStrategy } from '../../model/plan.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import type { GroupWindow } from './window-function.ts';

/** What SET has set. */
export type Settings = ReadonlyMap<string, string>;

const prefix = 'table.exec.emit.';

/** null: none is asked for. */
export function emitStrategy(
  settings: Settings,
  { window, processingTime }: GroupWindow,
  position: Position,
): EmitStrategy | null {
  const [early, late] = [isEnabled(settings, 'early-fire'), isEnabled(settings, 'late-fire')];
  if (!early && !late) return null;
  if (window.kind === 'session') throw wrong('SESSION has no early or late firing', position);
  const earlyFireMs = early ? required(settings, 'early-fire.delay', position) : null;
  const lateFireMs = late ? required(settings, 'late-fire.delay', position) : null;
  if (processingTime) return early ? { earlyFireMs, lateFireMs: null, allowedLatenessMs: 0 } : null;
  if (lateFireMs === null) return { earlyFireMs, lateFireMs, allowedLatenessMs: 0 };
  const allowedLatenessMs =
    duration(settings, `${prefix}allow-lateness`) ?? duration(settings, 'table.exec.state.ttl') ?? 0;
  if (allowedLatenessMs <= 0) throw wrong(`late firing: expected '${prefix}allow-lateness' above 0`, position);
  if (lateFireMs <= allowedLatenessMs) return { earlyFireMs, lateFireMs, allowedLatenessMs };
  throw wrong(
    `late firing: expected '${prefix}late-fire.delay' (${lateFireMs} ms) within '${prefix}allow-lateness' (${allowedLatenessMs} ms)`,
    position,
  );
}

/** Refuses settings that a window of a table function could not follow. */
export function refuseEmit(settings: Settings, position: Position): void {
  const asked = ['early-fire', 'late-fire'].find((kind) => isEnabled(settings, kind));
  if (asked === undefined) return;
  throw unsupported(`'${prefix}${asked}.enabled' for windows of table functions`, position, 'Flink refuses it, too.');
}

function isEnabled(settings: Settings, kind: string): boolean {
  return settings.get(`${prefix}${kind}.enabled`)?.trim().toLowerCase() === 'true';
}

function required(settings: Settings, key: string, position: Position): number {
  const ms = duration(settings, `${prefix}${key}`);
  if (ms === null) throw wrong(`expected '${prefix}${key}', a duration such as '10 s'`, position);
  return ms;
}

function duration(settings: Settings, key: string): number | null {
  const text = settings.get(key);
  return text === undefined ? null : (parseDuration(text) ?? null);
}

function wrong(message: string, position: Position): Error {
  return sqlError('SQL_VALIDATION', message, position);
}
