import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import { BatchReader } from '../../src/kafka/batch-reader.ts';
import { FetchedRecords, timestampOf } from '../../src/kafka/fetched-records.ts';
import type { KafkaTable } from '../../src/kafka/kafka-table.ts';
import { type AddonMessage, loadAddon } from '../../src/kafka/librdkafka-addon.ts';
import { DamageWatch } from '../../src/kafka/librdkafka-damage.ts';
import { LibrdkafkaPacker } from '../../src/kafka/librdkafka-packer.ts';
import { LibrdkafkaProcess } from '../../src/kafka/librdkafka-process.ts';
import type { PackedRecords } from '../../src/kafka/librdkafka-protocol.ts';
import { RecordRun, readHeaders } from '../../src/kafka/record-run.ts';
import type { EngineError } from '../../src/model/errors.ts';
import { Options } from '../../src/model/options.ts';
import { types } from '../../src/model/types.ts';
import { kafkaSourceFactory } from '../../src/sources/kafka.ts';
import { kafkaMetadata } from '../../src/sources/kafka-metadata.ts';
import { connectorContext, physicalColumns, tableOf } from '../support/reader-harness.ts';
import { describeWithLibrdkafka } from '../support/testbed/describe-with-librdkafka.ts';

const fields = [{ name: 'n', type: types.of('bigint') }];
const factory = kafkaSourceFactory(formats);

function plan(
  options: Readonly<Record<string, string>>,
  metadata: readonly string[] = [],
  warn: (message: string) => void = () => undefined,
): KafkaTable {
  const columns = [
    ...physicalColumns(fields),
    ...metadata.map((key) => ({ kind: 'metadata', key, name: key, type: kafkaMetadata.get(key)! }) as const),
  ];
  const table = tableOf(fields, {
    connector: 'kafka',
    topic: 't',
    'properties.bootstrap.servers': 'a:1, PLAINTEXT://[::1]:2',
    'scan.startup.mode': 'earliest-offset',
    format: 'json',
    ...options,
  });
  const settings = new Options(new Map([['millrace.kafka.client', 'librdkafka']]));
  return factory.plan(table, columns, { ...connectorContext(), warn, settings }) as KafkaTable;
}

describe('the settings of librdkafka', () => {
  it('mean what they mean to the native client', () => {
    expect(plan({}).librdkafka).toMatchObject({
      'bootstrap.servers': 'a:1,[::1]:2',
      'security.protocol': 'plaintext',
      'isolation.level': 'read_uncommitted', // librdkafka's own default is the other
      'auto.offset.reset': 'error',
      'fetch.min.bytes': '1048576',
      'fetch.wait.max.ms': '50',
      'check.crcs': 'true',
      'enable.auto.commit': 'false',
      'enable.partition.eof': 'true',
    });
  });

  it.each<[string, Record<string, string>, Record<string, string | undefined>]>([
    ['Java names', { 'fetch.max.wait.ms': '7' }, { 'fetch.wait.max.ms': '7', 'fetch.max.wait.ms': undefined }],
    ['its own names', { 'queued.min.messages': '9' }, { 'queued.min.messages': '9' }],
    ['names it shares', { 'metadata.max.age.ms': '8' }, { 'metadata.max.age.ms': '8' }],
    ['what it never does here', { 'enable.auto.commit': 'true' }, { 'enable.auto.commit': 'false' }],
    [
      'what is for groups',
      { 'partition.assignment.strategy': 'Range' },
      { 'partition.assignment.strategy': undefined },
    ],
    ['what is for writing', { acks: 'all' }, { acks: undefined }],
    ['a reset', { 'auto.offset.reset': 'latest' }, { 'auto.offset.reset': 'latest' }],
    [
      'a JAAS line',
      {
        'security.protocol': 'SASL_SSL',
        'sasl.mechanism': 'SCRAM-SHA-256',
        'sasl.jaas.config': 'x required username="u" password="p";',
        'ssl.truststore.location': '/ca.pem',
        'ssl.truststore.type': 'PEM',
        'ssl.endpoint.identification.algorithm': '',
      },
      {
        'security.protocol': 'sasl_ssl',
        'sasl.mechanism': 'SCRAM-SHA-256',
        'sasl.username': 'u',
        'sasl.password': 'p',
        'sasl.jaas.config': undefined,
        'ssl.ca.location': '/ca.pem',
        'ssl.truststore.type': undefined,
        'ssl.endpoint.identification.algorithm': 'none',
      },
    ],
  ])('take %s', (_, given, expected) => {
    const properties = Object.fromEntries(Object.entries(given).map(([key, value]) => [`properties.${key}`, value]));
    const { librdkafka } = plan(properties);
    for (const [key, value] of Object.entries(expected)) expect([key, librdkafka![key]]).toEqual([key, value]);
  });

  it('are none where the job does not ask for it', () => {
    const table = tableOf(fields, {
      connector: 'kafka',
      topic: 't',
      'properties.bootstrap.servers': 'a:1',
      'scan.startup.mode': 'earliest-offset',
      format: 'json',
    });
    expect((factory.plan(table, physicalColumns(fields), connectorContext()) as KafkaTable).librdkafka).toBeNull();
  });
});

