import { Consumer } from '@platformatic/kafka';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Acl, anyTopicAcl, createAcls, deleteAcls, describeAcls } from '../../src/kafka/acls.ts';
import { describeTopics } from '../../src/kafka/admin.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { commitOffsets, groupPositions } from '../../src/kafka/group-offsets.ts';
import { describeGroups, isIdle, listGroups } from '../../src/kafka/groups.ts';
import { epochEnds } from '../../src/kafka/leader-epochs.ts';
import { listOffsets, offsetSpec } from '../../src/kafka/offsets.ts';
import { growPartitions } from '../../src/kafka/partition-growth.ts';
import { deleteRecords } from '../../src/kafka/record-deletion.ts';
import { alterTopicConfigs, describeTopicConfigs } from '../../src/kafka/topic-configs.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { authorizedProperties, startKafka, type TestKafka } from '../support/testbed/kafka.ts';

describeWithJava('administration of a real broker', () => {
  let kafka: TestKafka;
  let cluster: KafkaCluster;

  beforeAll(async () => {
    kafka = await startKafka({ properties: authorizedProperties });
    cluster = new KafkaCluster(clientConfig(new Map([['bootstrap.servers', kafka.bootstrap]]), 'test'));
  }, 120_000);

  afterAll(async () => {
    cluster?.close();
    await kafka?.stop();
  });

  it('tells configs set on a topic from those of the broker, sets some and takes some away', async () => {
    await kafka.createTopic('configured', 1, { 'retention.ms': '1000', 'cleanup.policy': 'compact' });
    await alterTopicConfigs(cluster, [
      {
        topic: 'configured',
        set: { 'retention.ms': '2000', 'max.message.bytes': '12345' },
        remove: ['cleanup.policy'],
      },
    ]);
    const configsNow = async () =>
      (await describeTopicConfigs(cluster, ['configured', 'not-there'])).get('configured')!;
    const overridden = async () =>
      Object.fromEntries(
        [...(await configsNow())].filter(([, { overridden }]) => overridden).map(([k, v]) => [k, v.value]),
      );
    await expect.poll(overridden).toEqual({ 'retention.ms': '2000', 'max.message.bytes': '12345' });
    expect([...(await describeTopicConfigs(cluster, ['configured', 'not-there'])).keys()]).toEqual(['configured']);
    const configs = await configsNow();
    expect(configs.get('cleanup.policy')).toEqual({ value: 'delete', overridden: false });
    expect(configs.size).toBeGreaterThan(20);
  });

  it("refuses a config with the broker's words", async () => {
    await kafka.createTopic('refused');
    const change = { topic: 'refused', set: { 'retention.ms': 'soon' }, remove: [] };
    await expect(alterTopicConfigs(cluster, [change])).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(
        /^changing configs of topic 'refused': the broker answered INVALID_CONFIG \(.*soon/,
      ),
    });
  });

  it('adds partitions, and never takes any away', async () => {
    await kafka.createTopic('grown', 2);
    await growPartitions(cluster, [{ topic: 'grown', partitions: 5 }]);
    await expect.poll(async () => (await describeTopics(cluster, ['grown']))[0]!.partitions.length).toBe(5);
    await expect(growPartitions(cluster, [{ topic: 'grown', partitions: 3 }])).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining("adding partitions to topic 'grown': the broker answered INVALID_PARTITIONS"),
    });
  });

  it('writes access rules, finds them again by a filter, and deletes them', async () => {
    const acl = (resourceName: string, more: Partial<Acl>): Acl => ({
      resourceType: 'topic',
      resourceName,
      patternType: 'literal',
      principal: 'User:ada',
      host: '*',
      operation: 'read',
      permission: 'allow',
      ...more,
    });
    const acls = [
      acl('ruled', {}),
      acl('ruled', { operation: 'write', permission: 'deny', host: '10.0.0.1' }),
      acl('rul', { patternType: 'prefixed', operation: 'all' }),
      acl('readers', { resourceType: 'group' }),
    ];
    await createAcls(cluster, acls);
    const onTopics = (await describeAcls(cluster, anyTopicAcl))!;
    expect(new Set(onTopics)).toEqual(new Set(acls.slice(0, 3)));
    const denied = await describeAcls(cluster, { ...anyTopicAcl, permission: 'deny' });
    expect(denied).toEqual([acls[1]]);
    const deleted = await deleteAcls(cluster, [{ ...anyTopicAcl, resourceName: 'ruled', patternType: 'literal' }]);
    expect(new Set(deleted)).toEqual(new Set(acls.slice(0, 2)));
    expect(await describeAcls(cluster, anyTopicAcl)).toEqual([acls[2]]);
  });

  it.each(['classic', 'consumer'] as const)(
    'sees who is in a group of the %s protocol, and when nobody is',
    async (protocol) => {
      const [topic, group] = [`consumed-${protocol}`, `group-${protocol}`];
      await kafka.createTopic(topic, 2);
      await kafka.produce(topic, 0, [{ value: 'a' }]);
      const consumer = new Consumer({
        clientId: 'reader',
        groupId: group,
        bootstrapBrokers: [kafka.bootstrap],
        ...(protocol === 'consumer' ? { groupProtocol: 'consumer' as const } : {}),
      });
      const stream = await consumer.consume({ topics: [topic], autocommit: false, mode: 'earliest' as never });
      const groupNow = async () => (await describeGroups(cluster, [group]))[0]!;
      const assigned = async () => (await groupNow()).members.flatMap((member) => member.assignment).length;
      await expect.poll(assigned, { timeout: 10_000 }).toBe(2);
      const described = await groupNow();
      expect(described.members).toEqual([
        expect.objectContaining({
          clientId: 'reader',
          assignment: [
            { topic, partition: 0 },
            { topic, partition: 1 },
          ],
        }),
      ]);
      expect(isIdle(described)).toBe(false);
      expect((await listGroups(cluster)).find((listed) => listed.group === group)).toEqual({
        group,
        protocolType: 'consumer',
        state: 'Stable',
      });
      const position = { topic, partition: 0, offset: 1, metadata: 'by hand' };
      await expect(commitOffsets(cluster, group, [position])).rejects.toMatchObject({ code: 'CONFLICT' });
      await stream.close();
      await consumer.close(true);
      await expect.poll(async () => isIdle(await groupNow()), { timeout: 10_000 }).toBe(true);
      await commitOffsets(cluster, group, [position]);
      expect(await groupPositions(cluster, group)).toEqual([position]);
    },
  );

  it('calls a group that is not there dead', async () => {
    expect(await describeGroups(cluster, ['nobody'])).toEqual([{ group: 'nobody', state: 'Dead', members: [] }]);
    expect(await groupPositions(cluster, 'nobody')).toEqual([]);
  });

  it('deletes the oldest records and says which is first then', async () => {
    await kafka.createTopic('purged', 2);
    await kafka.produce('purged', 0, [{ value: 'a' }, { value: 'b' }, { value: 'c' }]);
    await kafka.produce('purged', 1, [{ value: 'd' }]);
    const left = await deleteRecords(cluster, [
      { topic: 'purged', partition: 0, offset: 2 },
      { topic: 'purged', partition: 1, offset: -1 },
    ]);
    expect(Object.fromEntries(left)).toEqual({ 'purged-0': 2, 'purged-1': 1 });
    const first = await listOffsets(cluster, [{ topic: 'purged', partition: 0 }], offsetSpec.earliest, false);
    expect(first.get('purged-0')).toBe(2);
    const beyond = deleteRecords(cluster, [{ topic: 'purged', partition: 0, offset: 9 }]);
    await expect(beyond).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it("knows where a leader's records end", async () => {
    await kafka.createTopic('led');
    await kafka.produce('led', 0, [{ value: 'a' }, { value: 'b' }]);
    const [described] = await describeTopics(cluster, ['led']);
    const { leaderEpoch } = described!.partitions[0]!;
    const ends = await epochEnds(cluster, [{ topic: 'led', partition: 0, leaderEpoch }]);
    expect(ends.get('led-0')).toEqual({ leaderEpoch, endOffset: 2 });
  });
});

describeWithJava('a broker without an authorizer', () => {
  it('has no access rules, which is not the same as none of them', async () => {
    const kafka = await startKafka();
    const cluster = new KafkaCluster(clientConfig(new Map([['bootstrap.servers', kafka.bootstrap]]), 'test'));
    try {
      expect(await describeAcls(cluster, anyTopicAcl)).toBeNull();
      await kafka.createTopic('open');
      const acl = { ...anyTopicAcl, resourceName: 'open', patternType: 'literal', principal: 'User:ada', host: '*' };
      const rule = { ...acl, operation: 'read', permission: 'allow' } as Acl;
      await expect(createAcls(cluster, [rule])).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining("adding the rule allow User:ada from * to read topic 'open'"),
      });
    } finally {
      cluster.close();
      await kafka.stop();
    }
  }, 60_000);
});
