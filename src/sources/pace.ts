/** How fast simulated time runs: with the wall clock, faster or slower by a factor, or as fast as possible. */
import { EngineError } from '../model/errors.ts';
import type { OptionSpec, Options } from '../model/options.ts';

export type Pace = Readonly<{
  /** Simulated ms a ms of the wall clock; null = as fast as possible. */
  speed: number | null;
  /** When simulated time begins, ms since 1970; null = at the wall clock's now of the first start. */
  startMs: number | null;
}>;

/** Where no start is set and time does not run with the wall clock: so that runs are alike. */
const defaultStart = '2026-01-01T00:00:00Z';

export const paceOptions: readonly OptionSpec[] = [
  {
    key: 'rate',
    kind: 'string',
    default: 'wall-clock',
    description:
      "'wall-clock', 'unlimited' (as fast as possible), or how many times faster than the wall clock, such as '10'.",
  },
  {
    key: 'start',
    kind: 'string',
    description: `When simulated time begins, ISO 8601 in UTC. Default: now with the rate 'wall-clock', else ${defaultStart}.`,
  },
];

export function parsePace(options: Options, where: string): Pace {
  const rate = options.string('rate').trim().toLowerCase();
  const speed = speedOf(rate, where);
  const start = options.optionalString('start') ?? (rate === 'wall-clock' ? null : defaultStart);
  return { speed, startMs: start === null ? null : parseStart(start, where) };
}

function speedOf(rate: string, where: string): number | null {
  if (rate === 'unlimited') return null;
  if (rate === 'wall-clock') return 1;
  const speed = Number(rate);
  if (rate !== '' && Number.isFinite(speed) && speed > 0) return speed;
  throw new EngineError(
    'INVALID_OPTION',
    `${where}: option 'rate': expected 'wall-clock', 'unlimited' or a factor above 0, got '${rate}'`,
  );
}

const isoTime = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)Z?)?$/;

/** ms since 1970 of what the option `start` says. */
export function parseStart(text: string, where: string): number {
  const match = isoTime.exec(text.trim());
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2] ?? '00:00'}Z`);
  if (!Number.isNaN(ms) && ms >= 0) return ms;
  throw new EngineError(
    'INVALID_OPTION',
    `${where}: option 'start': expected a time such as '${defaultStart}', got '${text}'`,
  );
}

/** Where simulated time stands, `anchorMs` being the wall clock's time at `startMs`. Infinity when time does not hold it back. */
export function simulatedNow(speed: number | null, startMs: number, anchorMs: number, nowMs: number): number {
  return speed === null ? Infinity : startMs + (nowMs - anchorMs) * speed;
}
