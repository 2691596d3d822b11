/** The units of EXTRACT, FLOOR, CEIL, TIMESTAMPADD and TIMESTAMPDIFF, a constant string in calls. */
import type { Argument } from '../model/function.ts';

const timeUnits = [
  'MILLENNIUM',
  'CENTURY',
  'DECADE',
  'YEAR',
  'ISOYEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'DOY',
  'DOW',
  'ISODOW',
  'HOUR',
  'MINUTE',
  'SECOND',
  'MILLISECOND',
  'MICROSECOND',
  'NANOSECOND',
  'EPOCH',
] as const;

export type TimeUnit = (typeof timeUnits)[number];

/** The unit that an argument is; null where it is none. */
export function timeUnitOf(argument: Argument | undefined): TimeUnit | null {
  const text = typeof argument?.literal === 'string' ? argument.literal.toUpperCase() : '';
  return timeUnits.find((unit) => unit === text) ?? null;
}

/** Units of fixed length, in ms. */
export const unitMs: Readonly<Partial<Record<TimeUnit, number>>> = {
  WEEK: 604_800_000,
  DAY: 86_400_000,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1_000,
  MILLISECOND: 1,
};

/** Units of months. */
export const unitMonths: Readonly<Partial<Record<TimeUnit, number>>> = { YEAR: 12, QUARTER: 3, MONTH: 1 };
