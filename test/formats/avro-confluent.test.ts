import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { avroConfluentFormat, debeziumAvroFormat } from '../../src/formats/avro-confluent.ts';
import { rowKinds } from '../../src/model/column.ts';
import type { Decoder, Format } from '../../src/model/format.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type Field, types } from '../../src/model/types.ts';
import { batchOfRows } from '../support/operator-harness.ts';
import { decoderContext, encoderContext, rowsOf } from '../support/records.ts';
import { TestRegistry } from '../support/schema-registry.ts';

type Options = Readonly<Record<string, string>>;

const fields: readonly Field[] = [
  { name: 'id', type: types.of('bigint') },
  { name: 'name', type: types.string() },
];

let registry: TestRegistry;
beforeAll(async () => {
  registry = await TestRegistry.start();
});
beforeEach(() => {
  registry.requests.length = 0;
  registry.credentials = null;
});
afterAll(() => registry.stop());

/** Reads as a reader does: what is pending is awaited, and the record is read again. */
async function read(decoder: Decoder, records: readonly Uint8Array[]): Promise<string[]> {
  const faults: string[] = [];
  for (const record of records) {
    let fault = decoder.decode(record, 0, record.length);
    while (decoder.pending) {
      await decoder.pending;
      fault = decoder.decode(record, 0, record.length);
    }
    if (fault !== null) faults.push(`fault: ${fault.message}`);
  }
  const count = decoder.rows;
  const rows = rowsOf(decoder.take(), fields, count);
  return [...rows.map((row, i) => `${rowKinds[decoder.ops?.[i] ?? 0]} ${row.join(',')}`), ...faults];
}

function decoderOf(format: Format = avroConfluentFormat, options: Options = {}): Decoder {
  return format.createDecoder!(decoderContext(format, fields, { url: registry.url, ...options }));
}

async function write(
  rows: readonly (readonly unknown[])[],
  options: Options = {},
  format = avroConfluentFormat,
  ops?: number[],
) {
  const context = encoderContext(format, fields, { url: registry.url, ...options });
  const encoder = format.createEncoder!({ ...context, subject: 'topic-value' });
  await encoder.open!();
  const batch = batchOfRows(fields, rows, { pool: new StringPool() });
  const changes = ops === undefined ? batch : { ...batch, ops: Uint8Array.from(ops) };
  return rows.map((_, row) => Uint8Array.from(encoder.encode(changes, row)!));
}

const record = (id: number, hex: string): Uint8Array => {
  const bytes = Buffer.concat([Buffer.alloc(5), Buffer.from(hex, 'hex')]);
  bytes.writeInt32BE(id, 1);
  return Uint8Array.from(bytes);
};

describe('records of a registry', () => {
  it('are read by the schema of their id, which is asked for once', async () => {
    const old = { type: 'record', name: 'User', fields: [{ name: 'id', type: 'int' }] };
    const more = {
      type: 'record',
      name: 'User',
      fields: ['name', 'x', 'id'].map((name) => ({ name, type: name === 'id' ? 'long' : 'string' })),
    };
    const [first, second] = [registry.add(old), registry.add(more)];
    const records = [record(first, '04'), record(second, '0261026208'), record(first, '06')];
    expect(await read(decoderOf(), records)).toEqual(['+I 2,', '+I 4,a', '+I 3,']);
    expect(registry.requests).toEqual([`GET /schemas/ids/${first}`, `GET /schemas/ids/${second}`]);
  });

  it('are written with the id under which their schema is registered', async () => {
    const [bytes] = await write([[9007199254740993n, 'a']]);
    const [id] = registry.subjects.get('topic-value')!;
    expect([...bytes!.subarray(0, 5)]).toEqual([0, 0, 0, 0, id]);
    expect(await read(decoderOf(), [bytes!])).toEqual(['+I 9007199254740993,a']);
  });

  it('take a subject and a schema that are given', async () => {
    const schema = {
      type: 'record',
      name: 'Mine',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'id', type: 'long' },
      ],
    };
    const [bytes] = await write([[1, 'a']], { subject: 'mine', schema: JSON.stringify(schema) });
    expect(registry.subjects.get('mine')).toEqual([registry.add(schema)]);
    expect(Buffer.from(bytes!.subarray(5)).toString('hex')).toBe('026102');
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['without the zero', Uint8Array.of(1, 0, 0, 0, 1, 2), /^fault: unknown data format/],
    ['too short', Uint8Array.of(0, 0), /^fault: unknown data format/],
  ])('%s are faulty', async (_, bytes, message) =>
    expect(await read(decoderOf(), [bytes])).toEqual([expect.stringMatching(message)]),
  );
});

