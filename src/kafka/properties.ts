import type { OptionSpec } from '../model/options.ts';

/**
 * The `properties.*` of a table: Kafka's own client settings. Names of the Java client, and librdkafka's where they differ; what is not
 * here is refused. This table is checker, help and docs page.
 */

const passive = (...keys: readonly string[]): OptionSpec[] =>
  keys.map((key) => ({
    key: `properties.${key}`,
    kind: 'string',
    description: 'Known to the Java client; without effect here.',
    withoutEffect: true,
  }));

const connection: readonly OptionSpec[] = [
  {
    key: 'properties.bootstrap.servers',
    kind: 'string',
    required: true,
    description: 'Brokers to begin with: host:port, separated by commas.',
  },
  {
    key: 'properties.client.id',
    kind: 'string',
    default: 'millrace',
    description: 'The name in broker logs and quotas.',
  },
  {
    key: 'properties.security.protocol',
    kind: 'enum',
    values: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    default: 'PLAINTEXT',
    description: 'How to speak with the brokers.',
  },
  {
    key: 'properties.sasl.mechanism',
    kind: 'enum',
    values: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    description: 'How to authenticate with SASL_PLAINTEXT and SASL_SSL.',
  },
  {
    key: 'properties.sasl.jaas.config',
    kind: 'string',
    description: 'User and password as the Java client takes them: `… required username="…" password="…";`.',
  },
  { key: 'properties.sasl.username', kind: 'string', description: 'The user, as librdkafka takes it.' },
  { key: 'properties.sasl.password', kind: 'string', description: 'The password, as librdkafka takes it.' },
  { key: 'properties.ssl.ca.location', kind: 'string', description: 'PEM file of the authorities to trust.' },
  { key: 'properties.ssl.truststore.location', kind: 'string', description: 'The same, by its Java name; PEM only.' },
  {
    key: 'properties.ssl.truststore.type',
    kind: 'enum',
    values: ['PEM'],
    description: 'PEM: Java key stores are not read.',
  },
  { key: 'properties.ssl.truststore.certificates', kind: 'string', description: 'Authorities to trust, PEM text.' },
  { key: 'properties.ssl.certificate.location', kind: 'string', description: "PEM file of the client's certificate." },
  { key: 'properties.ssl.key.location', kind: 'string', description: "PEM file of the client's private key." },
  { key: 'properties.ssl.key.password', kind: 'string', description: 'The password of that key.' },
  {
    key: 'properties.ssl.endpoint.identification.algorithm',
    kind: 'enum',
    values: ['https', 'none', ''],
    default: 'https',
    description: "Whether the broker's certificate must be made out to its host name.",
  },
  {
    key: 'properties.socket.connection.setup.timeout.ms',
    kind: 'integer',
    min: 1,
    default: '10000',
    description: 'How long a connection may take to come about.',
  },
  {
    key: 'properties.request.timeout.ms',
    kind: 'integer',
    min: 1,
    default: '30000',
    description: 'How long a broker may take to answer.',
  },
  {
    key: 'properties.retry.backoff.ms',
    kind: 'integer',
    min: 1,
    default: '100',
    description: 'The first pause before a second attempt; it doubles up to properties.retry.backoff.max.ms.',
  },
  {
    key: 'properties.retry.backoff.max.ms',
    kind: 'integer',
    min: 1,
    default: '5000',
    description: 'The longest pause between attempts.',
  },
  ...passive('client.dns.lookup', 'connections.max.idle.ms', 'receive.buffer.bytes', 'send.buffer.bytes'),
  ...passive('metadata.max.age.ms', 'reconnect.backoff.ms', 'reconnect.backoff.max.ms', 'enable.metrics.push'),
];

const consumer: readonly OptionSpec[] = [
  {
    key: 'properties.group.id',
    kind: 'string',
    description: 'The consumer group that positions are committed to, for lag tools, and read from with group-offsets.',
  },
  {
    key: 'properties.isolation.level',
    kind: 'enum',
    values: ['read_uncommitted', 'read_committed'],
    default: 'read_uncommitted',
    description: 'Whether records of open and aborted transactions are seen.',
  },
  {
    key: 'properties.auto.offset.reset',
    kind: 'enum',
    values: ['earliest', 'latest', 'none'],
    default: 'none',
    description: 'Where to go on when a position is no longer there. none: fail and name it.',
  },
  {
    key: 'properties.fetch.min.bytes',
    kind: 'integer',
    min: 0,
    default: '1048576',
    description: 'A broker waits for this much, up to properties.fetch.max.wait.ms.',
  },
  {
    key: 'properties.fetch.max.bytes',
    kind: 'integer',
    min: 1,
    max: 1 << 30,
    default: '10485760',
    description: 'The most a fetch brings, but for a single larger record batch.',
  },
  {
    key: 'properties.max.partition.fetch.bytes',
    kind: 'integer',
    min: 1,
    max: 1 << 30,
    default: '1048576',
    description: 'The most a fetch brings of one partition, but for a single larger record batch.',
  },
  {
    key: 'properties.fetch.max.wait.ms',
    kind: 'integer',
    min: 0,
    default: '50',
    description: 'How long a broker waits for properties.fetch.min.bytes.',
  },
  {
    key: 'properties.check.crcs',
    kind: 'boolean',
    default: 'true',
    description: 'Whether the checksum of each record batch is checked.',
  },
  ...passive('enable.auto.commit', 'auto.commit.interval.ms', 'session.timeout.ms', 'heartbeat.interval.ms'),
  ...passive('max.poll.records', 'max.poll.interval.ms', 'partition.assignment.strategy', 'group.protocol'),
  ...passive('group.instance.id', 'key.deserializer', 'value.deserializer', 'partition.discovery.interval.ms'),
  ...passive('allow.auto.create.topics'),
];

const producer: readonly OptionSpec[] = [
  {
    key: 'properties.acks',
    kind: 'enum',
    values: ['all', '-1'],
    default: 'all',
    description: 'A record counts as written when all in-sync replicas have it.',
  },
  {
    key: 'properties.enable.idempotence',
    kind: 'boolean',
    default: 'true',
    description: 'Whether the broker drops what a retry writes twice, and keeps the order.',
  },
  {
    key: 'properties.compression.type',
    kind: 'enum',
    values: ['none', 'gzip', 'lz4', 'zstd'],
    default: 'none',
    description: 'How record batches are compressed.',
  },
  {
    key: 'properties.batch.size',
    kind: 'integer',
    min: 1,
    max: 64 * 1024 * 1024,
    default: '262144',
    description: 'Bytes of records, before compression, at which a batch is closed.',
  },
  {
    key: 'properties.linger.ms',
    kind: 'integer',
    min: 0,
    default: '50',
    description: 'How long a batch waits for more records.',
  },
  {
    key: 'properties.max.request.size',
    kind: 'integer',
    min: 1,
    default: '1048576',
    description: 'The most a request to a broker holds, but for a single larger batch.',
  },
  {
    key: 'properties.buffer.memory',
    kind: 'integer',
    min: 1,
    default: '33554432',
    description: 'Bytes of records that may wait for brokers; then the writer waits.',
  },
  {
    key: 'properties.delivery.timeout.ms',
    kind: 'integer',
    min: 1,
    default: '120000',
    description: 'How long a record is tried before the sink fails.',
  },
  ...passive('key.serializer', 'value.serializer', 'max.in.flight.requests.per.connection', 'max.block.ms', 'retries'),
  ...passive('transaction.timeout.ms'),
];

export const kafkaProperties: readonly OptionSpec[] = [...connection, ...consumer, ...producer];
