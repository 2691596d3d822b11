/**
 * Files of operator state. Layout: 8 bytes "MRSTATE1"; then per chunk two uint32 (bytes of its JSON header, bytes of its batch), the header
 * `{table, keyColumns, fields}` padded to 8 bytes, the batch (state/batch-codec.ts); at the end two uint32 of 0. The checkpoint's
 * metadata holds length and CRC-32, so that a file cut short or rotten is seen.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { EngineError } from '../model/errors.ts';
import type { OperatorSnapshot } from '../model/operator.ts';
import type { StateChunk, StateTableFields } from '../model/state.ts';
import { decodeBatch, encodeBatch } from '../state/batch-codec.ts';
import type { StateFile, WrittenState } from './protocol.ts';

const magic = Buffer.from('MRSTATE1');

/** Writes a snapshot, chunk by chunk, and syncs it. The snapshot is done when this returns or throws. */
export async function writeStateFile(path: string, snapshot: OperatorSnapshot): Promise<WrittenState> {
  try {
    const file = await open(path, 'w');
    try {
      const writer = new ChecksumWriter(file);
      await writer.write(magic);
      const tables = new Map<string, StateTableFields>();
      for (const chunk of snapshot.chunks()) {
        const { table, keyColumns, fields } = chunk;
        tables.set(table, { table, keyColumns, fields });
        await writeChunk(writer, chunk);
      }
      await writer.write(new Uint8Array(8));
      await file.sync();
      return { path, byteLength: writer.byteLength, crc32: writer.crc32, tables: [...tables.values()] };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new EngineError('CHECKPOINT', `state file ${path}: cannot be written: ${(cause as Error).message}`, {
      cause,
      retryable: true,
      hint: 'Check free space and rights of the checkpoint directory.',
    });
  } finally {
    snapshot.done();
  }
}

async function writeChunk(writer: ChecksumWriter, chunk: StateChunk): Promise<void> {
  const { table, keyColumns, fields, batch } = chunk;
  const header = Buffer.from(JSON.stringify({ table, keyColumns, fields }));
  const { buffer, byteLength } = encodeBatch(batch);
  await writer.write(new Uint8Array(new Uint32Array([header.length, byteLength]).buffer));
  await writer.write(Buffer.concat([header, new Uint8Array(padding(header.length))]));
  await writer.write(new Uint8Array(buffer, 0, byteLength));
}

function padding(bytes: number): number {
  return -bytes & 7;
}

class ChecksumWriter {
  readonly #file: FileHandle;
  byteLength = 0;
  crc32 = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.crc32 = crc32(bytes, this.crc32);
    this.byteLength += bytes.length;
    for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten;
  }
}

/** The chunks of a file, one at a time. Fails with CHECKPOINT, before the first, where it is not what was written. */
export async function* readStateFile(expected: StateFile): AsyncGenerator<StateChunk> {
  const { path } = expected;
  const file = await open(path, 'r').catch((cause: Error) => {
    throw broken(path, `cannot be opened: ${cause.message}`);
  });
  try {
    await verify(file, expected);
    let position = 0;
    const read = async (bytes: number): Promise<ArrayBuffer> => {
      const target = new Uint8Array(new ArrayBuffer(bytes));
      await readFully(file, target, position, path);
      position += bytes;
      return target.buffer;
    };
    if (!Buffer.from(await read(8)).equals(magic)) throw broken(path, `expected it to begin with ${magic}`);
    for (;;) {
      const [headerBytes, batchBytes] = new Uint32Array(await read(8));
      if (headerBytes === 0) break;
      const header = Buffer.from(await read(headerBytes! + padding(headerBytes!)));
      const { table, keyColumns, fields } = JSON.parse(header.toString('utf8', 0, headerBytes)) as StateChunk;
      yield { table, keyColumns, fields, batch: decodeBatch(await read(batchBytes!)) };
    }
  } finally {
    await file.close();
  }
}

const verifyBytes = 1 << 20; // read at a time

/** Length and check sum of the whole file: rotten bytes must not reach a decoder or an operator, which would fail of them in their own way. */
async function verify(file: FileHandle, { path, byteLength, crc32: checksum }: StateFile): Promise<void> {
  const { size } = await file.stat();
  if (size !== byteLength) throw broken(path, `expected ${byteLength} bytes, found ${size}`);
  const buffer = new Uint8Array(Math.min(verifyBytes, size));
  let found = 0;
  for (let at = 0; at < size; at += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, size - at));
    await readFully(file, part, at, path);
    found = crc32(part, found);
  }
  if (found !== checksum) throw broken(path, `expected CRC-32 ${checksum}, found ${found}`);
}

async function readFully(file: FileHandle, target: Uint8Array, position: number, path: string): Promise<void> {
  for (let at = 0; at < target.length; ) {
    const { bytesRead } = await file.read(target, at, target.length - at, position + at);
    if (bytesRead === 0) throw broken(path, 'it ends within a chunk');
    at += bytesRead;
  }
}

function broken(path: string, what: string): EngineError {
  return new EngineError('CHECKPOINT', `state file ${path}: ${what}`, {
    hint: 'Restore an older checkpoint with --restore PATH, or start afresh with --restore none.',
  });
}
