/** Hints behind SELECT. Those that change how a query runs are passed over, and STATE_TTL is state-ttl.ts's; others are refused. */
import type { QueryHint } from '../ast.ts';
import { unsupported } from '../excerpt.ts';

/** Which algorithm joins, how lookups go on at once, and how long state stays. */
const known: ReadonlySet<string> = new Set([
  'BROADCAST',
  'SHUFFLE_HASH',
  'SHUFFLE_MERGE',
  'NEST_LOOP',
  'MULTI_JOIN',
  'LOOKUP',
  'STATE_TTL',
]);

/** Options of LOOKUP that say that a row which found nothing is looked up again. */
const retries: ReadonlySet<string> = new Set(['retry-predicate', 'retry-strategy', 'fixed-delay', 'max-attempts']);

export function checkQueryHints(hints: readonly QueryHint[]): void {
  for (const { name, args, position } of hints) {
    const hint = name.toUpperCase();
    if (!known.has(hint)) throw unsupported(`the hint ${name}`, position);
    if (hint === 'LOOKUP' && args.some(({ key }) => retries.has(key))) {
      throw unsupported('the hint LOOKUP with a retry', position);
    }
  }
}