describe('of changes', () => {
  it('are read and written as Debezium has them', async () => {
    const records = await write(
      [
        [1, 'a'],
        [1, 'a'],
        [1, 'b'],
        [1, 'b'],
      ],
      { subject: 'cdc' },
      debeziumAvroFormat,
      [0, 1, 2, 3],
    );
    expect(await read(decoderOf(debeziumAvroFormat), records)).toEqual(['+I 1,a', '-D 1,a', '+I 1,b', '-D 1,b']);
  });

  it('an update has both images', async () => {
    const value = {
      type: 'record',
      name: 'Value',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'name', type: 'string' },
      ],
    };
    const image = ['before', 'after'].map((name, i) => ({ name, type: ['null', i === 0 ? value : 'Value'] }));
    const id = registry.add({ type: 'record', name: 'Envelope', fields: [...image, { name: 'op', type: 'string' }] });
    const decoder = decoderOf(debeziumAvroFormat);
    expect(await read(decoder, [record(id, '02020261020202620275')])).toEqual(['-U 1,a', '+U 1,b']);
    expect(await read(decoder, [record(id, '00020202620275')])).toEqual([
      expect.stringMatching(/"before" field of UPDATE.*REPLICA IDENTITY/),
    ]);
  });
});

describe('the registry', () => {
  const one = record(1, '04');

  it('is asked again when it fails for a while', async () => {
    registry.failing = 2;
    expect(await read(decoderOf(), [one])).toHaveLength(1);
    expect(registry.requests).toHaveLength(3);
  });

  it('says what it has not', async () => {
    await expect(read(decoderOf(), [record(999, '')])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('Schema 999 not found'),
    });
  });

  it.each<[string, Options]>([
    ['user info', { 'basic-auth.credentials-source': 'USER_INFO', 'basic-auth.user-info': 'ada:s3cret' }],
    ['the URL', { 'basic-auth.credentials-source': 'URL', url: 'http://ada:s3cret@' }],
  ])('is told user and password by %s', async (_, options) => {
    registry.credentials = 'ada:s3cret';
    const url = options.url === undefined ? registry.url : registry.url.replace('http://', options.url);
    expect(await read(decoderOf(avroConfluentFormat, { ...options, url }), [one])).toHaveLength(1);
  });

  it('refuses who does not say so', async () => {
    registry.credentials = 'ada:s3cret';
    await expect(read(decoderOf(), [one])).rejects.toMatchObject({ code: 'PERMISSION', retryable: false });
  });

  it('refuses a schema that is not compatible', async () => {
    await expect(write([[1, 'a']], { subject: 'frozen' })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('may be gone', async () => {
    const decoder = decoderOf(avroConfluentFormat, { url: 'http://127.0.0.1:1' });
    await expect(read(decoder, [one])).rejects.toMatchObject({ code: 'CONNECTION', retryable: true });
  });

  it('has schemas of other kinds, and such with references', async () => {
    const protobuf = registry.add({ a: 1 }, { schemaType: 'PROTOBUF' });
    const referring = registry.add({ a: 2 }, { references: [{ name: 'x', subject: 'x', version: 1 }] });
    await expect(read(decoderOf(), [record(protobuf, '')])).rejects.toThrow(
      /expected schema \d+ to be an AVRO one, got PROTOBUF/,
    );
    await expect(read(decoderOf(), [record(referring, '')])).rejects.toThrow(/has references to other schemas/);
  });

  it.each<[Options, RegExp]>([
    [{ url: 'registry:8081' }, /option 'url': expected http:\/\/host:port/],
    [{ 'ssl.truststore.location': '/x.jks' }, /option 'ssl.truststore.location': Java key stores are not read/],
    [{ 'properties.x': 'y' }, /option 'properties.x' is not built/],
    [{ schema: '{' }, /option 'schema': expected an Avro schema as JSON/],
    [{ schema: '"what"' }, /option 'schema': expected an Avro schema, got one that is none/],
  ])('%o is refused', (options, message) => expect(() => decoderOf(avroConfluentFormat, options)).toThrow(message));
});
