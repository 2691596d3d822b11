import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import type { TopicPartition } from './offsets.ts';
import { ResponseReader } from './response-reader.ts';

/** What a coordinator says of a group: DescribeGroups version 5, and ConsumerGroupDescribe version 0 for those of KIP-848. */

/** `Empty`: positions, but no member. `Dead`: the group is not there. Any other has members. As the brokers write it. */
export type GroupState =
  | 'Empty'
  | 'Dead'
  | 'Stable'
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Assigning'
  | 'Reconciling'
  | (string & {});

export type GroupMember = Readonly<{
  memberId: string;
  /** Of a static member (KIP-345). */
  instanceId: string | null;
  clientId: string;
  clientHost: string;
  assignment: readonly TopicPartition[];
}>;

export type DescribedGroup = Readonly<{ group: string; state: GroupState; members: readonly GroupMember[] }>;

/** A group of the older protocol; `Dead` when it is not there or not of that protocol. */
export async function describeClassicGroup(
  cluster: KafkaCluster,
  node: number,
  group: string,
): Promise<DescribedGroup> {
  const r = await cluster.request(node, apis.describeGroups, (w) => {
    w.array([group], (id) => w.string(id))
      .boolean(false)
      .tags();
  });
  r.int32(); // throttle time
  const [described] = r.array(() => {
    const code = r.int16();
    r.string(); // the group
    const state = r.string();
    r.string(); // protocol type
    r.string(); // assignor
    const members = r.array(() => readClassicMember(r));
    r.int32(); // authorized operations
    r.tags();
    if (code !== brokerErrors.none) throw brokerError(code, `group '${group}'`);
    return { group, state, members };
  });
  return described ?? { group, state: 'Dead', members: [] };
}

function readClassicMember(r: ResponseReader): GroupMember {
  const [memberId, instanceId] = [r.string(), r.nullableString()];
  const [clientId, clientHost] = [r.string(), r.string()];
  r.skipBytesField(); // subscription
  const start = r.skipBytesField();
  const assignment = start === null ? [] : readAssignment(new ResponseReader(r.bytes, start, r.at));
  r.tags();
  return { memberId, instanceId, clientId, clientHost, assignment };
}

/** ConsumerProtocolAssignment, as consumers write it for one another; newer versions only add at the end. Empty while they rebalance. */
function readAssignment(r: ResponseReader): TopicPartition[] {
  if (r.atEnd) return [];
  r.int16(); // version
  const topics = r.shortArray(() => {
    const topic = r.shortString();
    return r.shortArray(() => ({ topic, partition: r.int32() }));
  });
  return topics.flat();
}

/** A group of the newer protocol. */
export async function describeNewGroup(cluster: KafkaCluster, node: number, group: string): Promise<DescribedGroup> {
  const r = await cluster.request(node, apis.consumerGroupDescribe, (w) => {
    w.array([group], (id) => w.string(id))
      .boolean(false)
      .tags();
  });
  r.int32(); // throttle time
  const [described] = r.array(() => {
    const [code, detail] = [r.int16(), r.nullableString()];
    r.string(); // the group
    const state = r.string();
    r.int32(); // group epoch
    r.int32(); // assignment epoch
    r.string(); // assignor
    const members = r.array(() => readNewMember(r));
    r.int32(); // authorized operations
    r.tags();
    if (code === brokerErrors.groupIdNotFound) return { group, state: 'Dead', members: [] };
    if (code !== brokerErrors.none) throw brokerError(code, `group '${group}'`, detail);
    return { group, state, members };
  });
  return described ?? { group, state: 'Dead', members: [] };
}

function readNewMember(r: ResponseReader): GroupMember {
  const [memberId, instanceId] = [r.string(), r.nullableString()];
  r.nullableString(); // rack
  r.int32(); // member epoch
  const [clientId, clientHost] = [r.string(), r.string()];
  r.array(() => r.string()); // subscribed topics
  r.nullableString(); // subscribed pattern
  const assignment = readNewAssignment(r);
  readNewAssignment(r); // where the rebalance leads
  r.tags();
  return { memberId, instanceId, clientId, clientHost, assignment };
}

function readNewAssignment(r: ResponseReader): TopicPartition[] {
  const topics = r.array(() => {
    r.uuid();
    const topic = r.string();
    const partitions = r.array(() => ({ topic, partition: r.int32() }));
    r.tags();
    return partitions;
  });
  r.tags();
  return topics.flat();
}
