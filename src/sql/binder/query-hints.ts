/** Hints behind SELECT. They change how a query runs, not what it answers; those that could do so are refused. */
import type { QueryHint } from '../ast.ts';
import { unsupported } from '../excerpt.ts';

/** Which algorithm joins, and how lookups go on at once. */
const ignored: ReadonlySet<string> = new Set([
  'BROADCAST',
  'SHUFFLE_HASH',
  'SHUFFLE_MERGE',
  'NEST_LOOP',
  'MULTI_JOIN',
  'LOOKUP',
]);

/** Options of LOOKUP that say that a row which found nothing is looked up again. */
const retries: ReadonlySet<string> = new Set(['retry-predicate', 'retry-strategy', 'fixed-delay', 'max-attempts']);

export function checkQueryHints(hints: readonly QueryHint[]): void {
  for (const { name, args, position } of hints) {
    const hint = name.toUpperCase();
    if (hint === 'STATE_TTL') {
      throw unsupported('the hint STATE_TTL', position, "SET 'table.exec.state.ttl' holds for all of a job's state.");
    }
    if (!ignored.has(hint)) throw unsupported(`the hint ${name}`, position);
    if (hint === 'LOOKUP' && args.some((key) => retries.has(key))) {
      throw unsupported('the hint LOOKUP with a retry', position);
    }
  }
}