describe('metadata over librdkafka', () => {
  it('are refused where its binding leaves them out, and warned of where it blurs them', () => {
    const warnings: string[] = [];
    expect(() => plan({}, ['timestamp-type'])).toThrow(
      /metadata 'timestamp-type': librdkafka's binding does not give it/,
    );
    plan({}, ['offset', 'timestamp', 'headers', 'leader-epoch'], (message) => warnings.push(message));
    expect(warnings).toEqual([expect.stringContaining("metadata 'headers'")]);
  });
});

/** What a reader makes of packed records. */
function unpack(packed: PackedRecords): unknown[] {
  const bytes = Buffer.from(packed.bytes);
  const range = { start: 0, end: bytes.length, aborted: [] };
  const records = new FetchedRecords(bytes, range, 'here', packed.firstOffset, Infinity);
  const run = new RecordRun();
  const reader = new BatchReader(false);
  const found: unknown[] = [];
  const slice = (start: number, end: number) => (start < 0 ? null : Buffer.from(run.bytes.slice(start, end)));
  while (records.next(reader, run)) {
    for (let i = records.from; i < records.to; i++) {
      found.push({
        offset: records.header.baseOffset + run.offsetDeltas[i]!,
        timestamp: timestampOf(records.header, run, i),
        key: slice(run.keyStarts[i]!, run.keyEnds[i]!),
        value: slice(run.valueStarts[i]!, run.valueEnds[i]!),
        headers: [...readHeaders(run.bytes, run.headerStarts[i]!)].map(([name, value]) => ({
          [name]: Buffer.from(value!),
        })),
        leaderEpoch: records.header.leaderEpoch,
      });
    }
  }
  return found;
}

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const gap = fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 2 ** 40 }));
const message = fc.record({
  gap,
  timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc
    .uniqueArray(fc.stringMatching(/^[a-z]{1,5}$/), { maxLength: 2 })
    .chain((names) => fc.tuple(...names.map((name) => bytes.map((value) => ({ [name]: value }))))),
  leaderEpoch: fc.constantFrom(1, 1, 1, 2),
});

