/** Writes the part files of one subtask. */
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnBatch } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { Encoder } from '../model/format.ts';
import type { Committable, SinkWriter } from '../model/sink.ts';
import { inProgressName, partName, pendingName } from './filesystem-part.ts';

export type PartOptions = Readonly<{
  directory: string;
  jobTag: string;
  runId: string;
  subtaskIndex: number;
  startedMs: number;
  /** bytes */
  rollingFileSize: number;
}>;

/** Where a row goes: the columns that files have, and the directory below the table's for the others. */
export type RowPlace = Readonly<{
  columns: readonly number[];
  directoryOf: (batch: ColumnBatch, row: number) => string;
}>;

/** A part file that was written whole; `bytes` with the ends of lines. */
export type PartCommittable = Readonly<{ name: string; bytes: number; rows: number }>;

const chunkBytes = 256 * 1024;
const partitionChunkBytes = 32 * 1024;
const maxOpenParts = 256; // beyond, the one that was begun first is closed, and hidden until the checkpoint as the others
const maxPendingBytes = 8 * 1024 * 1024; // handed to the file system and not yet written: beyond, the writer waits
const lineFeed = 10;

type PartFile = {
  /** Below the table's; empty: that itself. */
  readonly directory: string;
  readonly name: string;
  readonly handle: Promise<FileHandle>;
  bytes: number;
  rows: number;
  chunk: Buffer;
  chunkLength: number;
};

export class FilesystemWriter implements SinkWriter {
  readonly #encoder: Encoder;
  readonly #options: PartOptions;
  readonly #place: RowPlace | null;
  /** Open ones by their directory. */
  readonly #parts = new Map<string, PartFile>();
  #nextNumber = 0;
  /** Everything that was handed to the file system, in order. */
  #work: Promise<void> = Promise.resolve();
  #pendingBytes = 0;
  /** Not closed yet. */
  readonly #handles = new Set<FileHandle>();
  #finished: PartCommittable[] = [];

  /** `place` null: the table has no partitions. */
  constructor(encoder: Encoder, options: PartOptions, place: RowPlace | null) {
    this.#encoder = encoder;
    this.#options = options;
    this.#place = place;
  }

  write(batch: ColumnBatch): void {
    const place = this.#place;
    const values = place === null ? batch : { ...batch, columns: place.columns.map((i) => batch.columns[i]!) };
    for (let row = 0; row < batch.length; row++) {
      const record = this.#encoder.encode(values, row);
      if (record === null) throw noLine(this.#options.directory);
      const directory = place === null ? '' : place.directoryOf(batch, row);
      const part = this.#parts.get(directory) ?? this.#begin(directory);
      this.#append(part, record);
      part.bytes += record.length + 1;
      part.rows++;
      if (part.bytes >= this.#options.rollingFileSize) this.#finish(part);
    }
  }

  #append(part: PartFile, record: Uint8Array): void {
    const needed = record.length + 1;
    if (part.chunkLength + needed > part.chunk.length) {
      this.#flushChunk(part);
      if (needed > part.chunk.length) part.chunk = Buffer.allocUnsafe(needed);
    }
    part.chunk.set(record, part.chunkLength);
    part.chunkLength += record.length;
    part.chunk[part.chunkLength++] = lineFeed;
  }

  #begin(directory: string): PartFile {
    if (this.#parts.size >= maxOpenParts) this.#finish(this.#parts.values().next().value!);
    const { jobTag, runId, subtaskIndex, startedMs } = this.#options;
    const name = partName(runId, subtaskIndex, startedMs, this.#nextNumber++);
    const handle = this.#create(join(this.#options.directory, directory), inProgressName(name, jobTag));
    handle.catch(() => undefined); // said by the work that waits for it
    const part: PartFile = { directory, name, handle, bytes: 0, rows: 0, chunk: this.#newChunk(), chunkLength: 0 };
    this.#parts.set(directory, part);
    return part;
  }

  #newChunk(): Buffer {
    return Buffer.allocUnsafe(this.#place === null ? chunkBytes : partitionChunkBytes);
  }

  #flushChunk(part: PartFile): void {
    if (part.chunkLength === 0) return;
    const bytes = part.chunk.subarray(0, part.chunkLength);
    part.chunk = this.#newChunk();
    part.chunkLength = 0;
    this.#pendingBytes += bytes.length;
    this.#then(async () => {
      await (await part.handle).writeFile(bytes);
      this.#pendingBytes -= bytes.length;
    });
  }

  /** Closes the part file and hands it to the next checkpoint. */
  #finish(part: PartFile): void {
    this.#flushChunk(part);
    this.#parts.delete(part.directory);
    const { directory, jobTag } = this.#options;
    const folder = join(directory, part.directory);
    this.#then(async () => {
      const handle = await part.handle;
      await handle.sync();
      await this.#closeFile(handle);
      await rename(join(folder, inProgressName(part.name, jobTag)), join(folder, pendingName(part.name)));
    });
    const name = part.directory === '' ? part.name : `${part.directory}/${part.name}`;
    this.#finished.push({ name, bytes: part.bytes, rows: part.rows });
  }

  #then(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch((cause: unknown) => {
      throw writeError(this.#options.directory, cause);
    });
    this.#work.catch(() => undefined); // said by the next `ready` or `prepareCommit`
  }

  ready(): Promise<void> | null {
    return this.#pendingBytes > maxPendingBytes ? this.#work : null;
  }

  async prepareCommit(): Promise<readonly Committable[]> {
    for (const part of [...this.#parts.values()]) this.#finish(part);
    const finished = this.#finished;
    this.#finished = [];
    await this.#work;
    return finished;
  }

  async #create(directory: string, name: string): Promise<FileHandle> {
    await mkdir(directory, { recursive: true });
    const handle = await open(join(directory, name), 'wx');
    this.#handles.add(handle);
    return handle;
  }

  async #closeFile(handle: FileHandle): Promise<void> {
    this.#handles.delete(handle);
    await handle.close();
  }

  /** What no checkpoint holds stays hidden. After a fault files are open that no step will close: a deleted one would still fill the disk. */
  async close(): Promise<void> {
    await this.#work.catch(() => undefined);
    for (const { handle } of this.#parts.values()) await handle.catch(() => undefined);
    this.#parts.clear();
    for (const handle of [...this.#handles]) await this.#closeFile(handle).catch(() => undefined);
  }
}

function noLine(directory: string): EngineError {
  return new EngineError(
    'EVALUATION',
    `${directory}: expected a value for a line, got a NULL, which the format can't write`,
    {
      hint: 'Leave NULLs out with WHERE, or use a format that has them.',
    },
  );
}

export function writeError(directory: string, cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new EngineError('IO', `${directory}: can't be written: ${message}`, {
    cause,
    hint: "The table's 'path' has to be a directory, or a new one, that can be written; see whether the disk is full.",
  });
}
