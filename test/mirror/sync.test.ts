import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Acl, aclText, anyTopicAcl, createAcls, deleteAcls, describeAcls } from '../../src/kafka/acls.ts';
import { describeTopics } from '../../src/kafka/admin.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { commitOffsets, groupPositions } from '../../src/kafka/group-offsets.ts';
import { growPartitions } from '../../src/kafka/partition-growth.ts';
import { deleteRecords } from '../../src/kafka/record-deletion.ts';
import { alterTopicConfigs, describeTopicConfigs } from '../../src/kafka/topic-configs.ts';
import { Heartbeats } from '../../src/mirror/heartbeat.ts';
import { MirrorSync } from '../../src/mirror/mirror-sync.ts';
import type { SyncFault } from '../../src/mirror/sync-fault.ts';
import { GroupSync, type GroupSyncOptions } from '../../src/mirror/sync-groups.ts';
import type { PartitionProgress } from '../../src/mirror/topic-pair.ts';
import { GroupConsumer } from '../support/group-consumer.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { authorizedProperties, startKafka, type TestKafka } from '../support/testbed/kafka.ts';
import { topicRecords } from '../support/topic-records.ts';

describeWithJava('what a mirror keeps alike beside the records', () => {
  const kafkas: TestKafka[] = [];
  const clusters: KafkaCluster[] = [];
  let [from, to] = [] as unknown as [TestKafka, TestKafka];
  let [source, target] = [] as unknown as [KafkaCluster, KafkaCluster];

  beforeAll(async () => {
    // The target refuses what does not fit its own bound.
    const bounded = { ...authorizedProperties, 'log.cleaner.max.compaction.lag.ms': '1000' };
    const starts = [authorizedProperties, bounded].map((properties) => startKafka({ properties }));
    kafkas.push(...(await Promise.all(starts)));
    for (const { bootstrap } of kafkas) {
      const properties = new Map([['bootstrap.servers', bootstrap]]);
      clusters.push(new KafkaCluster(clientConfig(properties, 'test')));
    }
    [from, to] = kafkas as [TestKafka, TestKafka];
    [source, target] = clusters as [KafkaCluster, KafkaCluster];
  }, 120_000);

  afterAll(async () => {
    for (const cluster of clusters) cluster.close();
    await Promise.all(kafkas.map((kafka) => kafka.stop()));
  });

  const options = (more: Partial<GroupSyncOptions> = {}): GroupSyncOptions => ({
    source,
    target,
    isCarried: () => true,
    targetTopic: (topic) => `dc1.${topic}`,
    progressOf: () => null,
    ...more,
  });

  async function createPair(topic: string, partitions = 1, config: Readonly<Record<string, string>> = {}) {
    await from.createTopic(topic, partitions, config);
    await to.createTopic(`dc1.${topic}`, partitions);
    return { source: topic, target: `dc1.${topic}` };
  }

  it('configs, partitions and access rules follow the source, and then there is nothing to do', async () => {
    const topic = await createPair('orders', 2, { 'retention.ms': '1000', 'min.insync.replicas': '1' });
    await alterTopicConfigs(target, [{ topic: topic.target, set: { 'flush.ms': '7' }, remove: [] }]);
    await growPartitions(source, [{ topic: 'orders', partitions: 3 }]);
    const acl = (operation: Acl['operation'], resourceName = 'orders'): Acl => ({
      ...{ resourceType: 'topic', patternType: 'literal', principal: 'User:ada', host: '*', permission: 'allow' },
      resourceName,
      operation,
    });
    await createAcls(source, [acl('all'), acl('write'), acl('describe'), acl('read', 'elsewhere')]);
    await createAcls(target, [acl('write', topic.target)]);
    const sync = new MirrorSync(options(), { configs: true, acls: true, groups: true });
    await expect.poll(async () => (await describeTopics(source, ['orders']))[0]!.partitions.length).toBe(3);
    await expect
      .poll(async () => (await describeTopicConfigs(target, [topic.target])).get(topic.target)!.get('flush.ms')!.value)
      .toBe('7');
    const first = await sync.once([topic]);
    expect(first.faults).toEqual([]);
    expect(first.partitions).toEqual([{ topic: topic.target, before: 2, partitions: 3 }]);
    expect(first.configs).toEqual([{ topic: topic.target, set: { 'retention.ms': '1000' }, remove: ['flush.ms'] }]);
    expect(first.aclsAdded.map(aclText).sort()).toEqual([
      "allow User:ada from * to describe topic 'dc1.orders'",
      "allow User:ada from * to read topic 'dc1.orders'",
    ]);
    await deleteAcls(source, [{ ...anyTopicAcl, resourceName: 'orders', patternType: 'literal', operation: 'all' }]);
    await expect.poll(async () => (await describeTopics(target, [topic.target]))[0]!.partitions.length).toBe(3);
    const second = await sync.once([topic]);
    expect(second).toEqual({
      ...{ partitions: [], configs: [], aclsAdded: [], groups: [], faults: [] },
      aclsRemoved: [acl('read', topic.target)],
    });
    const rules = await describeAcls(target, anyTopicAcl);
    expect(new Set(rules)).toEqual(new Set([acl('write', topic.target), acl('describe', topic.target)]));
  });

  it('what one topic refuses does not hold up the others', async () => {
    const bad = await createPair('refused', 1, { 'min.compaction.lag.ms': '5000' });
    const good = await createPair('fine', 1, { 'retention.ms': '5' });
    const parts = { configs: true, acls: false, groups: false };
    const report = await new MirrorSync(options(), parts).once([bad, good]);
    expect(report.configs.map(({ topic }) => topic)).toEqual(['dc1.fine']);
    expect(report.faults).toEqual([
      { what: "configs of topic 'dc1.refused'", error: expect.objectContaining({ code: 'INVALID_OPTION' }) },
    ]);
  });

  it('a part that fails does not hold up the others', async () => {
    const unreachable = { brokers: [{ host: '127.0.0.1', port: 1 }], retryBackoffMs: 1, retryBackoffMaxMs: 1 };
    const nowhere = new KafkaCluster({ ...target.config, ...unreachable });
    const parts = { configs: true, acls: true, groups: true };
    const report = await new MirrorSync(options({ target: nowhere }), parts).once([{ source: 'a', target: 'b' }]);
    nowhere.close();
    expect(report.faults.map(({ what, error }) => [what, error.code])).toEqual([
      ['partitions', 'CONNECTION'],
      ['configs', 'CONNECTION'],
      ['access rules', 'CONNECTION'],
    ]);
  });

  it('a group goes on at the copy of the first record that it has not read', async () => {
    const topic = await createPair('read', 1);
    await from.produce('read', 0, records(0, 10));
    await to.produce(topic.target, 0, records(100, 103)); // somebody else's: the copies begin at 3
    await to.produce(topic.target, 0, records(0, 10));
    const progress: PartitionProgress = {
      runs: [{ sourceFrom: 0, sourceTo: 10, targetFrom: 3 }],
      offset: 10,
      targetOffset: 13,
    };
    const sync = new GroupSync(options({ isCarried: (group) => group === 'readers', progressOf: () => progress }));
    const before = new GroupConsumer(from.bootstrap, 'readers', ['read']);
    const read = await before.take(4);
    const faults: SyncFault[] = [];
    const outcome = {
      ...{ group: 'readers', topic: 'read', partition: 0, targetTopic: topic.target, source: 4 },
      ...{ before: null, after: 7, outcome: 'moved' },
    };
    expect(await sync.once(faults)).toEqual([outcome]);
    expect(await sync.once(faults)).toEqual([{ ...outcome, before: 7, outcome: 'in-place' }]);
    await before.close();
    const after = new GroupConsumer(to.bootstrap, 'readers', [topic.target]);
    read.push(...(await after.take(2)));
    await commitOffsets(source, 'readers', [{ topic: 'read', partition: 0, offset: 10 }]);
    // It has a member there: nobody else may move it.
    expect(await sync.once(faults)).toEqual([
      { ...outcome, source: 10, before: 9, after: 9, outcome: 'active-at-target' },
    ]);
    read.push(...(await after.take(4)));
    expect(read).toEqual(records(0, 10).map(({ value }) => value));
    await after.close();
    expect(faults).toEqual([]);
  });

  it('a position waits for the mirror, goes back with the source, and not against somebody who read on', async () => {
    const topic = await createPair('moved');
    await from.produce('moved', 0, records(0, 10));
    await to.produce(topic.target, 0, records(0, 6));
    const progress: PartitionProgress = {
      runs: [{ sourceFrom: 0, sourceTo: 6, targetFrom: 0 }],
      offset: 6,
      targetOffset: 6,
    };
    const group = 'simple';
    const sync = new GroupSync(options({ isCarried: (name) => name === group, progressOf: () => progress }));
    const round = async (offset: number, metadata: string | null = null) => {
      await commitOffsets(source, group, [{ topic: 'moved', partition: 0, offset, metadata }]);
      const [done] = await sync.once([]);
      return [done!.before, done!.after, done!.outcome];
    };
    expect(await round(8)).toEqual([null, null, 'ahead-of-mirror']);
    expect(await round(5, 'mark')).toEqual([null, 5, 'moved']);
    const there = { topic: topic.target, partition: 0, metadata: null };
    expect(await groupPositions(target, group)).toEqual([{ ...there, offset: 5, metadata: 'mark' }]);
    expect(await round(2)).toEqual([5, 2, 'moved']);
    await commitOffsets(target, group, [{ ...there, offset: 6 }]);
    expect(await round(1)).toEqual([6, 6, 'target-ahead']);
    await commitOffsets(target, group, [{ ...there, offset: 0 }]);
    await deleteRecords(target, [{ topic: topic.target, partition: 0, offset: 4 }]);
    expect(await round(3)).toEqual([0, 4, 'moved']); // what lay before is gone from the copy
    expect(await round(3)).toEqual([4, 4, 'in-place']);
  });

  it('never goes beyond the end of a copy that was made anew', async () => {
    const topic = await createPair('remade');
    const progress: PartitionProgress = {
      runs: [{ sourceFrom: 0, sourceTo: 6, targetFrom: 0 }],
      offset: 6,
      targetOffset: 6,
    };
    await from.produce('remade', 0, records(0, 6));
    await commitOffsets(source, 'remakers', [{ topic: 'remade', partition: 0, offset: 6 }]);
    const sync = new GroupSync(options({ isCarried: (name) => name === 'remakers', progressOf: () => progress }));
    expect(await sync.once([])).toEqual([expect.objectContaining({ after: null, outcome: 'beyond-copy' })]);
    await to.produce(topic.target, 0, records(0, 6));
    expect(await sync.once([])).toEqual([expect.objectContaining({ after: 6, outcome: 'moved' })]);
  });

  it('writes heartbeats, into a topic that it makes', async () => {
    const heartbeats = new Heartbeats(target, { source: 'dc1', target: 'agg' }, -1);
    await heartbeats.beat(1_700_000_000_000);
    await heartbeats.beat(1_700_000_001_000);
    const written = await topicRecords(to.bootstrap, 'heartbeats');
    expect(written.map(({ timestamp }) => timestamp)).toEqual([1_700_000_000_000, 1_700_000_001_000]);
    const configs = (await describeTopicConfigs(target, ['heartbeats'])).get('heartbeats')!;
    expect(configs.get('cleanup.policy')!.value).toBe('compact');
  });
});

function records(first: number, end: number): { value: string }[] {
  return Array.from({ length: end - first }, (_, i) => ({ value: String(first + i) }));
}
