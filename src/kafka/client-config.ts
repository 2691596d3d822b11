import { EngineError } from '../model/errors.ts';
import { checkOptions, type Options } from '../model/options.ts';
import { kafkaProperties } from './properties.ts';

/** What a client needs to know, checked. Plain data: it goes to workers. */
export type ClientConfig = Readonly<{
  brokers: readonly BrokerAddress[];
  clientId: string;
  tls: TlsConfig | null;
  sasl: SaslConfig | null;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  retryBackoffMs: number;
  retryBackoffMaxMs: number;
  consumer: ConsumerConfig;
  producer: ProducerConfig;
}>;

export type BrokerAddress = Readonly<{ host: string; port: number }>;

/** Paths of PEM files, and PEM text. */
export type TlsConfig = Readonly<{
  caFile: string | null;
  ca: string | null;
  certificateFile: string | null;
  keyFile: string | null;
  keyPassword: string | null;
  checkHostName: boolean;
}>;

type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
export type SaslConfig = Readonly<{ mechanism: SaslMechanism; username: string; password: string }>;

export type ConsumerConfig = Readonly<{
  groupId: string | null;
  readCommitted: boolean;
  autoOffsetReset: 'earliest' | 'latest' | 'none';
  fetchMinBytes: number;
  fetchMaxBytes: number;
  partitionMaxBytes: number;
  fetchMaxWaitMs: number;
  checkCrcs: boolean;
}>;

export type Compression = 'none' | 'gzip' | 'lz4' | 'zstd';

type ProducerConfig = Readonly<{
  idempotent: boolean;
  compression: Compression;
  batchBytes: number;
  lingerMs: number;
  requestMaxBytes: number;
  bufferBytes: number;
  deliveryTimeoutMs: number;
}>;

/** Checks `properties.*`, given without that prefix. `where` begins each message: "table `t`, connector 'kafka'". */
export function clientConfig(properties: ReadonlyMap<string, string>, where: string): ClientConfig {
  const given = new Map([...properties].map(([key, value]) => [`properties.${key}`, value]));
  const options = checkOptions(given, kafkaProperties, where);
  const protocol = options.string('properties.security.protocol');
  return {
    brokers: parseBrokers(options.string('properties.bootstrap.servers'), where),
    clientId: options.string('properties.client.id'),
    tls: protocol.endsWith('SSL') ? tlsConfig(options) : null,
    sasl: protocol.startsWith('SASL') ? saslConfig(options, where) : null,
    connectTimeoutMs: options.number('properties.socket.connection.setup.timeout.ms'),
    requestTimeoutMs: options.number('properties.request.timeout.ms'),
    retryBackoffMs: options.number('properties.retry.backoff.ms'),
    retryBackoffMaxMs: options.number('properties.retry.backoff.max.ms'),
    consumer: consumerConfig(options),
    producer: producerConfig(options),
  };
}

function consumerConfig(options: Options): ConsumerConfig {
  return {
    groupId: options.optionalString('properties.group.id') ?? null,
    readCommitted: options.string('properties.isolation.level') === 'read_committed',
    autoOffsetReset: options.string('properties.auto.offset.reset') as ConsumerConfig['autoOffsetReset'],
    fetchMinBytes: options.number('properties.fetch.min.bytes'),
    fetchMaxBytes: options.number('properties.fetch.max.bytes'),
    partitionMaxBytes: options.number('properties.max.partition.fetch.bytes'),
    fetchMaxWaitMs: options.number('properties.fetch.max.wait.ms'),
    checkCrcs: options.boolean('properties.check.crcs'),
  };
}

function producerConfig(options: Options): ProducerConfig {
  return {
    idempotent: options.boolean('properties.enable.idempotence'),
    compression: options.string('properties.compression.type') as Compression,
    batchBytes: options.number('properties.batch.size'),
    lingerMs: options.number('properties.linger.ms'),
    requestMaxBytes: options.number('properties.max.request.size'),
    bufferBytes: options.number('properties.buffer.memory'),
    deliveryTimeoutMs: options.number('properties.delivery.timeout.ms'),
  };
}

function parseBrokers(text: string, where: string): BrokerAddress[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '').map((part) => parseBroker(part, where));
}

/** `host:port` or `[address]:port`, with or without a listener's name before it (`PLAINTEXT://`), as Java takes it. */
function parseBroker(text: string, where: string): BrokerAddress {
  const match = /^(?:[A-Za-z_]+:\/\/)?(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match !== null && port > 0 && port < 65_536) return { host: (match[1] ?? match[2])!, port };
  throw new EngineError(
    'INVALID_OPTION',
    `${where}: option 'properties.bootstrap.servers': expected host:port, got '${text}'`,
    {
      hint: 'Several are separated by commas: broker-1:9092,broker-2:9092.',
    },
  );
}

function tlsConfig(options: Options): TlsConfig {
  const text = (key: string): string | null => options.optionalString(`properties.ssl.${key}`) ?? null;
  return {
    caFile: text('ca.location') ?? text('truststore.location'),
    ca: text('truststore.certificates'),
    certificateFile: text('certificate.location'),
    keyFile: text('key.location'),
    keyPassword: text('key.password'),
    checkHostName: text('endpoint.identification.algorithm') === 'https',
  };
}

function saslConfig(options: Options, where: string): SaslConfig {
  const mechanism = options.optionalString('properties.sasl.mechanism');
  const jaas = options.optionalString('properties.sasl.jaas.config') ?? '';
  const username = options.optionalString('properties.sasl.username') ?? jaasValue(jaas, 'username');
  const password = options.optionalString('properties.sasl.password') ?? jaasValue(jaas, 'password');
  const missing = mechanism === undefined ? 'sasl.mechanism' : 'sasl.jaas.config';
  if (mechanism === undefined || username === undefined || password === undefined) {
    throw new EngineError('INVALID_OPTION', `${where}: option 'properties.${missing}' is required and is not set`, {
      hint: 'SASL needs a mechanism and, in sasl.jaas.config, username="…" and password="…".',
    });
  }
  return { mechanism: mechanism as SaslMechanism, username, password };
}

/** `key="value"` of a JAAS line, in which a backslash quotes. */
function jaasValue(jaas: string, key: string): string | undefined {
  const match = new RegExp(`\\b${key}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|'([^']*)'|([^\\s;"']+))`).exec(jaas);
  return match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2] ?? match?.[3];
}
