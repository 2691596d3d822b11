import { describe, expect, it } from 'vitest';
import { type Acl, aclText } from '../../src/kafka/acls.ts';
import type { TopicConfig } from '../../src/kafka/topic-configs.ts';
import { heartbeatKey, heartbeatValue } from '../../src/mirror/heartbeat.ts';
import { aclChanges, aclsOfCopies } from '../../src/mirror/sync-acls.ts';
import { configChange, configsOfCopy, isCarried } from '../../src/mirror/sync-configs.ts';
import { growthOf } from '../../src/mirror/sync-partitions.ts';

describe('configs of a copy', () => {
  const set = (value: string): TopicConfig => ({ value, overridden: true });
  const inherited = (value: string): TopicConfig => ({ value, overridden: false });
  const source = new Map([
    ['retention.ms', set('1000')],
    ['max.message.bytes', set('2000')],
    ['min.insync.replicas', set('2')],
    ['message.timestamp.type', set('LogAppendTime')],
    ['compression.type', set('gzip')],
    ['segment.bytes', inherited('99')],
  ]);

  it.each([
    ['retention.ms', true],
    ['cleanup.policy', true],
    ['segment.bytes', true],
    ['min.insync.replicas', false],
    ['message.timestamp.type', false],
    ['message.timestamp.before.max.ms', false],
    ['unclean.leader.election.enable', false],
    ['leader.replication.throttled.replicas', false],
    ['follower.replication.throttled.replicas', false],
    ['remote.storage.enable', false],
    ['local.retention.ms', false],
    ['compression.type', false],
  ])('%s is carried: %s', (config, carried) => expect(isCarried(config)).toBe(carried));

  it('are those set on the topic, and never another compression than the producer’s', () => {
    const expected = { 'retention.ms': '1000', 'max.message.bytes': '2000', 'compression.type': 'producer' };
    expect(configsOfCopy(source)).toEqual(expected);
  });

  it('change where they differ, and only there', () => {
    const target = new Map([
      ['retention.ms', set('1000')],
      ['max.message.bytes', inherited('2000')],
      ['min.insync.replicas', set('1')],
      ['compression.type', inherited('producer')],
      ['flush.ms', set('5')],
    ]);
    const change = { topic: 'copy', set: { 'max.message.bytes': '2000' }, remove: ['flush.ms'] };
    expect(configChange('copy', source, target)).toEqual(change);
  });

  it('do not change when they are as they should be', () => {
    const target = new Map([
      ['retention.ms', set('1000')],
      ['max.message.bytes', set('2000')],
      ['compression.type', inherited('producer')],
      ['message.timestamp.type', set('CreateTime')],
    ]);
    expect(configChange('copy', source, target)).toBeNull();
    const packed = new Map([...target, ['compression.type', inherited('zstd')] as const]);
    const repair = { topic: 'copy', set: { 'compression.type': 'producer' }, remove: [] };
    expect(configChange('copy', source, packed)).toEqual(repair);
  });
});

describe('access rules of a copy', () => {
  const acl = (resourceName: string, operation: Acl['operation'], more: Partial<Acl> = {}): Acl => ({
    resourceType: 'topic',
    resourceName,
    patternType: 'literal',
    principal: 'User:ada',
    host: '*',
    operation,
    permission: 'allow',
    ...more,
  });
  const topics = ['orders', 'order-lines', 'payments'].map((name) => ({ source: name, target: `dc1.${name}` }));
  const copies = (...acls: Acl[]): string[] => aclsOfCopies(acls, topics).map(aclText);

  it.each([
    ['read', 'read'],
    ['describe', 'describe'],
    ['describe-configs', 'describe-configs'],
    ['all', 'read'],
    ['write', null],
    ['create', null],
    ['delete', null],
    ['alter', null],
    ['alter-configs', null],
    ['unknown', null],
  ] as const)('%s becomes %s', (given, carried) => {
    const expected = carried === null ? [] : [`allow User:ada from * to ${carried} topic 'dc1.orders'`];
    expect(copies(acl('orders', given))).toEqual(expected);
  });

  it.each(['all', 'write', 'read'] as const)('%s that is denied stays denied', (operation) => {
    const expected = [`deny User:ada from * to ${operation} topic 'dc1.orders'`];
    expect(copies(acl('orders', operation, { permission: 'deny' }))).toEqual(expected);
  });

  it('are written out for each topic that a pattern fits, each once', () => {
    const read = (topic: string): string => `allow User:ada from * to read topic 'dc1.${topic}'`;
    const prefixed = acl('order', 'read', { patternType: 'prefixed' });
    expect(copies(prefixed)).toEqual([read('orders'), read('order-lines')]);
    expect(copies(acl('*', 'read'), prefixed, acl('orders', 'all'))).toEqual(
      ['orders', 'order-lines', 'payments'].map(read),
    );
  });

  it('are of mirrored topics alone', () => {
    expect(copies(acl('others', 'read'), acl('orders', 'read', { resourceType: 'group' }))).toEqual([]);
  });

  it('are taken away when the source’s are, but never those of the target itself', () => {
    const [kept, gone, own, elsewhere] = [
      acl('dc1.orders', 'read'),
      acl('dc1.orders', 'describe'),
      acl('dc1.orders', 'write', { principal: 'User:mirror' }),
      acl('no-longer-mirrored', 'read'),
    ];
    const changes = aclChanges([kept], [kept, gone, elsewhere], [gone, own, elsewhere], topics);
    expect(changes).toEqual({ added: [kept], removed: [gone] });
  });
});

describe('partitions of a copy', () => {
  const topic = (name: string, count: number) => ({
    name,
    partitions: Array.from({ length: count }),
  });

  it('grow with the source’s and are never fewer', () => {
    const source = [topic('a', 5), topic('b', 2), topic('c', 3), topic('new', 4)];
    const target = [topic('x.a', 3), topic('x.b', 4), topic('x.c', 3), topic('x.new', 0)];
    const topics = source.map(({ name }) => ({ source: name, target: `x.${name}` }));
    expect(growthOf(source, target, topics)).toEqual([{ topic: 'x.a', before: 3, partitions: 5 }]);
  });
});

it('a heartbeat has the bytes of MirrorMaker 2', () => {
  expect(heartbeatKey({ source: 'dc1', target: 'agg' }).toString('hex')).toBe('00036463310003616767');
  expect(heartbeatValue(1_700_000_000_000).toString('hex')).toBe('00000000018bcfe56800');
});
