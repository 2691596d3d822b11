// The conditions of a query: session time zone, type of the time attribute, scale of times, how late rows come.
import type { Random } from './random.ts';

export type Unit = 'SECOND' | 'MINUTE' | 'HOUR';

export type World = Readonly<{
  zone: string;
  /** Whether the time attribute is a TIMESTAMP_LTZ. */
  zoned: boolean;
  /** Rows are about this far apart, and windows a few of it long. */
  unit: Unit;
  startMs: number;
  /** Of watermarks, in units. Below `disorder` some rows are late, which only a single input answers for certain. */
  delay: number;
}>;

/** How far a row may be behind its place and ahead of it, in units. */
export const disorder = 4;
export const jump = 7.777;

export const unitMs: Readonly<Record<Unit, number>> = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000 };

type Place = Readonly<{ zone: string; nights: readonly string[] }>;

/** Some hours before the clocks change, where they do. */
const places: readonly Place[] = [
  { zone: 'Europe/Paris', nights: ['2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z'] },
  { zone: 'America/New_York', nights: ['2026-03-08T02:00:00Z', '2026-11-01T00:00:00Z'] },
  { zone: 'Asia/Kolkata', nights: ['2026-01-01T00:00:00Z', '1970-01-01T06:00:00Z'] },
  { zone: 'UTC', nights: ['2024-02-28T22:00:00Z', '2025-12-31T20:00:00Z'] },
];

const plain: Place = { zone: 'UTC', nights: ['2026-01-01T00:00:00Z'] };

export function makeWorld(random: Random, lateness: 'some' | 'none'): World {
  const place = random.chance(0.5) ? plain : random.pick(places);
  const unit = place === plain ? 'SECOND' : random.pick(['SECOND', 'MINUTE', 'HOUR', 'HOUR'] as const);
  return {
    zone: place.zone,
    // Local times go back in autumn: rows would be late.
    zoned: (lateness === 'none' && place !== plain) || random.chance(0.6),
    unit,
    startMs: Date.parse(random.pick(place.nights)) + (unit === 'HOUR' ? 0 : 3 * unitMs.HOUR),
    delay: lateness === 'some' ? random.between(0, 3) : disorder + Math.ceil(jump) + 1,
  };
}
