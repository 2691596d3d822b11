/** What producers say that they have produced of a topic: the origin that the first tier is held against. */
import type { EventIdentity } from '../../model/audit.ts';
import type { ProducerCount } from '../audit-log.ts';
import { BucketAccount } from '../bucket-account.ts';
import { type Halves, sequenceOf, sessionIdentity } from '../record-hash.ts';
import type { Side } from './reconcile.ts';

/** `counts`: of one topic. What producers count has no auditor: it is there with the next message, well within the grace. */
export function producerSide(counts: readonly ProducerCount[], nowMs: number): Side {
  const buckets = new Map<number, { total: BucketAccount; partitions: ReadonlyMap<number, BucketAccount> }>();
  for (const { bucket, account } of counts) {
    let view = buckets.get(bucket);
    if (view === undefined) {
      const total = new BucketAccount({ cells: account.table?.cells ?? 0, bucketMs: 1 });
      view = { total, partitions: new Map() };
      buckets.set(bucket, view);
    }
    view.total.append(account);
  }
  return {
    buckets,
    watermarkMs: nowMs,
    uncovered: null,
    recreatedMs: -Infinity,
    knownFromMs: -Infinity,
    ordered: false,
    partitioned: false,
  };
}

/** Names records by their identities alone, where their producers have counted them. */
export class IdentityNames {
  readonly #sessions: readonly Readonly<{ start: Halves; count: number; of: ProducerCount }>[];

  /** `counts`: of one topic, of any buckets. */
  constructor(counts: readonly ProducerCount[]) {
    const sessions = Map.groupBy(counts, ({ producer, session }) => `${session}/${producer}`);
    this.#sessions = [...sessions.values()].map((list) => ({
      start: sessionIdentity(list[0]!),
      count: Math.max(...list.map(({ to }) => to)),
      of: list[0]!,
    }));
  }

  /** `time`: what is said of when it was produced. null: no known session has it. */
  nameOf(identity: Halves, time: number): EventIdentity | null {
    for (const { start, count, of } of this.#sessions) {
      const sequence = sequenceOf(identity, start, count);
      if (sequence !== null) return { time, producer: of.producer, host: of.host, session: of.session, sequence };
    }
    return null;
  }
}
