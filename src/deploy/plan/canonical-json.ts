/** JSON in one form only (RFC 8785): equal data has equal text, so that a hash over it means something. */
import { createHash } from 'node:crypto';
import { assert } from '../../model/errors.ts';

/**
 * Keys by UTF-16 code units, no white space, numbers as ECMAScript prints them. Fields that are undefined are left out. What JSON has no
 * form for (bigint, NaN, functions) is a bug of who asks; a lone surrogate is escaped.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    assert(Number.isFinite(value), () => `canonical JSON of ${value}`);
    return JSON.stringify(value);
  }
  assert(typeof value === 'object', () => `canonical JSON of a ${typeof value}`);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${canonicalJson(key)}:${canonicalJson(field)}`).join(',')}}`;
}

/** sha256 in hex over the canonical JSON. */
export function canonicalHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
