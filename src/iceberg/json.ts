/**
 * JSON without loss: integers beyond ±(2^53 − 1), such as snapshot ids, are bigints on both ways. `JSON.parse` alone would round them,
 * and the rounded id would be sent back to the catalog.
 */
import { EngineError } from '../model/errors.ts';

type ReviveContext = Readonly<{ source?: string }>;
type LosslessParse = (
  text: string,
  revive: (key: string, value: unknown, context: ReviveContext) => unknown,
) => unknown;
type RawJson = (text: string) => unknown;

// ECMAScript's "JSON.parse source text access", which the TypeScript library does not declare yet.
const parse = JSON.parse as LosslessParse;
const { rawJSON } = JSON as unknown as Readonly<{ rawJSON: RawJson }>;

const integerForm = /^-?\d+$/;

/** `where` names the document. EngineError IO when it is not JSON. */
export function parseJson<T>(text: string, where: string): T {
  try {
    return parse(text, (_key, value, context) => {
      if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
      return context.source !== undefined && integerForm.test(context.source) ? BigInt(context.source) : value;
    }) as T;
  } catch (cause) {
    throw new EngineError('IO', `${where}: expected JSON, got ${JSON.stringify(text.slice(0, 80))}`, { cause });
  }
}

export function printJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? rawJSON(String(item)) : item));
}

/** An int64 as JSON gives it. */
export type Long = number | bigint;

export function sameLong(a: Long | null | undefined, b: Long | null | undefined): boolean {
  return BigInt(a ?? -1) === BigInt(b ?? -1);
}
