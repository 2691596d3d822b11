import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { atCoordinator } from './coordinator.ts';
import { type DescribedGroup, describeClassicGroup, describeNewGroup, type GroupState } from './group-description.ts';

/** Consumer groups: which there are, and who is in them. */

/** `protocolType`: 'consumer' for those of consumers; empty for positions that nobody ever joined a group for. */
export type ListedGroup = Readonly<{ group: string; protocolType: string; state: GroupState }>;

/** Whether a group has no living members, so that somebody else may set its positions. */
export function isIdle({ state }: Readonly<{ state: GroupState }>): boolean {
  return state === 'Empty' || state === 'Dead';
}

/** Every group of the cluster, by asking each broker. */
export async function listGroups(cluster: KafkaCluster): Promise<ListedGroup[]> {
  return cluster.retry(async () => {
    const { brokers } = await cluster.metadataOnce([]);
    const lists = await Promise.all([...brokers.keys()].map((node) => listAt(cluster, node)));
    // A group that moves between coordinators may be told twice.
    return [...new Map(lists.flat().map((listed) => [listed.group, listed])).values()];
  });
}

async function listAt(cluster: KafkaCluster, node: number): Promise<ListedGroup[]> {
  const r = await cluster.request(node, apis.listGroups, (w) => w.array([], () => {}).tags());
  r.int32(); // throttle time
  const code = r.int16();
  if (code !== brokerErrors.none) throw brokerError(code, `listing the groups of broker ${node}`);
  return r.array(() => {
    const listed = { group: r.string(), protocolType: r.string(), state: r.string() };
    r.tags();
    return listed;
  });
}

/**
 * State, members and their partitions of these groups, in their order; one that is not there is `Dead`. A broker tells of groups of the
 * newer protocol (KIP-848) only when asked by another request, and calls them dead in answer to the older: so what it calls dead is looked up
 * in its list.
 */
export async function describeGroups(cluster: KafkaCluster, groups: readonly string[]): Promise<DescribedGroup[]> {
  const described: DescribedGroup[] = [];
  for (const group of groups) {
    const describe = (node: number): Promise<DescribedGroup> => describeGroup(cluster, node, group);
    described.push(await cluster.retry(() => atCoordinator(cluster, 'group', group, describe)));
  }
  return described;
}

async function describeGroup(cluster: KafkaCluster, node: number, group: string): Promise<DescribedGroup> {
  const classic = await describeClassicGroup(cluster, node, group);
  if (classic.state !== 'Dead') return classic;
  const listed = (await listAt(cluster, node)).find((one) => one.group === group);
  if (listed === undefined || listed.state === 'Dead') return classic;
  // Share and streams groups have positions and members of another kind: their state is all there is to say.
  if (listed.protocolType !== 'consumer') return { group, state: listed.state, members: [] };
  return describeNewGroup(cluster, node, group);
}
