import { describe, expect, it } from 'vitest';
import { isMirrored, targetTopicOf } from '../../src/mirror/mirror-names.ts';
import { parseMirror } from '../../src/mirror/mirror-spec.ts';
import { quotaOf } from '../../src/mirror/quota-spec.ts';
import { isEngineError } from '../../src/model/errors.ts';

const least = [
  'apiVersion: millrace/v1',
  'kind: Mirror',
  'metadata: { name: dc1-tracking }',
  'spec:',
  '  source: { alias: dc1, bootstrapServers: "dc1:9092" }',
  '  target: { alias: aggregate, bootstrapServers: "agg:9092" }',
  '  topics: { include: ["tracking.*"], exclude: ["tracking-secret"] }',
];

const parse = (...more: readonly string[]) => parseMirror([...least, ...more].join('\n'), 'mirror `m.yaml`');

describe('a mirror file', () => {
  it('has defaults for all but both sides and the topics', () => {
    expect(parse()).toMatchObject({
      name: 'dc1-tracking',
      source: { alias: 'dc1', config: { brokers: [{ host: 'dc1', port: 9092 }] } },
      naming: 'identity',
      delivery: 'reconcile',
      onLoss: 'fail',
      startFrom: 'earliest',
      replicationFactor: -1,
      quotas: [],
      sync: { topicsMs: 5_000, configs: true, acls: true, groups: true, intervalMs: 10_000, heartbeatsMs: 1_000 },
      commitMs: 1_000,
      leaseMs: 10_000,
    });
  });

  it('takes what is said', () => {
    const spec = parse(
      '  groups: { include: ["app-.*"] }',
      '  naming: prefix',
      '  delivery: transactional',
      '  onLoss: skip-and-record',
      '  startFrom: latest',
      '  replicationFactor: 3',
      '  quotas: { "tracking-bulk": 10 mb, ".*": 1 gb }',
      '  sync: { topics: 1 s, configs: false, interval: 1 min }',
      '  commitInterval: 200 ms',
      '  leaseTimeout: 5 s',
    );
    expect(spec).toMatchObject({ naming: 'prefix', delivery: 'transactional', onLoss: 'skip-and-record' });
    expect(spec).toMatchObject({ replicationFactor: 3, commitMs: 200, leaseMs: 5_000, startFrom: 'latest' });
    expect(spec.sync).toMatchObject({ topicsMs: 1_000, configs: false, acls: true, intervalMs: 60_000 });
    expect(quotaOf(spec.quotas, 'tracking-bulk')).toBe(10 * 1024 ** 2);
    expect(quotaOf(spec.quotas, 'tracking-bulk-2')).toBe(1024 ** 3);
    expect(quotaOf(parse().quotas, 'tracking')).toBe(Infinity);
  });

  it('hands properties to the clients', () => {
    const text = least
      .join('\n')
      .replace('"dc1:9092" }', '"dc1:9092", properties: { client.id: x, fetch.max.bytes: 99 } }');
    const { source, target } = parseMirror(text, 'mirror');
    expect(source.config).toMatchObject({ clientId: 'x', consumer: { fetchMaxBytes: 99, readCommitted: true } });
    expect(target.config.clientId).toBe('millrace');
  });

  it.each([
    ['  namng: prefix', /line 8: spec\.namng: unknown field/, /Did you mean 'naming'/],
    ['  naming: both', /line 8: spec\.naming: expected 'identity' or 'prefix', found "both"/, null],
    ['  delivery: exactly-once', /'reconcile' or 'transactional' or 'at-least-once'/, null],
    ['  groups: { include: ["("] }', /spec\.groups\.include: expected regular expressions, and '\(' is none/, null],
    ['  quotas: { "a": fast }', /spec\.quotas\.a: expected a size/, null],
    ['  commitInterval: 1 ms', /spec\.commitInterval: expected a duration .* 10 ms or more, found "1 ms"/, null],
    ['  sync: { config: true }', /spec\.sync\.config: unknown field/, /Did you mean 'configs'/],
  ])('says what is wrong with %s, and where', (line, message, hint) => {
    const failure = failureOf(() => parse(line));
    expect(failure.message).toMatch(message);
    expect(failure).toMatchObject({ code: 'INVALID_OPTION', position: { line: 8 } });
    if (hint !== null) expect(failure.hint).toMatch(hint);
  });

  it.each([
    ['dc1:9092', 'dc1', /'properties\.bootstrap\.servers': expected host:port, got 'dc1'/],
    ['alias: aggregate', 'alias: dc1', /spec\.target\.alias: expected another alias than that of the source/],
    ['["tracking.*"]', '[]', /spec\.topics\.include: expected a list of regular expressions/],
  ])('refuses %s in place of %s', (before, after, message) => {
    const failure = failureOf(() => parseMirror(least.join('\n').replace(before, after), 'mirror `m.yaml`'));
    expect(failure.message).toMatch(message);
    expect(failure.position?.line).toBeGreaterThan(4);
  });
});

function failureOf(step: () => unknown) {
  try {
    step();
  } catch (error) {
    if (isEngineError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the topics of a mirror', () => {
  const topic = (name: string, internal = false) => ({ name, internal });

  it('fit as a whole, and are nobody’s own', () => {
    const spec = parse();
    const fitting = ['tracking', 'tracking-clicks', 'my-tracking', 'tracking-secret', 'tracking-secrets'];
    expect(fitting.filter((name) => isMirrored(spec, topic(name)))).toEqual([
      'tracking',
      'tracking-clicks',
      'tracking-secrets',
    ]);
    const all = { ...spec, topics: { include: [/^.*$/], exclude: [] } };
    const own = [topic('__consumer_offsets', true), topic('__x'), topic('heartbeats'), topic('dc2.heartbeats')];
    const others = [
      topic('mm2-offset-syncs.b.internal'),
      topic('millrace-mirror.x.internal'),
      topic('millrace-audit'),
      topic('b.checkpoints.internal'),
    ];
    for (const one of [...own, ...others]) expect(isMirrored(all, one)).toBe(false);
  });

  it('do not go back under a prefix of where they go', () => {
    const spec = { ...parse('  naming: prefix'), topics: { include: [/^.*$/], exclude: [] } };
    expect(isMirrored(spec, topic('aggregate.orders'))).toBe(false);
    expect(isMirrored(spec, topic('dc2.orders'))).toBe(true);
    expect(targetTopicOf(spec, 'orders')).toBe('dc1.orders');
    expect(targetTopicOf(parse(), 'orders')).toBe('orders');
  });
});
