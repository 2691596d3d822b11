/** How a shard changes hands: whoever had it before is shut out by the broker, and what it stored last is read. */
import { initProducerId, type ProducerId } from '../kafka/producer-id.ts';
import { pause } from '../kafka/retry.ts';
import { Transactions } from '../kafka/transactions.ts';
import { EngineError } from '../model/errors.ts';
import { failedOver } from './failover-mark.ts';
import { stateTopicOf } from './mirror-names.ts';
import { readShardState, type ShardState, statePartitionOf } from './mirror-state.ts';
import type { ShardContext } from './shard-context.ts';
import { StateLog } from './state-log.ts';

const transactionTimeoutMs = 60_000;

export type OwnedShard = Readonly<{
  transactions: Transactions;
  log: StateLog;
  /** Who writes the copies. */
  producer: ProducerId;
  /** As the owner before left it. */
  state: ShardState;
}>;

/** CONFLICT when consumers have been moved to the copies (failover). */
export async function takeShard(ctx: ShardContext, shard: number): Promise<OwnedShard> {
  const { spec, target, clock } = ctx;
  const id = `${stateTopicOf(spec.name)}.${shard}`;
  const transactions = await Transactions.open(target, id, transactionTimeoutMs);
  const place = { topic: stateTopicOf(spec.name), partition: statePartitionOf(shard) };
  const log = new StateLog(target, place, transactions.producer, clock);
  // The first record of this epoch: from now on the broker takes none of an earlier one, so that what is read now is the last word.
  const token = `${ctx.token}.${transactions.producer.id}.${transactions.producer.epoch}`;
  await log.append([{ key: ['owner'], value: { token, time: clock.now() } }]);
  const state = await stateOf(ctx, shard, token);
  if (state.failover !== null) throw failedOver(spec.name, state.failover);
  return { transactions, log, producer: await producerOf(ctx, transactions, log, state), state };
}

async function stateOf(ctx: ShardContext, shard: number, token: string): Promise<ShardState> {
  for (;;) {
    const state = await readShardState(ctx.target, ctx.spec.name, shard);
    if (state.owner === token) return state;
    if (ctx.target.signal.aborted) throw new EngineError('INTERRUPTED', 'the mirror was stopped');
    await pause(20, ctx.target.signal); // markers of the transaction before are being written
  }
}

/** Who writes the copies. With `reconcile` it is the same whoever owns the shard, so that sequence numbers go on. */
async function producerOf(
  { spec, target }: ShardContext,
  transactions: Transactions,
  log: StateLog,
  state: ShardState,
): Promise<ProducerId> {
  if (spec.delivery === 'reconcile') {
    if (state.producer !== null) return state.producer;
    const producer = await target.retry(() => initProducerId(target));
    await log.append([{ key: ['producer'], value: producer }]);
    return producer;
  }
  if (state.producer !== null) await log.append([{ key: ['producer'], value: null }]); // its numbers will not go on
  return spec.delivery === 'transactional' ? transactions.producer : await target.retry(() => initProducerId(target));
}
