/** Digests of plain data: equal plans have equal digests, and ids that stay the same from run to run come of them. */
import { createHash } from 'node:crypto';

/** A text that is equal for equal data: maps as entries, bigint and bytes marked, places in the SQL text left out. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (key: string, part: unknown) => {
    if (key === 'position') return undefined;
    if (typeof part === 'bigint') return `${part}n`;
    if (typeof part === 'number' && !Number.isFinite(part)) return String(part);
    if (part instanceof Uint8Array) return { bytes: Buffer.from(part).toString('hex') };
    if (part instanceof Map) return { map: [...part] };
    if (part instanceof Set) return { set: [...part] };
    return part;
  });
}

/** 32 hex digits. */
export function digestId(value: unknown): string {
  return createHash('sha256').update(canonicalText(value)).digest('hex').slice(0, 32);
}
