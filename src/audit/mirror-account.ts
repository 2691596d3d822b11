/**
 * What mirrors have written down on the cluster that they write to, as far as the audit needs it: which partition is a copy of which, how far
 * it was copied, and what was lost. The mirror's own account of the format is src/mirror/mirror-state.ts, that of claims src/mirror/claims.ts.
 */
import type { KafkaCluster } from '../kafka/cluster.ts';
import { readLog } from '../kafka/log-reader.ts';
import type { MirrorLoss } from '../model/audit.ts';

/** Where a copy stands: of which topic of the source it is, and up to which offset. */
export type MirrorStand = Readonly<{
  topic: string;
  partition: number;
  targetTopic: string;
  /** The source's, which is another when the topic is made anew. */
  topicId: string;
  /** Of the source's leader when the last batch was copied; −1: none was. */
  leaderEpoch: number;
  offset: number;
  /** Behind the last record of the source that was seen; −1: none was. */
  sourceEnd: number;
}>;

/** A loss, and the copy that it is missing from. */
export type CopyLoss = MirrorLoss & Readonly<{ targetTopic: string }>;

/** Of which topic a topic is claimed to be the copy; `sourceCluster`: the id of that cluster. */
type CopyClaim = Readonly<{ sourceCluster: string; sourceTopic: string }>;

export type MirrorAccount = Readonly<{
  stands: readonly MirrorStand[];
  losses: readonly CopyLoss[];
  /** By the copy's name. */
  claims: ReadonlyMap<string, CopyClaim>;
}>;

const stateTopic = /^millrace-mirror\..*\.internal$/;
const claimsTopic = 'millrace-mirror-claims.internal';

/** Of all mirrors that write, or wrote, to the cluster; nothing where none ever did. */
export async function readMirrorAccount(cluster: KafkaCluster): Promise<MirrorAccount> {
  const stands: MirrorStand[] = [];
  const losses: CopyLoss[] = [];
  const claims = new Map<string, CopyClaim>();
  const { topics } = await cluster.metadata(null);
  for (const { name, partitions } of topics) {
    if (name === claimsTopic) {
      for (const [key, value] of await lastOfKeys(cluster, name, [0])) claims.set(key as string, value as CopyClaim);
    } else if (stateTopic.test(name)) {
      const numbers = partitions.map(({ partition }) => partition);
      const state = await lastOfKeys(cluster, name, numbers);
      const own = standsOf(state);
      stands.push(...own);
      losses.push(...lossesOf(state, own));
    }
  }
  return { stands, losses, claims };
}

/** Keys and values as they stand, out of JSON. */
async function lastOfKeys(
  cluster: KafkaCluster,
  topic: string,
  partitions: readonly number[],
): Promise<readonly (readonly [key: unknown, value: unknown])[]> {
  const last = new Map<string, string>();
  for (const partition of partitions) {
    await readLog(cluster, { topic, partition }, ({ key, value }) => {
      if (key === null) return;
      if (value === null) last.delete(key.toString());
      else last.set(key.toString(), value.toString());
    });
  }
  return [...last].map(([key, value]) => [JSON.parse(key), JSON.parse(value)]);
}

function standsOf(state: Awaited<ReturnType<typeof lastOfKeys>>): MirrorStand[] {
  return state.flatMap(([key, value]) => {
    const [kind, topic, partition] = key as [string, string, number];
    return kind === 'position' ? [{ ...(value as Omit<MirrorStand, 'topic' | 'partition'>), topic, partition }] : [];
  });
}

/** A loss names the source's topic alone; the position of the same partition tells which copy lacks the records. */
function lossesOf(state: Awaited<ReturnType<typeof lastOfKeys>>, stands: readonly MirrorStand[]): CopyLoss[] {
  const copies = new Map(stands.map((stand) => [`${stand.partition}/${stand.topic}`, stand.targetTopic]));
  return state.flatMap(([key, value]) => {
    if ((key as [string])[0] !== 'loss') return [];
    const loss = value as MirrorLoss;
    const targetTopic = copies.get(`${loss.partition}/${loss.topic}`);
    return targetTopic === undefined ? [] : [{ ...loss, targetTopic }];
  });
}
