/** What becomes of events on their way, as options: of a fleet and of actors alike. */
import { EngineError } from '../model/errors.ts';
import type { OptionSpec, Options } from '../model/options.ts';

export type DeliverySettings = Readonly<{
  disorderRate: number;
  disorderMaxMs: number;
  lateRate: number;
  lateMinMs: number;
  lateMaxMs: number;
  duplicateRate: number;
  duplicateMaxMs: number;
  garbageRate: number;
}>;

const longestDelayOfOne = 7 * 86_400_000; // ms; drawn from 32 bits

/** An option that is a share, 0 unless set. */
export const share = (key: string, description: string, max = 1): OptionSpec => ({
  key,
  kind: 'double',
  default: '0',
  min: 0,
  max,
  description,
});

const delay = (key: string, preset: string, description: string): OptionSpec => ({
  key,
  kind: 'duration',
  default: preset,
  min: 1,
  max: longestDelayOfOne,
  description,
});

/** `garbage.rate` is not among them: it is where records are bytes. */
export const deliveryOptions: readonly OptionSpec[] = [
  share('disorder.rate', 'Share of events that are delivered up to `disorder.max` after their time.'),
  delay('disorder.max', '2 s', 'Longest delay of an event in disorder.'),
  share('late.rate', 'Share of events that are delivered long after their time.'),
  delay('late.min', '30 s', 'Shortest delay of a late event.'),
  delay('late.max', '60 s', 'Longest delay of a late event.'),
  share('duplicates.rate', 'Share of events that are delivered a second time, the same to the byte.'),
  delay('duplicates.max', '5 s', 'Longest time between an event and its duplicate.'),
];

/** Checks what the options mean together: INVALID_OPTION. */
export function deliverySettings(options: Options, where: string): DeliverySettings {
  const settings: DeliverySettings = {
    disorderRate: options.number('disorder.rate'),
    disorderMaxMs: wholeMs(options, 'disorder.max', where),
    lateRate: options.number('late.rate'),
    lateMinMs: wholeMs(options, 'late.min', where),
    lateMaxMs: wholeMs(options, 'late.max', where),
    duplicateRate: options.number('duplicates.rate'),
    duplicateMaxMs: wholeMs(options, 'duplicates.max', where),
    garbageRate: options.optionalNumber('garbage.rate') ?? 0,
  };
  const { lateRate, disorderRate, lateMinMs, lateMaxMs } = settings;
  const refuse = (key: string, expected: string, found: string): never => {
    throw new EngineError('INVALID_OPTION', `${where}: option '${key}': expected ${expected}, got ${found}`);
  };
  if (lateMaxMs < lateMinMs) refuse('late.max', `at least 'late.min' (${lateMinMs} ms)`, `${lateMaxMs} ms`);
  if (lateRate + disorderRate > 1)
    refuse('late.rate', "at most 1 together with 'disorder.rate'", String(lateRate + disorderRate));
  return settings;
}

/** INVALID_OPTION for a duration with a fraction of a millisecond. */
export function wholeMs(options: Options, key: string, where: string): number {
  const value = options.number(key);
  if (Number.isInteger(value)) return value;
  throw new EngineError('INVALID_OPTION', `${where}: option '${key}': expected whole milliseconds, got ${value} ms`);
}

/** The longest time between an event and its last delivery. */
export function longestDelayMs(settings: DeliverySettings): number {
  const { disorderRate, disorderMaxMs, lateRate, lateMaxMs, duplicateRate, duplicateMaxMs } = settings;
  const first = Math.max(disorderRate > 0 ? disorderMaxMs : 0, lateRate > 0 ? lateMaxMs : 0);
  return first + (duplicateRate > 0 ? duplicateMaxMs : 0);
}
