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

const chunkBytes = 256 * 1024;
const maxPendingBytes = 8 * 1024 * 1024; // handed to the file system and not yet written: beyond, the writer waits
const lineFeed = 10;

type PartFile = { readonly name: string; readonly handle: Promise<FileHandle>; bytes: number; rows: number };

export class FilesystemWriter implements SinkWriter {
  readonly #encoder: Encoder;
  readonly #options: PartOptions;
  #part: PartFile | null = null;
  #nextNumber = 0;
  #chunk: Buffer = Buffer.allocUnsafe(chunkBytes);
  #chunkLength = 0;
  /** Everything that was handed to the file system, in order. */
  #work: Promise<void> = Promise.resolve();
  #pendingBytes = 0;
  /** Not closed yet. */
  readonly #handles = new Set<FileHandle>();
  #finished: Committable[] = [];

  constructor(encoder: Encoder, options: PartOptions) {
    this.#encoder = encoder;
    this.#options = options;
  }

  write(batch: ColumnBatch): void {
    for (let row = 0; row < batch.length; row++) {
      const record = this.#encoder.encode(batch, row);
      if (record === null) throw noLine(this.#options.directory);
      this.#part ??= this.#begin();
      this.#append(record);
      this.#part.bytes += record.length + 1;
      this.#part.rows++;
      if (this.#part.bytes >= this.#options.rollingFileSize) this.#finish();
    }
  }

  #append(record: Uint8Array): void {
    const needed = record.length + 1;
    if (this.#chunkLength + needed > this.#chunk.length) {
      this.#flushChunk();
      if (needed > this.#chunk.length) this.#chunk = Buffer.allocUnsafe(needed);
    }
    this.#chunk.set(record, this.#chunkLength);
    this.#chunkLength += record.length;
    this.#chunk[this.#chunkLength++] = lineFeed;
  }

  #begin(): PartFile {
    const { directory, jobTag, runId, subtaskIndex, startedMs } = this.#options;
    const name = partName(runId, subtaskIndex, startedMs, this.#nextNumber++);
    const handle = this.#create(directory, inProgressName(name, jobTag));
    handle.catch(() => undefined); // said by the work that waits for it
    return { name, handle, bytes: 0, rows: 0 };
  }

  #flushChunk(): void {
    if (this.#chunkLength === 0) return;
    const bytes = this.#chunk.subarray(0, this.#chunkLength);
    const { handle } = this.#part!;
    this.#chunk = Buffer.allocUnsafe(chunkBytes);
    this.#chunkLength = 0;
    this.#pendingBytes += bytes.length;
    this.#then(async () => {
      await (await handle).writeFile(bytes);
      this.#pendingBytes -= bytes.length;
    });
  }

  /** Closes the part file and hands it to the next checkpoint. */
  #finish(): void {
    const part = this.#part;
    if (part === null) return;
    this.#flushChunk();
    this.#part = null;
    const { directory, jobTag } = this.#options;
    this.#then(async () => {
      const handle = await part.handle;
      await handle.sync();
      await this.#closeFile(handle);
      await rename(join(directory, inProgressName(part.name, jobTag)), join(directory, pendingName(part.name)));
    });
    this.#finished.push({ name: part.name, bytes: part.bytes, rows: part.rows });
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
    this.#finish();
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
    await this.#part?.handle.catch(() => undefined);
    this.#part = null;
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
