import type { Clock } from '../engine/clock.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { Transactions } from '../kafka/transactions.ts';
import { EngineError } from '../model/errors.ts';
import { stateTopicOf } from './mirror-names.ts';
import { type FailoverMark, readShardState, shardCount, statePartitionOf } from './mirror-state.ts';
import { sideBySide } from './side-by-side.ts';
import { nobody, StateLog } from './state-log.ts';

/**
 * The mark of a failover. Consumers, and producers too, go on at the target: a mirror that wrote on would mix its copies with what is
 * written there by others. It stands in every shard of the state, so that whoever is shut out of one does not come back, and beside the
 * signs of life, so that who has nothing to write sees it as well, within a quarter of a lease.
 */
const transactionTimeoutMs = 60_000;
const concurrency = 8; // shards at a time

/** Shuts out whoever owns the shards, and sets the mark; null takes it away, so that the mirror may run again. */
export async function markFailover(
  target: KafkaCluster,
  mirror: string,
  mark: FailoverMark | null,
  clock: Clock,
): Promise<void> {
  const topic = stateTopicOf(mirror);
  const record = { key: ['failover'], value: mark };
  await new StateLog(target, { topic, partition: 0 }, nobody, clock).append([record]);
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  await sideBySide(shards, concurrency, async (shard) => {
    const { producer } = await Transactions.open(target, `${topic}.${shard}`, transactionTimeoutMs);
    await new StateLog(target, { topic, partition: statePartitionOf(shard) }, producer, clock).append([record]);
  });
}

/** CONFLICT when the mirror has failed over: it must not run, nor claim anything. */
export async function checkNotFailedOver(target: KafkaCluster, mirror: string): Promise<void> {
  const { failover } = await readShardState(target, mirror, 0);
  if (failover !== null) throw failedOver(mirror, failover);
}

/** What a mirror says that is started again. */
export function failedOver(mirror: string, { time }: FailoverMark): EngineError {
  const when = new Date(time).toISOString();
  return new EngineError('CONFLICT', `mirror '${mirror}' has failed over at ${when}: consumers go on at the target`, {
    hint: "If nobody has written to the target's topics since, 'millrace mirror failover FILE --undo' lets it run again.",
  });
}
