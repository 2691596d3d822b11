import { EngineError, isEngineError } from '../model/errors.ts';
import { type Api, apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { BrokerAddress, ClientConfig } from './client-config.ts';
import { Connection } from './connection.ts';
import type { RequestWriter } from './request-writer.ts';
import type { ResponseReader } from './response-reader.ts';
import { retry } from './retry.ts';
import { authenticate } from './sasl.ts';

type PartitionMetadata = Readonly<{
  partition: number;
  leader: number;
  leaderEpoch: number;
  /** Brokers that hold it, or should; and those of them that keep up. */
  replicas: readonly number[];
  inSync: readonly number[];
}>;
export type TopicMetadata = Readonly<{
  name: string;
  /** A topic that was deleted and made anew has another. */
  id: string;
  errorCode: number;
  internal: boolean;
  partitions: readonly PartitionMetadata[];
}>;
export type ClusterMetadata = Readonly<{
  /** Names the cluster for ever; null where the brokers do not say. */
  clusterId: string | null;
  brokers: ReadonlyMap<number, BrokerAddress>;
  controller: number;
  topics: readonly TopicMetadata[];
}>;

/** Attempts to find anyone, or a leader, for what a person waits for: about 4 s with the default pauses. */
const attempts = 6;

/**
 * A Kafka cluster: who its brokers are and how to reach them. Connections for short requests are kept and shared; who waits long on a
 * broker (fetches) takes one of its own.
 */
export class KafkaCluster {
  readonly config: ClientConfig;
  readonly #shared = new Map<string, Promise<Connection>>();
  readonly #open = new Set<Connection>();
  readonly #closing = new AbortController();
  #brokers: ReadonlyMap<number, BrokerAddress> = new Map();

  constructor(config: ClientConfig) {
    this.config = config;
  }

  /** Aborted when the cluster is closed: pauses end then. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Topics by name, or all with null. What is wrong with one stands in its `errorCode`. Tries again what passes. */
  metadata(topics: readonly string[] | null): Promise<ClusterMetadata> {
    return this.retry(() => this.metadataOnce(topics));
  }

  async metadataOnce(topics: readonly string[] | null): Promise<ClusterMetadata> {
    const connection = await this.any();
    const response = await connection.request(apis.metadata, (writer) => {
      if (topics === null) writer.nullArray();
      else writer.array(topics, (name) => writer.uuid('0'.repeat(32)).string(name).tags());
      writer.boolean(false).boolean(false).tags();
    });
    const metadata = readMetadata(response);
    this.#brokers = metadata.brokers;
    return metadata;
  }

  /** A short request to a broker. `node` is its id; a CONNECTION error when it is not known or not reachable. */
  async request(node: number, api: Api, write: (writer: RequestWriter) => void): Promise<ResponseReader> {
    const connection = await this.#sharedConnection(this.#address(node));
    return connection.request(api, write);
  }

  /** A connection that nobody else uses; the caller closes it. */
  connect(node: number): Promise<Connection> {
    return this.#connect(this.#address(node));
  }

  /** A shared connection to whoever answers: brokers known by now, then those of the configuration. */
  async any(): Promise<Connection> {
    let fault: unknown;
    const known = [...this.#brokers.values()];
    for (const address of [...known, ...this.config.brokers]) {
      try {
        return await this.#sharedConnection(address);
      } catch (error) {
        if (!isEngineError(error) || !error.retryable) throw error;
        fault = error;
      }
    }
    throw fault;
  }

  /** Tries again, a bounded number of times, what failed with a passing fault. */
  retry<T>(attempt: (count: number) => Promise<T>): Promise<T> {
    return retry(this.config, attempts, this.signal, attempt);
  }

  /** Ends every connection and what waits on it. */
  close(): void {
    this.#closing.abort();
    for (const connection of this.#open) connection.close();
    this.#shared.clear();
  }

  #address(node: number): BrokerAddress {
    const address = this.#brokers.get(node);
    if (address !== undefined) return address;
    throw new EngineError('CONNECTION', `Kafka broker ${node} is not among the brokers of the cluster just now`, {
      hint: 'Its partitions have no leader; is the broker down?',
    });
  }

  async #sharedConnection(address: BrokerAddress): Promise<Connection> {
    const key = `${address.host}:${address.port}`;
    const present = await this.#shared.get(key)?.catch(() => null);
    if (present?.open) return present;
    const opening = this.#connect(address);
    this.#shared.set(key, opening);
    opening.catch(() => {
      if (this.#shared.get(key) === opening) this.#shared.delete(key);
    });
    return opening;
  }

  async #connect(address: BrokerAddress): Promise<Connection> {
    if (this.signal.aborted) throw closed();
    const connection = await Connection.open(address, this.config, this.signal);
    for (const other of this.#open) if (!other.open) this.#open.delete(other);
    this.#open.add(connection);
    try {
      if (this.signal.aborted) throw closed();
      if (this.config.sasl !== null) await authenticate(connection, this.config.sasl);
      await checkVersions(connection);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }
}

function closed(): EngineError {
  return new EngineError('INTERRUPTED', 'the Kafka client was closed');
}

/** Says at once when a broker is too old, in place of connections that it drops. */
async function checkVersions(connection: Connection): Promise<void> {
  const where = `${connection.address.host}:${connection.address.port}`;
  const response = await connection.request(apis.apiVersions, (w) => w.string('millrace').string('1').tags());
  const code = response.int16();
  if (code !== brokerErrors.none) throw brokerError(code, where);
  const known = response.array(() => {
    const [key, min, max] = [response.int16(), response.int16(), response.int16()];
    response.tags();
    return { key, min, max };
  });
  for (const api of Object.values(apis)) {
    const range = known.find(({ key }) => key === api.key);
    if (range === undefined || (api.version >= range.min && api.version <= range.max)) continue;
    const found = `it knows ${api.name} ${range.min} to ${range.max}`;
    throw new EngineError(
      'UNSUPPORTED',
      `Kafka broker ${where}: expected ${api.name} version ${api.version}, ${found}`,
      {
        hint: 'Millrace needs Kafka 3.1 or newer.',
      },
    );
  }
}

function readMetadata(r: ResponseReader): ClusterMetadata {
  r.int32(); // throttle time
  const brokers = r.array(() => {
    const broker = [r.int32(), { host: r.string(), port: r.int32() }] as const;
    r.nullableString(); // rack
    r.tags();
    return broker;
  });
  const clusterId = r.nullableString();
  const controller = r.int32();
  const topics = r.array(() => readTopic(r));
  return { clusterId, brokers: new Map(brokers), controller, topics };
}

function readTopic(r: ResponseReader): TopicMetadata {
  const errorCode = r.int16();
  const name = r.string();
  const id = r.uuid();
  const internal = r.boolean();
  const partitions = r.array(() => {
    r.int16(); // an error beside a leader of -1 says no more than that
    const [partition, leader, leaderEpoch] = [r.int32(), r.int32(), r.int32()];
    const [replicas, inSync] = [r.array(() => r.int32()), r.array(() => r.int32())];
    r.array(() => r.int32()); // offline replicas
    r.tags();
    return { partition, leader, leaderEpoch, replicas, inSync };
  });
  r.int32(); // authorized operations
  r.tags();
  return { name, id, errorCode, internal, partitions: partitions.sort((a, b) => a.partition - b.partition) };
}
