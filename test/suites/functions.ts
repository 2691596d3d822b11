/** The functions that Flink's tests write in Java. */
import type { AggregateUdf } from '../../src/model/user-function.ts';

/** Texts that were seen, each once, in the order in which they came first. */
export const concatDistinct = {
  kind: 'aggregate',
  args: ['STRING'],
  returns: 'STRING',
  accumulator: (): readonly string[] => [],
  add: (seen: readonly string[], text: string | null) =>
    text === null || seen.includes(text) ? seen : [...seen, text],
  merge: (seen: readonly string[], other: readonly string[]) => [...new Set([...seen, ...other])],
  result: (seen: readonly string[]) => (seen.length === 0 ? null : seen.join('|')),
} satisfies AggregateUdf;
