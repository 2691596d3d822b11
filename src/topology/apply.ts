/**
 * Carries a plan out, change by change. Each change may be done twice, so that an apply that was cut short is simply done again: topics that
 * have come to be in the meantime, and partitions that somebody else has added, are as good as one's own.
 */
import { createTopics } from '../kafka/admin.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { growPartitions } from '../kafka/partition-growth.ts';
import { alterTopicConfigs } from '../kafka/topic-configs.ts';
import { EngineError, isEngineError } from '../model/errors.ts';
import type { Change } from './plan.ts';

export type ApplyHooks = Readonly<{
  client: (cluster: string) => KafkaCluster;
  /** Hears each change when it is done. */
  done: (change: Change) => void;
}>;

/** In order; the first that fails ends it, naming the change. What was done stays. */
export async function applyChanges(changes: readonly Change[], { client, done }: ApplyHooks): Promise<void> {
  for (const [index, change] of changes.entries()) {
    try {
      await carryOut(change, client(change.cluster));
    } catch (error) {
      throw cutShort(error, change, index, changes.length);
    }
    done(change);
  }
}

async function carryOut(change: Change, client: KafkaCluster): Promise<void> {
  const { topic } = change;
  switch (change.action) {
    case 'create-topic': {
      const { partitions, replicationFactor, configs } = change;
      return await createTopics(client, [{ name: topic, partitions, replicationFactor, config: configs }]).catch(
        unless('CONFLICT'),
      );
    }
    case 'add-partitions':
      return await growPartitions(client, [{ topic, partitions: change.to }]).catch(async (error: unknown) => {
        const { topics } = await client.metadata([topic]);
        if (topics[0]?.partitions.length !== change.to) throw error;
      });
    case 'set-config':
      return await alterTopicConfigs(client, [{ topic, set: { [change.config]: change.to }, remove: [] }]);
  }
}

function unless(code: EngineError['code']): (error: unknown) => void {
  return (error) => {
    if (!isEngineError(error) || error.code !== code) throw error;
  };
}

function cutShort(error: unknown, { cluster, topic }: Change, done: number, all: number): unknown {
  if (!isEngineError(error)) return error;
  const message = `cluster ${cluster}, topic ${topic}: ${error.message} (${done} of ${all} changes done)`;
  const hint = `${error.hint === undefined ? '' : `${error.hint} `}Apply again: it goes on where this ended.`;
  return new EngineError(error.code, message, { retryable: error.retryable, hint, cause: error });
}
