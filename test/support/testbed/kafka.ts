import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, type ProduceOptions, Producer } from '@platformatic/kafka';
import { clientConfig } from '../../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../../src/kafka/cluster.ts';
import { listOffsets, offsetSpec, partitionId, type TopicPartition } from '../../../src/kafka/offsets.ts';
import { freePorts, type GuardedProcess, startGuarded, waitUntilReady } from './guarded-process.ts';
import { cacheDirectory, mavenJars, publish, run } from './maven.ts';

/** A real Apache Kafka, one node in KRaft mode, on free ports and in a folder of its own; gone when the test process is. */

const kafkaVersion = '4.3.1';
const artifacts = [
  `org.apache.kafka:kafka_2.13:${kafkaVersion}`,
  `org.apache.kafka:kafka-tools:${kafkaVersion}`,
  'org.slf4j:slf4j-simple:1.7.36',
];

/** What a test produces. Topic and partition are given apart. */
export type TestRecord = Readonly<{
  key?: string | Buffer | null;
  value: string | Buffer | null;
  timestamp?: number;
  headers?: ReadonlyMap<string, string>;
}>;

type TestCompression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface TestKafka {
  /** `host:port`. */
  readonly bootstrap: string;
  /** Where its logs lie. */
  readonly dataDirectory: string;
  createTopic(topic: string, partitions?: number, config?: Readonly<Record<string, string>>): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
  /** One request of one batch; all records into one partition. Returns the offset of the first. */
  produce(
    topic: string,
    partition: number,
    records: readonly TestRecord[],
    options?: { compression?: TestCompression },
  ): Promise<number>;
  /** The same within a transaction, which is then committed or aborted. */
  transaction(topic: string, partition: number, records: readonly TestRecord[], end: 'commit' | 'abort'): Promise<void>;
  /** A transaction that stays open until `end` is called. */
  openTransaction(
    topic: string,
    partition: number,
    records: readonly TestRecord[],
  ): Promise<{ end(how: 'commit' | 'abort'): Promise<void> }>;
  /** Stops the broker for good and removes its folder. */
  stop(): Promise<void>;
  /** Kills the broker as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  restart(): Promise<void>;
}

/** The jars, fetched once a machine. */
export function kafkaJars(): Promise<string> {
  return mavenJars(`kafka-${kafkaVersion}`, artifacts);
}

/** Settings of a broker that keeps access rules; everyone who comes without a password is above them. */
export const authorizedProperties = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
} as const;

type StartOptions = Readonly<{
  /** Settings of the broker, on top of ours. */
  properties?: Readonly<Record<string, string>>;
  /** Listeners beside the plain one: protocol and port. */
  listeners?: readonly Readonly<{ protocol: string; port: number }>[];
  /** The most that its heap may take; 512 unless given. */
  heapMb?: number;
  /** For measurements: its JVM compiles as well as it can, which costs time at first. */
  optimized?: boolean;
}>;

export async function startKafka(options: StartOptions = {}): Promise<TestKafka> {
  const jars = await kafkaJars();
  const directory = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
  const [port, controllerPort] = (await freePorts(2)) as [number, number];
  cpSync(await formattedDirectory(jars), join(directory, 'data'), { recursive: true });
  giveClusterId(join(directory, 'data', 'meta.properties'));
  writeProperties(
    join(directory, 'server.properties'),
    brokerProperties(directory, port, controllerPort, options.listeners),
    options.properties,
  );
  const start = (): Promise<GuardedProcess> => startBroker(jars, directory, port, options);
  return new RunningKafka(directory, port, start, await start());
}

const topicVisibleMs = 20_000;

class RunningKafka implements TestKafka {
  readonly bootstrap: string;
  readonly #directory: string;
  readonly #start: () => Promise<GuardedProcess>;
  #broker: GuardedProcess;
  #admin: Admin | undefined;
  #producer: Producer<Buffer, Buffer, Buffer, Buffer> | undefined;
  #transactions = 0;

