/**
 * Files of operator state. Layout: 8 bytes "MRSTATE1"; then per chunk two uint32 (bytes of its JSON header, bytes of its batch), the header
 * `{table, keyColumns, fields}` padded to 8 bytes, the batch (state/batch-codec.ts); at the end two uint32 of 0. The checkpoint's
 * metadata holds length and CRC-32, so that a file cut short or rotten is seen.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { EngineError } from '../model/errors.ts';
import type { OperatorSnapshot } from '../model/operator.ts';
import type { StateChunk } from '../model/state.ts';
import { decodeBatch, encodeBatch } from '../state/batch-codec.ts';
import type { StateFile } from './protocol.ts';

const magic = Buffer.from('MRSTATE1');

/** Writes a snapshot, chunk by chunk, and syncs it. The snapshot is done when this returns or throws. */
export async function writeStateFile(path: string, snapshot: OperatorSnapshot): Promise<StateFile> {
  try {
    const file = await open(path, 'w');
    try {
      const writer = new ChecksumWriter(file);
      await writer.write(magic);
      for (const chunk of snapshot.chunks()) await writeChunk(writer, chunk);
      await writer.write(new Uint8Array(8));
      await file.sync();
      return { path, byteLength: writer.byteLength, crc32: writer.crc32 };
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

/** The chunks of a file, one at a time. Fails with CHECKPOINT where it is not what was written. */
export async function* readStateFile(expected: StateFile): AsyncGenerator<StateChunk> {
  const { path } = expected;
  const broken = (what: string): EngineError =>
    new EngineError('CHECKPOINT', `state file ${path}: ${what}`, {
      hint: 'Restore an older checkpoint with --restore PATH, or start afresh with --restore none.',
    });
  const file = await open(path, 'r').catch((cause: Error) => {
    throw new EngineError('CHECKPOINT', `state file ${path}: cannot be opened: ${cause.message}`, { cause });
  });
  try {
    const { size } = await file.stat();
    if (size !== expected.byteLength) throw broken(`expected ${expected.byteLength} bytes, found ${size}`);
    let checksum = 0;
    const read = async (bytes: number): Promise<ArrayBuffer> => {
      const target = new Uint8Array(new ArrayBuffer(bytes));
      for (let at = 0; at < bytes; ) {
        const { bytesRead } = await file.read(target, at, bytes - at);
        if (bytesRead === 0) throw broken('it ends within a chunk');
        at += bytesRead;
      }
      checksum = crc32(target, checksum);
      return target.buffer;
    };
    if (!Buffer.from(await read(8)).equals(magic)) throw broken(`expected it to begin with ${magic}`);
    for (;;) {
      const [headerBytes, batchBytes] = new Uint32Array(await read(8));
      if (headerBytes === 0) break;
      const header = Buffer.from(await read(headerBytes! + padding(headerBytes!)));
      const { table, keyColumns, fields } = JSON.parse(header.toString('utf8', 0, headerBytes)) as StateChunk;
      yield { table, keyColumns, fields, batch: decodeBatch(await read(batchBytes!)) };
    }
    if (checksum !== expected.crc32) throw broken(`expected CRC-32 ${expected.crc32}, found ${checksum}`);
  } finally {
    await file.close();
  }
}
