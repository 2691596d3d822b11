import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTopics, deleteTopics, describeTopics, listTopics } from '../../src/kafka/admin.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { commitOffsets, committedOffsets } from '../../src/kafka/group-offsets.ts';
import { listOffsets, offsetSpec } from '../../src/kafka/offsets.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';
import { createScramUser, secureListeners, user } from '../support/testbed/kafka-security.ts';

const clusters: KafkaCluster[] = [];

function clusterOf(bootstrap: string, properties: Readonly<Record<string, string>> = {}): KafkaCluster {
  const given = {
    'bootstrap.servers': bootstrap,
    'retry.backoff.ms': '10',
    'retry.backoff.max.ms': '50',
    ...properties,
  };
  const cluster = new KafkaCluster(clientConfig(new Map(Object.entries(given)), 'test'));
  clusters.push(cluster);
  return cluster;
}

afterEach(() => {
  for (const cluster of clusters.splice(0)) cluster.close();
});

describe('a client without a good broker', () => {
  const servers: Server[] = [];

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  /** A server that answers whatever comes with what `answer` makes of it. */
  async function fakeBroker(answer: (request: Buffer, socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      socket.on('data', (request) => answer(request, socket));
      socket.on('error', () => {});
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  it('says whom it could not reach, and why', async () => {
    const failure = clusterOf('127.0.0.1:1').metadata(null);
    await expect(failure).rejects.toThrow(
      "can't connect to Kafka broker 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1",
    );
    await expect(failure).rejects.toMatchObject({
      code: 'CONNECTION',
      retryable: true,
      hint: expect.stringContaining('properties.bootstrap.servers'),
    });
  });

  it('does not wait for a broker that says nothing', async () => {
    const bootstrap = await fakeBroker(() => {});
    const failure = clusterOf(bootstrap, { 'request.timeout.ms': '50' }).metadataOnce(null);
    await expect(failure).rejects.toThrow(`Kafka broker ${bootstrap} did not answer ApiVersions in 50 ms`);
  });

  it('does not take an HTTP server for a broker', async () => {
    const bootstrap = await fakeBroker((_, socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(clusterOf(bootstrap).metadataOnce(null)).rejects.toThrow(
      /expected a Kafka response, got one of 1213486160 bytes/,
    );
  });

  it('takes answers that are cut for a broken connection', async () => {
    const bootstrap = await fakeBroker((request, socket) => {
      const response = Buffer.from('0000000600000000ffff', 'hex');
      request.copy(response, 4, 8, 12);
      response.writeInt16BE(0, 8);
      socket.write(response);
    });
    await expect(clusterOf(bootstrap).metadataOnce(null)).rejects.toThrow(
      /a Kafka response ends at byte 6: expected 1 more/,
    );
  });

  it('names a broker that is too old, and what it knows', async () => {
    const bootstrap = await fakeBroker((request, socket) => {
      // ApiVersions 3: correlation id, no error, one entry (Fetch 4 to 11), throttle time
      const response = Buffer.from('0000001300000000000002000100040' + '00b000000000000', 'hex');
      request.copy(response, 4, 8, 12);
      response.writeInt32BE(response.length - 4, 0);
      socket.write(response);
    });
    const failure = clusterOf(bootstrap).metadata(null);
    await expect(failure).rejects.toThrow(/expected Fetch version 13, it knows Fetch 4 to 11/);
    await expect(failure).rejects.toMatchObject({ code: 'UNSUPPORTED', hint: 'Millrace needs Kafka 3.1 or newer.' });
  });

  it('stops waiting when it is closed', async () => {
    const bootstrap = await fakeBroker(() => {});
    const cluster = clusterOf(bootstrap);
    const failure = expect(cluster.metadata(null)).rejects.toMatchObject({
      code: expect.stringMatching(/CONNECTION|INTERRUPTED/),
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    cluster.close();
    await failure;
    await expect(cluster.metadata(null)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('says what is wrong with a file of certificates', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
    const file = join(directory, 'store.jks');
    writeFileSync(file, 'not PEM');
    const secure = { 'security.protocol': 'SSL', 'ssl.truststore.location': file };
    await expect(clusterOf('127.0.0.1:1', secure).metadata(null)).rejects.toThrow(
      `the TLS file '${file}': expected PEM text`,
    );
    rmSync(directory, { recursive: true });
    await expect(clusterOf('127.0.0.1:1', secure).metadata(null)).rejects.toMatchObject({ code: 'IO' });
  });
});

describeWithJava('kafka client', () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-kafka-security-'));
  let kafka: TestKafka;
  let secured: Awaited<ReturnType<typeof secureListeners>>;

  beforeAll(async () => {
    secured = await secureListeners(directory);
    kafka = await startKafka(secured);
    await createScramUser(kafka.bootstrap);
  });

  afterAll(async () => {
    await kafka?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('makes, describes and deletes topics', async () => {
    const cluster = clusterOf(kafka.bootstrap);
    await createTopics(cluster, [
      { name: 'made', partitions: 3, replicationFactor: 1, config: { 'retention.ms': '1000' } },
    ]);
    const again = createTopics(cluster, [{ name: 'made', partitions: 3, replicationFactor: 1 }]);
    await expect(again).rejects.toMatchObject({ code: 'CONFLICT' });
    // The controller says that a topic is made before the broker's metadata has it.
    const names = async (): Promise<string[]> => (await listTopics(cluster)).map(({ name }) => name);
    await expect.poll(names, { timeout: 10_000 }).toContain('made');
    const [topic] = await describeTopics(cluster, ['made']);
    expect(topic!.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
    expect(topic!.id).toMatch(/^[0-9a-f]{32}$/);
    await deleteTopics(cluster, ['made']);
    await expect(deleteTopics(cluster, ['made'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const wrong = createTopics(cluster, [
      { name: 'wrong', partitions: 1, replicationFactor: 1, config: { nonsense: '1' } },
    ]);
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('lists offsets by place and time', async () => {
    await kafka.createTopic('offsets', 2);
    await kafka.produce(
      'offsets',
      1,
      [100, 200, 300].map((timestamp) => ({ value: 'x', timestamp })),
    );
    const cluster = clusterOf(kafka.bootstrap);
    const partitions = [0, 1].map((partition) => ({ topic: 'offsets', partition }));
    const at = async (time: number) => [...(await listOffsets(cluster, partitions, time, false))].sort();
    expect(await at(offsetSpec.earliest)).toEqual([
      ['offsets-0', 0],
      ['offsets-1', 0],
    ]);
    expect(await at(offsetSpec.latest)).toEqual([
      ['offsets-0', 0],
      ['offsets-1', 3],
    ]);
    expect(await at(150)).toEqual([
      ['offsets-0', -1],
      ['offsets-1', 1],
    ]);
    const missing = listOffsets(cluster, [{ topic: 'offsets', partition: 9 }], 0, false);
    await expect(missing).rejects.toMatchObject({ code: 'CONNECTION' });
  });

  it('keeps the positions of a group', async () => {
    await kafka.createTopic('positions', 2);
    const cluster = clusterOf(kafka.bootstrap);
    const partitions = [0, 1].map((partition) => ({ topic: 'positions', partition }));
    expect(await committedOffsets(cluster, 'g', partitions)).toEqual(new Map());
    await commitOffsets(cluster, 'g', [{ topic: 'positions', partition: 1, offset: 5_000_000_000 }]);
    expect(await committedOffsets(cluster, 'g', partitions)).toEqual(new Map([['positions-1', 5_000_000_000]]));
  });

  const login = (mechanism: string, password: string = user.password) => ({
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': `x required username="${user.name}" password="${password}";`,
  });

  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])(
    'authenticates with %s, and says so when it is refused',
    async (mechanism) => {
      const { controller } = await clusterOf(secured.sasl, login(mechanism)).metadata([]);
      expect(controller).toBe(1);
      const refused = clusterOf(secured.sasl, login(mechanism, 'wrong')).metadata([]);
      await expect(refused).rejects.toMatchObject({
        code: 'PERMISSION',
        hint: expect.stringContaining('sasl.jaas.config'),
      });
      await expect(refused).rejects.toThrow(
        `${secured.sasl}, SASL ${mechanism}: the broker answered SASL_AUTHENTICATION_FAILED`,
      );
    },
  );

  it('speaks TLS with a broker that it trusts, and with no other', async () => {
    const tls = { ...login('SCRAM-SHA-512'), 'security.protocol': 'SASL_SSL' };
    const trusting = clusterOf(secured.saslTls, { ...tls, 'ssl.truststore.location': secured.caFile });
    expect((await trusting.metadata([])).controller).toBe(1);
    const failure = clusterOf(secured.saslTls, tls).metadata([]);
    await expect(failure).rejects.toThrow(/can't connect to Kafka broker \S+ with TLS: self-signed certificate/);
  });
});
