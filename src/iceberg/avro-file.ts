/** Avro object container files (Avro specification 1.12, "Object Container Files"). */
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { EngineError } from '../model/errors.ts';
import { AvroReader, type AvroRecord } from './avro-reader.ts';
import type { AvroObject, AvroSchema } from './avro-schema.ts';
import { AvroWriter } from './avro-writer.ts';

const magic = Uint8Array.of(0x4f, 0x62, 0x6a, 1); // Obj1
const syncLength = 16;
const blockBytes = 64 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export type AvroFile = Readonly<{ metadata: ReadonlyMap<string, string>; schema: AvroSchema; records: AvroRecord[] }>;

/** Deflated blocks. The same records give the same bytes: the sync marker is a hash of schema and metadata. */
export function writeAvroFile(
  schema: AvroObject,
  metadata: ReadonlyMap<string, string>,
  records: readonly AvroRecord[],
): Uint8Array {
  const entries = new Map([...metadata, ['avro.schema', JSON.stringify(schema)], ['avro.codec', 'deflate']]);
  const sync = createHash('md5')
    .update(JSON.stringify([...entries]))
    .digest();
  const parts: Uint8Array[] = [magic, writeMetadata(entries), sync];
  const writer = new AvroWriter();
  let count = 0;
  records.forEach((record, index) => {
    writer.write(schema, record);
    count++;
    if (writer.length < blockBytes && index < records.length - 1) return;
    parts.push(...writeBlock(count, deflateRawSync(writer.take())), sync);
    count = 0;
  });
  return Buffer.concat(parts);
}

function writeMetadata(entries: ReadonlyMap<string, string>): Uint8Array {
  const writer = new AvroWriter();
  writer.long(entries.size);
  for (const [key, value] of entries) {
    writer.bytes(encoder.encode(key));
    writer.bytes(encoder.encode(value));
  }
  writer.long(0);
  return writer.take();
}

function writeBlock(count: number, bytes: Uint8Array): [Uint8Array, Uint8Array] {
  const writer = new AvroWriter();
  writer.long(count);
  writer.long(bytes.length);
  return [writer.take(), bytes];
}

/** `where` names the file. EngineError IO when it is broken, UNSUPPORTED for another codec than null, deflate and zstandard. */
export function readAvroFile(bytes: Uint8Array, where: string): AvroFile {
  try {
    return readContainer(bytes);
  } catch (cause) {
    if (cause instanceof EngineError && cause.code === 'UNSUPPORTED') throw cause;
    throw new EngineError('IO', `${where}: expected an Avro file, got one that can't be read`, { cause });
  }
}

function readContainer(bytes: Uint8Array): AvroFile {
  const reader = new AvroReader(bytes);
  if (Buffer.compare(reader.take(magic.length), magic) !== 0)
    throw new EngineError('IO', 'it does not begin with Obj1');
  const entries = reader.read({ type: 'map', values: 'bytes' }) as ReadonlyMap<string, Uint8Array>;
  const metadata = new Map([...entries].map(([key, value]) => [key, decoder.decode(value)]));
  const sync = reader.take(syncLength);
  const schema = JSON.parse(metadata.get('avro.schema') ?? 'null') as AvroSchema;
  const names = new Map<string, AvroObject>();
  const records: AvroRecord[] = [];
  while (!reader.atEnd) {
    const count = reader.int();
    const block = new AvroReader(decompress(metadata.get('avro.codec') ?? 'null', reader.take(reader.int())), names);
    for (let i = 0; i < count; i++) records.push(block.read(schema) as AvroRecord);
    if (Buffer.compare(reader.take(syncLength), sync) !== 0) throw new EngineError('IO', 'a sync marker is wrong');
  }
  return { metadata, schema, records };
}

function decompress(codec: string, block: Uint8Array): Uint8Array {
  switch (codec) {
    case 'null':
      return block;
    case 'deflate':
      return inflateRawSync(block);
    case 'zstandard':
      return zstdDecompressSync(block);
    default:
      throw new EngineError('UNSUPPORTED', `Avro codec '${codec}': expected null, deflate or zstandard`);
  }
}
