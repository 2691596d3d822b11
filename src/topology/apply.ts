/**
 * Carries a plan out. Each change may be done twice, so that an apply that was cut short is simply done again: topics that have come to be in
 * the meantime, and partitions that somebody else has added, are as good as one's own.
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

const topicsPerRequest = 20; // as many as a controller makes well within its time-out

/**
 * What is of one sort is done before what comes after it in the plan, on all clusters at once. The first change that fails ends it, by name,
 * when the other clusters are through with what they are at. What was done stays.
 */
export async function applyChanges(changes: readonly Change[], hooks: ApplyHooks): Promise<void> {
  let count = 0;
  const done = (change: Change): void => {
    count++;
    hooks.done(change);
  };
  for (const phase of phasesOf(changes)) {
    const byCluster = Map.groupBy(phase, ({ cluster }) => cluster);
    const work = [...byCluster].map(([cluster, own]) => onCluster(own, hooks.client(cluster), done));
    const failure = (await Promise.all(work)).find((result) => result !== null);
    if (failure !== undefined) throw cutShort(failure, count, changes.length);
  }
}

/** Runs of changes of one action. */
function phasesOf(changes: readonly Change[]): Change[][] {
  const phases: Change[][] = [];
  for (const change of changes) {
    if (phases.at(-1)?.[0]?.action === change.action && change.action !== 'add-partitions') phases.at(-1)!.push(change);
    else phases.push([change]);
  }
  return phases;
}

type Failure = Readonly<{ error: unknown; change: Change }>;

/** Gives the change that failed; null when none did. */
async function onCluster(
  changes: readonly Change[],
  client: KafkaCluster,
  done: (change: Change) => void,
): Promise<Failure | null> {
  for (let from = 0; from < changes.length; from += topicsPerRequest) {
    const some = changes.slice(from, from + topicsPerRequest);
    const together = await createTogether(some, client);
    for (const change of some) {
      try {
        if (!together) await carryOut(change, client);
      } catch (error) {
        return { error, change };
      }
      done(change);
    }
  }
  return null;
}

/** New topics in one request; false where that can't be or fails: then one by one, which says which. */
async function createTogether(changes: readonly Change[], client: KafkaCluster): Promise<boolean> {
  const topics = changes.flatMap((change) => (change.action === 'create-topic' ? [newTopic(change)] : []));
  if (topics.length < 2 || topics.length < changes.length) return false;
  return await createTopics(client, topics).then(
    () => true,
    () => false,
  );
}

function newTopic({ topic, partitions, replicationFactor, configs }: Extract<Change, { action: 'create-topic' }>) {
  return { name: topic, partitions, replicationFactor, config: configs };
}

async function carryOut(change: Change, client: KafkaCluster): Promise<void> {
  const { topic } = change;
  switch (change.action) {
    case 'create-topic':
      return await createTopics(client, [newTopic(change)]).catch((error: unknown) => {
        if (!isEngineError(error) || error.code !== 'CONFLICT') throw error; // it is there
      });
    case 'add-partitions':
      return await growPartitions(client, [{ topic, partitions: change.to }]).catch(async (error: unknown) => {
        const { topics } = await client.metadata([topic]);
        if (topics[0]?.partitions.length !== change.to) throw error;
      });
    case 'set-config':
      return await alterTopicConfigs(client, [{ topic, set: { [change.config]: change.to }, remove: [] }]);
  }
}

function cutShort({ error, change }: Failure, done: number, all: number): unknown {
  if (!isEngineError(error)) return error;
  const message = `cluster ${change.cluster}, topic ${change.topic}: ${error.message} (${done} of ${all} changes done)`;
  const hint = `${error.hint === undefined ? '' : `${error.hint} `}Apply again: it goes on where this ended.`;
  return new EngineError(error.code, message, { retryable: error.retryable, hint, cause: error });
}