  constructor(directory: string, port: number, start: () => Promise<GuardedProcess>, broker: GuardedProcess) {
    this.bootstrap = `127.0.0.1:${port}`;
    this.#directory = directory;
    this.#start = start;
    this.#broker = broker;
  }

  get dataDirectory(): string {
    return join(this.#directory, 'data');
  }

  async createTopic(topic: string, partitions = 1, config: Readonly<Record<string, string>> = {}): Promise<void> {
    const configs = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.#adminClient().createTopics({ topics: [topic], partitions, replicas: 1, configs });
    await this.#visible(topic, partitions);
  }

  /** The controller has made the topic; a client may only count on it once the broker knows each partition's leader. */
  async #visible(topic: string, partitions: number): Promise<void> {
    const deadline = performance.now() + topicVisibleMs;
    for (;;) {
      const found = await this.#adminClient()
        .metadata({ topics: [topic], forceUpdate: true })
        .catch(() => null);
      const known = found?.topics.get(topic);
      if (known?.partitions.length === partitions && known.partitions.every(({ leader }) => leader >= 0)) return;
      if (performance.now() > deadline) throw new Error(`topic ${topic}: not visible after ${topicVisibleMs} ms`);
      await sleep(25);
    }
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#adminClient().deleteTopics({ topics: [topic] });
  }

  async produce(
    topic: string,
    partition: number,
    records: readonly TestRecord[],
    options: { compression?: TestCompression } = {},
  ): Promise<number> {
    this.#producer ??= new Producer({ clientId: 'test', bootstrapBrokers: [this.bootstrap] });
    const { compression = 'none' } = options;
    const messages = messagesOf(topic, partition, records);
    const result = await untilKnown(() => this.#producer!.send({ ...messages, compression, acks: -1 }));
    return Number(result.offsets?.[0]?.offset ?? -1n);
  }

  async transaction(
    topic: string,
    partition: number,
    records: readonly TestRecord[],
    end: 'commit' | 'abort',
  ): Promise<void> {
    const open = await this.openTransaction(topic, partition, records);
    await open.end(end);
  }

  async openTransaction(
    topic: string,
    partition: number,
    records: readonly TestRecord[],
  ): Promise<{ end(how: 'commit' | 'abort'): Promise<void> }> {
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      clientId: 'test',
      bootstrapBrokers: [this.bootstrap],
      idempotent: true,
      transactionalId: `test-${process.pid}-${++this.#transactions}`,
    });
    const transaction = await producer.beginTransaction();
    await untilKnown(() => transaction.send(messagesOf(topic, partition, records)));
    return {
      end: async (how) => {
        await (how === 'commit' ? transaction.commit() : transaction.abort());
        await producer.close();
        await this.#settled({ topic, partition });
      },
    };
  }

  async stop(): Promise<void> {
    await this.#closeClients();
    await this.#broker.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.#closeClients();
    await this.#broker.kill();
  }

  async restart(): Promise<void> {
    this.#broker = await this.#start();
  }

  /** The marker of a transaction's end is written after the broker has answered. */
  async #settled(partition: TopicPartition): Promise<void> {
    const cluster = new KafkaCluster(clientConfig(new Map([['bootstrap.servers', this.bootstrap]]), 'testbed'));
    const end = async (readCommitted: boolean): Promise<number> =>
      (await listOffsets(cluster, [partition], offsetSpec.latest, readCommitted)).get(partitionId(partition))!;
    for (let tries = 0; tries < 200 && (await end(true)) < (await end(false)); tries++) await sleep(20);
    cluster.close();
  }

  #adminClient(): Admin {
    this.#admin ??= new Admin({ clientId: 'test', bootstrapBrokers: [this.bootstrap] });
    return this.#admin;
  }

  async #closeClients(): Promise<void> {
    await Promise.all([this.#admin?.close(), this.#producer?.close()]);
    this.#admin = undefined;
    this.#producer = undefined;
  }
}

/** A topic that was just made is not known to each thread of the broker at once. */
async function untilKnown<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries >= 50 || !/Unknown topic/i.test(String(error))) throw error;
      await sleep(50);
    }
  }
}