describe('packed records', () => {
  it('are the messages, partition by partition', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1), message), { maxLength: 30 }), (given) => {
        const packer = new LibrdkafkaPacker();
        const expected = new Map<number, Omit<AddonMessage, 'topic' | 'partition'>[]>();
        const offsets = [0, 0];
        for (const [partition, { gap, ...fields }] of given) {
          offsets[partition]! += gap;
          const record = { offset: offsets[partition]!, ...fields };
          expected.set(partition, [...(expected.get(partition) ?? []), record]);
          packer.append({ topic: 't', partition, ...record });
        }
        const packed = packer.take(() => 7);
        expect(packer.empty).toBe(true);
        expect(new Map(packed.map((each) => [each.partition, unpack(each)]))).toEqual(expected);
        for (const each of packed) {
          expect([each.nextOffset, each.endOffset]).toEqual([offsets[each.partition]! + 1, 7]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('tell the end of a partition, unless records follow it', () => {
    const packer = new LibrdkafkaPacker();
    const record = { topic: 't', offset: 5, timestamp: 0, key: null, value: null };
    packer.append({ ...record, partition: 0 });
    packer.end({ topic: 't', partition: 0 }, 8); // behind a control record and a gap
    packer.end({ topic: 't', partition: 1 }, 5);
    packer.append({ ...record, partition: 1 });
    packer.end({ topic: 't', partition: 2 }, 3);
    const ends = packer
      .take(() => 100)
      .map((each) => [each.partition, each.firstOffset, each.nextOffset, each.endOffset]);
    expect(ends).toEqual([
      [0, 5, 8, 8],
      [1, 5, 6, 100],
      [2, -1, 3, 3],
    ]);
  });
});

describe('the watch for damaged batches', () => {
  it.each<[string, [number, number][], boolean]>([
    [
      'nothing',
      [
        [0, 0],
        [0, 0],
      ],
      false,
    ],
    [
      'lost connections',
      [
        [1, 1],
        [2, 2],
        [5, 5],
      ],
      false,
    ],
    [
      'a look between the two counts of one',
      [
        [1, 0],
        [1, 1],
        [2, 1],
        [2, 2],
      ],
      false,
    ],
    [
      'connections that the client closed',
      [
        [0, 3],
        [1, 4],
        [1, 4],
      ],
      false,
    ],
    [
      'a damaged batch',
      [
        [0, 0],
        [1, 0],
        [1, 0],
      ],
      true,
    ],
    [
      'one after connections that the client closed',
      [
        [0, 3],
        [1, 3],
        [1, 3],
      ],
      true,
    ],
  ])('sees %s', (_, counts, expected) => {
    const watch = new DamageWatch();
    const seen = counts.map(([rxerrs, disconnects]) =>
      watch.seen(JSON.stringify({ brokers: { b: { rxerrs, disconnects } } })),
    );
    expect(seen.includes(true)).toBe(expected);
  });
});

describe('the addon of librdkafka', () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-addon-'));
  const from = pathToFileURL(join(directory, 'module.js')).href;
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function failure(): EngineError {
    try {
      loadAddon(from);
    } catch (error) {
      return error as EngineError;
    }
    throw new Error('it was loaded');
  }

  it('is named, with the command that installs it, where it is missing or can not be loaded', () => {
    const hint = expect.stringContaining('npm install @confluentinc/kafka-javascript@1.10.1');
    expect(failure()).toMatchObject({ code: 'NOT_FOUND', hint, message: expect.stringContaining('found none') });
    const folder = join(directory, 'node_modules', '@confluentinc', 'kafka-javascript');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.js'), "throw new Error('compiled against another version');");
    const message = expect.stringContaining('compiled against another version');
    expect(failure()).toMatchObject({ code: 'UNSUPPORTED', hint, message });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the process of librdkafka', () => {
  it('ends with its parent, however that goes', async () => {
    const source = JSON.stringify(new URL('../../src/kafka/librdkafka-process.ts', import.meta.url).href);
    const script = `import { LibrdkafkaProcess } from ${source};
      process.stdout.write(String(new LibrdkafkaProcess({}, { message() {}, failed() {} }).pid));`;
    const parent: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = (await once(parent.stdout!, 'data')) as [Buffer];
    const pid = Number(String(text));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    for (let tries = 0; tries < 200 && isAlive(pid); tries++) await sleep(20);
    expect(isAlive(pid)).toBe(false);
  });
});

describeWithLibrdkafka('librdkafka', () => {
  it('refuses by name what it does not know', async () => {
    const table = (properties: Record<string, string>) => factory.maxParallelism(plan(properties), connectorContext());
    await expect(table({ 'properties.fetch.min.byte': '1' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: 'librdkafka: No such configuration property: "fetch.min.byte"',
    });
    await expect(table({ 'properties.queued.min.messages': 'x' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: 'librdkafka: Invalid value for configuration property "queued.min.messages"',
    });
  });

  it('that crashes is a failure to start again from', async () => {
    const { promise, resolve } = Promise.withResolvers<EngineError>();
    const config = plan({}).librdkafka!;
    const child = new LibrdkafkaProcess(config, {
      message: ({ kind }) => kind === 'ready' && process.kill(child.pid!, 'SIGSEGV'),
      failed: resolve,
    });
    const message = expect.stringContaining('SIGSEGV');
    expect(await promise).toMatchObject({ code: 'INTERNAL', retryable: true, message });
    await child.close();
  });
});
