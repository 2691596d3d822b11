import { describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import { planKafkaTable } from '../../src/kafka/kafka-table.ts';
import type { EngineError } from '../../src/model/errors.ts';
import { types } from '../../src/model/types.ts';
import { kafkaSinkFactory } from '../../src/sinks/kafka.ts';
import { kafkaSourceFactory } from '../../src/sources/kafka.ts';
import { connectorContext, physicalColumns, tableOf } from '../support/reader-harness.ts';

const fields = [{ name: 'n', type: types.of('bigint') }];
const good = {
  connector: 'kafka',
  topic: 'events',
  'properties.bootstrap.servers': 'a:1, [::1]:2,PLAINTEXT://c:3',
  'scan.startup.mode': 'earliest-offset',
  format: 'json',
};

type Given = Readonly<Record<string, string | undefined>>;

function definition(changes: Given) {
  const given = Object.entries({ ...good, ...changes }).filter(([, value]) => value !== undefined);
  return tableOf(fields, Object.fromEntries(given) as Record<string, string>);
}

const plan = (changes: Given = {}) => planKafkaTable(definition(changes), formats, 'UTC');

function failure(changes: Given, planIt: (changes: Given) => unknown = plan): EngineError {
  try {
    planIt(changes);
  } catch (error) {
    return error as EngineError;
  }
  throw new Error('it was accepted');
}

describe('a table of the kafka connector', () => {
  it('has defaults for throughput without waiting long', () => {
    const { client, topics, startup, bounded, discoveryIntervalMs } = plan();
    expect(client.brokers).toEqual([
      { host: 'a', port: 1 },
      { host: '::1', port: 2 },
      { host: 'c', port: 3 },
    ]);
    expect(client.consumer).toMatchObject({ fetchMinBytes: 1 << 20, fetchMaxBytes: 10485760, fetchMaxWaitMs: 50 });
    expect([topics, startup, bounded, discoveryIntervalMs]).toEqual([['events'], { kind: 'earliest' }, null, 300_000]);
  });

  it('takes a format by either name, with its options', () => {
    expect(plan({ 'json.ignore-parse-errors': 'true' }).value.formatOptions.get('ignore-parse-errors')).toBe(true);
    const other = plan({ format: undefined, 'value.format': 'csv', 'value.csv.field-delimiter': ';' }).value;
    expect([other.formatName, other.formatOptions.get('field-delimiter')]).toEqual(['csv', ';']);
  });

  it('reads where to begin and end', () => {
    const changes = {
      'scan.startup.mode': 'specific-offsets',
      'scan.startup.specific-offsets': 'partition:0,offset:42; partition : 1 , offset : 300',
      'scan.bounded.mode': 'timestamp',
      'scan.bounded.timestamp-millis': '1700000000000',
    };
    expect(plan(changes).startup).toEqual({ kind: 'specific', offsets: { 0: 42, 1: 300 } });
    expect(plan(changes).bounded).toEqual({ kind: 'timestamp', millis: 1_700_000_000_000 });
  });

  it.each<[string, Given, RegExp, (string | RegExp)?]>([
    ['no topic', { topic: undefined }, /'topic': expected one of 'topic' and 'topic-pattern', got neither/],
    ['topic and pattern', { 'topic-pattern': 'x' }, /got both/],
    [
      'a pattern that is none',
      { topic: undefined, 'topic-pattern': '(' },
      /'topic-pattern': expected a regular expression/,
    ],
    ['no brokers', { 'properties.bootstrap.servers': undefined }, /'properties.bootstrap.servers' is required/],
    ['a broker without a port', { 'properties.bootstrap.servers': 'a' }, /expected host:port, got 'a'/],
    [
      'a misspelt property',
      { 'properties.fetch.min.byte': '1' },
      /unknown option 'properties.fetch.min.byte'/,
      /fetch.min.bytes/,
    ],
    [
      'a property with a wrong value',
      { 'properties.fetch.min.bytes': 'many' },
      /'properties.fetch.min.bytes': expected a whole number/,
    ],
    ['weak acks', { 'properties.acks': '1' }, /'properties.acks': expected one of 'all', '-1', got '1'/],
    ['a misspelt option', { 'scan.start.mode': 'x' }, /unknown option 'scan.start.mode'/, /scan.startup.mode/],
    ['an option of another format', { 'csv.field-delimiter': ';' }, /unknown option 'csv.field-delimiter'/],
    ['no format', { format: undefined }, /'format': expected one of 'json', 'csv', 'raw', .*, got none/],
    ['an unknown format', { format: 'xml' }, /got 'xml'/],
    ['two formats', { 'value.format': 'json' }, /expected one of 'format' and 'value.format', got both/],
    [
      'a key format without fields',
      { 'key.format': 'json' },
      /'key.format': expected columns of the key in 'key.fields'/,
    ],
    ['key fields without a format', { 'key.fields': 'n' }, /'key.fields': expected a 'key.format' with it/],
    [
      'a key of changes',
      { 'key.format': 'debezium-json', 'key.fields': 'n' },
      /'key.format': expected a format of inserts only, got 'debezium-json'/,
    ],
    [
      'a key field that there is not',
      { 'key.format': 'raw', 'key.fields': 'x' },
      /columns of the table \(n\), got 'x'/,
    ],
    [
      'a prefix and all fields in the value',
      { 'key.format': 'raw', 'key.fields': 'n', 'key.fields-prefix': 'n' },
      /'key.fields-prefix': expected 'value.fields-include' to be 'EXCEPT_KEY' with a prefix, got 'ALL'/,
    ],
    [
      'a prefix that a field does not have',
      { 'key.format': 'raw', 'key.fields': 'n', 'key.fields-prefix': 'k_', 'value.fields-include': 'EXCEPT_KEY' },
      /expected every column of the key to begin with 'k_', got 'n'/,
    ],
    [
      'a round robin of keys',
      { 'key.format': 'raw', 'key.fields': 'n', 'sink.partitioner': 'round-robin' },
      /'sink.partitioner': expected 'round-robin' only without 'key.fields'/,
    ],
    [
      'a mode without its companion',
      { 'scan.startup.mode': 'timestamp' },
      /'scan.startup.timestamp-millis': expected a value/,
    ],
    [
      'a companion without its mode',
      { 'scan.startup.timestamp-millis': '5' },
      /expected none, as 'scan.startup.mode' is 'earliest-offset'/,
    ],
    [
      'offsets that are none',
      { 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': '0:42' },
      /expected 'partition:0,offset:42;partition:1,offset:300', got '0:42'/,
    ],
    [
      'offsets for several topics',
      {
        topic: 'a;b',
        'scan.startup.mode': 'specific-offsets',
        'scan.startup.specific-offsets': 'partition:0,offset:42',
      },
      /expected a single topic with specific-offsets, got 2/,
    ],
    ['exactly once', { 'sink.delivery-guarantee': 'exactly-once' }, /'exactly-once' is not built/],
    [
      'SASL without a mechanism',
      { 'properties.security.protocol': 'SASL_SSL' },
      /'properties.sasl.mechanism' is required/,
    ],
    ['an unknown mechanism', { 'properties.sasl.mechanism': 'GSSAPI' }, /expected one of 'PLAIN', 'SCRAM-SHA-256'/],
  ])('is refused with %s', (_, changes, message, hint) => {
    const error = failure(changes);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^table `default_catalog`.`default_database`.`t`, connector 'kafka': /);
    if (hint !== undefined) expect(error.hint).toMatch(hint);
  });

  it('reads user and password from a JAAS line', () => {
    const { client } = plan({
      'properties.security.protocol': 'SASL_PLAINTEXT',
      'properties.sasl.mechanism': 'SCRAM-SHA-512',
      'properties.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="ada" password="a\\"b;c";',
    });
    expect(client.sasl).toEqual({ mechanism: 'SCRAM-SHA-512', username: 'ada', password: 'a"b;c' });
  });
});

describe('the source', () => {
  const source = kafkaSourceFactory(formats);
  const planSource = (changes: Given) => source.plan(definition(changes), physicalColumns(fields), connectorContext());

  it.each<[Given, RegExp]>([
    [{ 'scan.startup.mode': undefined }, /'scan.startup.mode': 'group-offsets' needs 'properties.group.id'/],
    [{ 'scan.bounded.mode': 'group-offsets' }, /'scan.bounded.mode': 'group-offsets' needs 'properties.group.id'/],
  ])('refuses group offsets without a group', (changes, message) => {
    expect(failure(changes, planSource).message).toMatch(message);
    expect(() => planSource({ ...changes, 'properties.group.id': 'g' })).not.toThrow();
  });

  it('is bounded when it is told to', () => {
    expect(source.bounded(planSource({}))).toBe(false);
    expect(source.bounded(planSource({ 'scan.bounded.mode': 'latest-offset' }))).toBe(true);
  });

  it('refuses metadata that there are none of', () => {
    const column = { kind: 'metadata', key: 'size', name: 's', type: types.of('int') } as const;
    const read = () => source.plan(definition({}), [column], connectorContext());
    expect(failure({}, read).message).toMatch(/metadata 'size': expected one of topic, partition, headers/);
  });
});

describe('the sink', () => {
  const sink = kafkaSinkFactory(formats);
  const planSink = (changes: Given) => sink.plan(definition(changes), connectorContext());

  it.each<[Given, RegExp]>([
    [{ topic: 'a;b' }, /'topic': expected one topic to write to, got 'a;b'/],
    [{ topic: undefined, 'topic-pattern': 'a.' }, /got a topic-pattern/],
  ])('writes to one topic', (changes, message) => {
    expect(failure(changes, planSink).message).toMatch(message);
  });

  it('refuses to write what is only read', () => {
    const partition = { kind: 'metadata', name: 'p', key: 'partition', virtual: false, type: types.of('int') } as const;
    const table = { ...definition({}), columns: [...definition({}).columns, partition] };
    expect(failure({}, () => sink.plan(table, connectorContext())).message).toMatch(
      /column 'p': 'partition' can't be written/,
    );
  });
});
