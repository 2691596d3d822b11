/** Reads files of lines, one after the other. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Figures } from '../model/account.ts';
import type { Column } from '../model/column.ts';
import type { Decoder } from '../model/format.ts';
import type { ReaderContext, ReaderOutput, SourceReader, SourceSplit, SplitLag } from '../model/source.ts';
import { LineReader } from './filesystem-lines.ts';
import { fileError } from './filesystem-listing.ts';
import type { PartitionReader } from './filesystem-partitions.ts';
import { Nap } from './nap.ts';

type OpenFile = Readonly<{ path: string; lines: LineReader; size: number; modifiedMs: number }>;

/**
 * `offset`: the byte of the uncompressed file to go on from; `line`: how many lines lie before it; `index`: its place in the order of
 * discovery.
 */
type FileSplit = { readonly id: string; offset: number; line: number; readonly index: number; ended: boolean };

/** Worker thread. A split's id is the file's path. */
export class FilesystemReader implements SourceReader {
  readonly #ctx: ReaderContext;
  readonly #decoder: Decoder;
  readonly #quote: number;
  readonly #partitions: PartitionReader;
  readonly #splits: FileSplit[] = [];
  #first = 0; // splits before it are ended
  #file: OpenFile | null = null;
  #complete = false;
  /** Lines, and what became of them. */
  readonly #tally = { records: 0, decoded: 0, skipped: 0, rows: 0 };
  readonly #nap = new Nap();

  /** `quote`: the byte within a pair of which a line feed ends no record, or −1. */
  constructor(ctx: ReaderContext, decoder: Decoder, quote: number, partitions: PartitionReader) {
    this.#ctx = ctx;
    this.#decoder = decoder;
    this.#quote = quote;
    this.#partitions = partitions;
  }

  addSplits(splits: readonly SourceSplit[]): void {
    for (const { id, position } of splits) {
      const [offset, line, index] = [Number(position.offset), Number(position.line), Number(position.index)];
      this.#splits.push({ id, offset, line, index, ended: position.ended === true });
    }
    this.wake();
  }

  noMoreSplits(): void {
    this.#complete = true;
    this.wake();
  }

  async poll(timeoutMs: number): Promise<ReaderOutput> {
    if (this.#current() === undefined && !this.#complete) await this.#nap.sleep(timeoutMs);
    for (let split = this.#current(); split !== undefined; split = this.#current()) {
      this.#file ??= await openFile(split, this.#quote);
      const output = await this.#read(split, this.#file);
      if (output !== null) return output;
      await this.#end(split);
    }
    return { kind: this.#complete ? 'end' : 'none' };
  }

  #current(): FileSplit | undefined {
    while (this.#splits[this.#first]?.ended === true) this.#first++;
    return this.#splits[this.#first];
  }

  /** The next rows; null at the end of the file. */
  async #read(split: FileSplit, file: OpenFile): Promise<ReaderOutput | null> {
    for (;;) {
      this.#decode(split, file.lines);
      const { rows } = this.#decoder;
      if (rows > 0) {
        const columns = this.#columns(this.#decoder.take(), file, rows);
        const ops = this.#decoder.ops ?? null;
        return { kind: 'batch', splitId: split.id, batch: { length: rows, columns, ops, watermarks: null } };
      }
      if (file.lines.atEnd) return null;
      await file.lines.fill();
    }
  }

  /** Lines that lie in the buffer, up to a full batch. */
  #decode(split: FileSplit, lines: LineReader): void {
    const { batchRows } = this.#ctx;
    while (this.#decoder.rows < batchRows && lines.next()) {
      const before = this.#decoder.rows;
      const fault = this.#decoder.decode(lines.bytes, lines.start, lines.end);
      split.line++;
      split.offset = lines.position;
      this.#tally.records++;
      this.#tally.rows += this.#decoder.rows - before;
      if (fault === null) {
        this.#tally[this.#decoder.rows > before ? 'decoded' : 'skipped']++;
        continue;
      }
      const value = lines.bytes.subarray(lines.start, lines.end);
      this.#ctx.badRecord({ error: fault.message, value, source: split.id, offset: split.line });
    }
  }

  /** In the order that the scan asked for. */
  #columns(decoded: readonly Column[], file: OpenFile, rows: number): Column[] {
    let next = 0;
    return this.#ctx.columns.map((column) => {
      if (column.kind === 'metadata') return this.#metadata(column.key, file, rows);
      const ofPath = this.#partitions.column(column.path[0]!, file.path, rows);
      return ofPath ?? decoded[next++]!;
    });
  }

  #metadata(key: string, file: OpenFile, rows: number): Column {
    if (key === 'file.size' || key === 'file.modification-time') {
      const value = key === 'file.size' ? file.size : file.modifiedMs;
      return { layout: 'int', wide: false, values: new Float64Array(rows).fill(value), nulls: null };
    }
    const { pool } = this.#ctx;
    const code = pool.internString(key === 'file.path' ? file.path : basename(file.path));
    return { layout: 'string', encoding: 'codes', values: new Int32Array(rows).fill(code), pool, nulls: null };
  }

  async #end(split: FileSplit): Promise<void> {
    split.ended = true;
    const file = this.#file;
    this.#file = null;
    await file?.lines.close();
  }

  wake(): void {
    this.#nap.wake();
  }

  snapshot(): SourceSplit[] {
    return this.#splits.map(({ id, offset, line, index, ended }) => ({ id, position: { offset, line, index, ended } }));
  }

  endedSplits(): readonly string[] {
    return this.#splits.filter((split) => split.ended).map((split) => split.id);
  }

  account(): Figures {
    return { ...this.#tally };
  }

  lag(): readonly SplitLag[] {
    return [];
  }

  async close(): Promise<void> {
    this.wake();
    await this.#file?.lines.close();
    this.#file = null;
  }
}

async function openFile(split: FileSplit, quote: number): Promise<OpenFile> {
  const path = split.id;
  try {
    const { size, mtimeMs } = await stat(path);
    return { path, lines: await LineReader.open(path, split.offset, quote), size, modifiedMs: Math.floor(mtimeMs) };
  } catch (cause) {
    throw isFileError(cause) ? fileError(path, cause) : cause;
  }
}

function isFileError(cause: unknown): boolean {
  return typeof (cause as NodeJS.ErrnoException).errno === 'number';
}