function messagesOf(
  topic: string,
  partition: number,
  records: readonly TestRecord[],
): ProduceOptions<Buffer, Buffer, Buffer, Buffer> & { messages: never[] } {
  const bytes = (value: string | Buffer | null | undefined): Buffer | undefined =>
    value === null || value === undefined ? undefined : Buffer.from(value);
  const messages = records.map(({ key, value, timestamp, headers }) => ({
    topic,
    partition,
    key: bytes(key),
    value: bytes(value),
    timestamp: timestamp === undefined ? undefined : BigInt(timestamp),
    headers: new Map([...(headers ?? [])].map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
  }));
  return { messages } as never;
}

/** The copies of a formatted folder would all be one cluster: each gets an id of its own. */
function giveClusterId(file: string): void {
  const id = randomBytes(16).toString('base64url');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^cluster\.id=.*$/m, `cluster.id=${id}`));
}

/** Formatting takes a JVM of its own: done once a machine, copied for each broker. */
async function formattedDirectory(jars: string): Promise<string> {
  const target = join(cacheDirectory(), `kafka-${kafkaVersion}-formatted`);
  if (existsSync(target)) return target;
  const work = mkdtempSync(join(cacheDirectory(), 'format-'));
  const properties = join(work, 'server.properties');
  writeProperties(properties, brokerProperties(work, 9092, 9093));
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'bWlsbHJhY2UtdGVzdGJlZA', '-c', properties];
  await run('java', ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', `${jars}/*`, ...format]);
  publish(join(work, 'data'), target);
  rmSync(work, { recursive: true, force: true });
  return target;
}

async function startBroker(
  jars: string,
  directory: string,
  port: number,
  { optimized = false, heapMb = 512 }: StartOptions,
): Promise<GuardedProcess> {
  const log = join(directory, 'kafka.log');
  const flags = [
    `-Xms${Math.min(heapMb, 128)}m`,
    `-Xmx${heapMb}m`,
    '-XX:+UseSerialGC',
    ...(optimized ? [] : ['-XX:TieredStopAtLevel=1']),
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  ];
  const command = ['java', ...flags, '-cp', `${jars}/*`, 'kafka.Kafka', join(directory, 'server.properties')];
  const broker = await startGuarded(command, { cwd: directory, log, temporary: directory });
  await waitUntilReady(broker, () => answersMetadata(port), { what: `Kafka on port ${port}`, log });
  return broker;
}

function brokerProperties(
  directory: string,
  port: number,
  controllerPort: number,
  more: StartOptions['listeners'] = [],
): Record<string, string> {
  const advertised = [{ protocol: 'PLAINTEXT', port }, ...more]
    .map((l) => `${l.protocol}://127.0.0.1:${l.port}`)
    .join(',');
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `${advertised},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': advertised,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': [
      'PLAINTEXT:PLAINTEXT',
      'CONTROLLER:PLAINTEXT',
      'SASL_PLAINTEXT:SASL_PLAINTEXT',
      'SASL_SSL:SASL_SSL',
    ].join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(directory, 'data'),
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A killed broker is let in again when its session has ended: soon, so that restarts are quick.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '300',
    'num.network.threads': '2',
    'num.io.threads': '2',
    'log.cleaner.dedupe.buffer.size': '16777216',
    'log.cleaner.backoff.ms': '200',
    // Tests write records with timestamps of long ago: retention by time would delete them.
    'log.retention.ms': '-1',
    'auto.create.topics.enable': 'false',
  };
}

function writeProperties(file: string, ...parts: (Readonly<Record<string, string>> | undefined)[]): void {
  const entries = Object.entries(Object.assign({}, ...parts) as Record<string, string>);
  writeFileSync(file, entries.map(([key, value]) => `${key}=${value}\n`).join(''));
}

/** Whether the broker answers a Metadata request (version 1) with a broker: then it takes work. */
function answersMetadata(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('data', (answer) => end(answer.length >= 12 && answer.readInt32BE(8) >= 1));
    socket.on('connect', () => socket.write(Buffer.from('0000000e0003000100000007ffff00000000', 'hex')));
  });
}
