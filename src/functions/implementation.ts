/** An implementation as a plain function, for where no code is generated around it. */
import type { Implementation, SqlValue } from '../model/function.ts';

/** A function of `count` arguments. */
export function toFunction(implementation: Implementation, count: number): (...args: SqlValue[]) => SqlValue {
  if (implementation.kind === 'call') return implementation.call as (...args: SqlValue[]) => SqlValue;
  const names = Array.from({ length: count }, (_, i) => `a${i}`);
  const helpers = Object.entries(implementation.helpers ?? {});
  const body = `'use strict'; return (${names.join(', ')}) => ${implementation.source(names)};`;
  const factory = new Function(...helpers.map(([name]) => name), body);
  return factory(...helpers.map(([, value]) => value)) as (...args: SqlValue[]) => SqlValue;
}
