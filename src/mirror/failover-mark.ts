import type { Clock } from '../engine/clock.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { Transactions } from '../kafka/transactions.ts';
import { EngineError } from '../model/errors.ts';
import { stateTopicOf } from './mirror-names.ts';
import { type FailoverMark, readShardState, shardCount, statePartitionOf } from './mirror-state.ts';
import { StateLog } from './state-log.ts';

/**
 * The mark of a failover, in every shard of a mirror's state. Consumers, and producers too, go on at the target: a mirror that came back and
 * wrote on would mix its copies with what is written there by others.
 */
const transactionTimeoutMs = 60_000;

/** Shuts out whoever owns the shards, and sets the mark; null takes it away, so that the mirror may run again. */
export async function markFailover(
  target: KafkaCluster,
  mirror: string,
  mark: FailoverMark | null,
  clock: Clock,
): Promise<void> {
  for (let shard = 0; shard < shardCount; shard++) {
    const topic = stateTopicOf(mirror);
    const { producer } = await Transactions.open(target, `${topic}.${shard}`, transactionTimeoutMs);
    const log = new StateLog(target, { topic, partition: statePartitionOf(shard) }, producer, clock);
    await log.append([{ key: ['failover'], value: mark }]);
  }
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
