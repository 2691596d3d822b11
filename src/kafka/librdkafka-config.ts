import type { ClientConfig } from './client-config.ts';
import type { LibrdkafkaConfig } from './librdkafka-protocol.ts';

/** Properties of the Java client that librdkafka knows by another name; null: of no use to it here. Any other goes to it as it is. */
const javaNames: Readonly<Record<string, string | null>> = {
  'request.timeout.ms': 'socket.timeout.ms',
  'fetch.max.wait.ms': 'fetch.wait.max.ms',
  'receive.buffer.bytes': 'socket.receive.buffer.bytes',
  'send.buffer.bytes': 'socket.send.buffer.bytes',
  'ssl.truststore.location': 'ssl.ca.location',
  'ssl.truststore.certificates': 'ssl.ca.pem',
  'ssl.truststore.type': null,
  'sasl.jaas.config': null, // its user and password are passed on
  // No group is joined, and positions are kept in checkpoints.
  'enable.auto.commit': null,
  'auto.commit.interval.ms': null,
  'session.timeout.ms': null,
  'heartbeat.interval.ms': null,
  'max.poll.records': null,
  'max.poll.interval.ms': null,
  'partition.assignment.strategy': null,
  'group.protocol': null,
  'group.instance.id': null,
  'partition.discovery.interval.ms': null,
  'allow.auto.create.topics': null,
  // Bytes are turned into columns by the table's format.
  'key.deserializer': null,
  'value.deserializer': null,
  'key.serializer': null,
  'value.serializer': null,
  // For tables that are written too: writing goes over the native client.
  acks: null,
  'enable.idempotence': null,
  'compression.type': null,
  'batch.size': null,
  'linger.ms': null,
  'max.request.size': null,
  'buffer.memory': null,
  'delivery.timeout.ms': null,
  'max.in.flight.requests.per.connection': null,
  'max.block.ms': null,
  retries: null,
  'transaction.timeout.ms': null,
};

/** For throughput within bounds. librdkafka's own defaults stall a partition for a second once its queue is full. */
const defaults: LibrdkafkaConfig = {
  'fetch.queue.backoff.ms': '10',
  'queued.min.messages': '100000',
  'queued.max.messages.kbytes': '65536',
};

/** `properties.*`, given without that prefix, in librdkafka's words. `client`: what the native client makes of them. */
export function librdkafkaConfig(properties: ReadonlyMap<string, string>, client: ClientConfig): LibrdkafkaConfig {
  const given = [...properties].flatMap(([key, value]) => {
    const name = Object.hasOwn(javaNames, key) ? javaNames[key] : key;
    return name === null || name === undefined ? [] : [[name, value] as const];
  });
  return { ...defaults, ...sharedSettings(client), ...Object.fromEntries(given), ...ownSettings(client) };
}

/** Where the two differ in their defaults, the native client's hold: a job reads the same over either. */
function sharedSettings({ clientId, consumer, ...client }: ClientConfig): LibrdkafkaConfig {
  return {
    'client.id': clientId,
    'reconnect.backoff.ms': String(client.retryBackoffMs),
    'reconnect.backoff.max.ms': String(Math.max(client.retryBackoffMs, client.retryBackoffMaxMs)),
    'fetch.min.bytes': String(consumer.fetchMinBytes),
    'fetch.wait.max.ms': String(consumer.fetchMaxWaitMs),
    'fetch.max.bytes': String(consumer.fetchMaxBytes),
    'max.partition.fetch.bytes': String(consumer.partitionMaxBytes),
    'check.crcs': String(consumer.checkCrcs),
  };
}

/** What is not for the table to say, or is written otherwise. */
function ownSettings({ brokers, consumer, sasl, tls }: ClientConfig): LibrdkafkaConfig {
  const protocol = `${sasl === null ? '' : 'sasl_'}${tls === null ? 'plaintext' : 'ssl'}`;
  return {
    'bootstrap.servers': brokers
      .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
      .join(','),
    'security.protocol': protocol,
    ...(sasl === null
      ? {}
      : { 'sasl.mechanism': sasl.mechanism, 'sasl.username': sasl.username, 'sasl.password': sasl.password }),
    ...(tls === null ? {} : { 'ssl.endpoint.identification.algorithm': tls.checkHostName ? 'https' : 'none' }),
    'group.id': consumer.groupId ?? 'millrace', // it has to have one; it does not join it
    'isolation.level': consumer.readCommitted ? 'read_committed' : 'read_uncommitted',
    'auto.offset.reset': consumer.autoOffsetReset === 'none' ? 'error' : consumer.autoOffsetReset,
    'enable.auto.commit': 'false',
    'enable.auto.offset.store': 'false',
    'enable.partition.eof': 'true',
    'statistics.interval.ms': '1000', // LibrdkafkaConsumer looks at them
  };
}
