/** How narrow code (integers as doubles) notices that it would lose exactness, and what wide code (bigint) does beside it. */
import { EngineError } from '../../model/errors.ts';

/**
 * Thrown by narrow code when an integer leaves ±(2^53 − 1): not an error but the signal to run the batch again in wide code. One object,
 * since it carries nothing.
 */
export const needsWide: unique symbol = Symbol('an integer left the range of exact doubles');

export function widenSignal(): never {
  throw needsWide;
}

/** A wide value for an implementation that works with numbers. */
export function toSafeNumber(value: number | bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new EngineError('LIMIT', `expected an integer within ±(2^53 − 1) here, got ${value}`, {
    hint: 'This function works on such integers only; cast the argument to DECIMAL or STRING.',
  });
}

/** What a function gave, for narrow code. */
export function toNarrow(value: number | bigint | null): number | null {
  if (value === null || typeof value === 'number') return value;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) widenSignal();
  return number;
}

/** What a function gave, for wide code. */
export function toWide(value: number | bigint | null): bigint | null {
  return value === null || typeof value === 'bigint' ? value : BigInt(value);
}
