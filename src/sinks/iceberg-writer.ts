/**
 * The writing side of an Iceberg sink, in a worker: rows are copied into the open file of their partition; files are encoded in the pool
 * of short tasks, then written and made durable.
 */
import type { ParquetColumn, ParquetFile, ParquetRequest } from '../formats/parquet-column.ts';
import { dataFileToJson } from '../iceberg/data-file.ts';
import { type PartitionValues, partitionPath } from '../iceberg/partition-spec.ts';
import { type ColumnBatch, op } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { Committable, SinkWriter, WriterContext } from '../model/sink.ts';
import type { Storage } from '../storage/storage.ts';
import { joinUri } from '../storage/uri.ts';
import { GrowingColumn } from './iceberg-column.ts';
import type { IcebergSinkConfig } from './iceberg-config.ts';
import { Partitioner } from './iceberg-partitioner.ts';

/** Bytes of all open files of a slot; beyond it the largest is closed. */
const maxOpenBytes = 64 * 1024 * 1024;
/** Files of a slot on their way to the disk; beyond it the writer asks its caller to wait. */
const maxFilesInFlight = 2;

export type IcebergWriterOptions = Readonly<{
  storage: Storage;
  /** For names of files: never the same twice. */
  newId: () => string;
  maxOpenBytes?: number | undefined;
}>;

/** The committable of a writer that wrote something. `files` are DataFileJson. */
export type IcebergFiles = Readonly<{ files: readonly ReturnType<typeof dataFileToJson>[] }>;

type OpenFile = { readonly columns: readonly GrowingColumn[]; rowCount: number; byteLength: number };

export class IcebergWriter implements SinkWriter {
  readonly #config: IcebergSinkConfig;
  readonly #ctx: WriterContext;
  readonly #options: IcebergWriterOptions;
  readonly #partitioner: Partitioner;
  readonly #open = new Map<number, OpenFile>();
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #maxOpenBytes: number;
  #openBytes = 0;
  /** Of the checkpoint to come. */
  #written: Promise<IcebergFiles['files'][number]>[] = [];
  #failure: unknown = null;

  constructor(config: IcebergSinkConfig, ctx: WriterContext, options: IcebergWriterOptions) {
    this.#config = config;
    this.#ctx = ctx;
    this.#options = options;
    this.#partitioner = new Partitioner(config.partition, config.columns);
    this.#maxOpenBytes = Math.min(options.maxOpenBytes ?? maxOpenBytes, config.targetFileBytes);
  }

  write(batch: ColumnBatch): void {
    this.#throwFailure();
    checkInserts(batch, this.#config.tableName);
    for (const { partition, rows, from, to } of this.#partitioner.split(batch)) {
      const file = this.#fileOf(partition);
      file.columns.forEach((column, index) => {
        column.append(batch.columns[index]!, rows, from, to);
      });
      file.rowCount += to - from;
      const before = file.byteLength;
      file.byteLength = file.columns.reduce((sum, column) => sum + column.byteLength, 0);
      this.#openBytes += file.byteLength - before;
    }
    while (this.#openBytes > this.#maxOpenBytes) this.#close(this.#largest());
  }

  ready(): Promise<void> | null {
    if (this.#inFlight.size < maxFilesInFlight) return null;
    return Promise.race(this.#inFlight).then(() => undefined);
  }

  async prepareCommit(): Promise<readonly Committable[]> {
    this.#throwFailure();
    for (const partition of [...this.#open.keys()]) this.#close(partition);
    this.#partitioner.clear();
    const written = this.#written;
    this.#written = [];
    const files = await Promise.all(written);
    return files.length === 0 ? [] : [{ files } satisfies IcebergFiles];
  }

  async close(): Promise<void> {
    this.#open.clear();
    await Promise.allSettled(this.#inFlight);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #fileOf(partition: number): OpenFile {
    let file = this.#open.get(partition);
    if (file === undefined) {
      const columns = this.#config.columns.map((column) => new GrowingColumn(column));
      file = { columns, rowCount: 0, byteLength: 0 };
      this.#open.set(partition, file);
    }
    return file;
  }

  #largest(): number {
    let [largest, bytes] = [-1, -1];
    for (const [partition, file] of this.#open) {
      if (file.byteLength > bytes) [largest, bytes] = [partition, file.byteLength];
    }
    return largest;
  }

  #close(partition: number): void {
    const file = this.#open.get(partition)!;
    this.#open.delete(partition);
    this.#openBytes -= file.byteLength;
    const columns = file.columns.map((column) => column.finish());
    const done = this.#encodeAndWrite(this.#partitioner.valuesOf(partition), columns, file.rowCount);
    this.#written.push(done);
    const settled: Promise<unknown> = done
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#inFlight.delete(settled));
    this.#inFlight.add(settled);
  }

  async #encodeAndWrite(
    partition: PartitionValues,
    columns: readonly ParquetColumn[],
    rowCount: number,
  ): Promise<IcebergFiles['files'][number]> {
    const { codec, dataLocation } = this.#config;
    const fields = this.#config.partition.map(({ field }) => field);
    const request: ParquetRequest = { rowCount, columns, codec };
    const encoded = (await this.#ctx.host.runTask('parquet', request, buffersOf(columns))) as ParquetFile;
    const folders = fields.length === 0 ? [] : [partitionPath(fields, partition)];
    const name = `${String(this.#ctx.subtaskIndex).padStart(5, '0')}-${this.#options.newId()}.parquet`;
    const path = joinUri(dataLocation, ...folders, name);
    await this.#options.storage.write(path, encoded.bytes);
    const { metrics, splitOffsets } = encoded;
    const sizeBytes = encoded.bytes.length;
    return dataFileToJson({ path, partition, recordCount: rowCount, sizeBytes, splitOffsets, metrics }, fields);
  }
}

function buffersOf(columns: readonly ParquetColumn[]): ArrayBuffer[] {
  return columns
    .flatMap((column) => [column.nulls, column.values, column.offsets])
    .flatMap((array) => (array === null ? [] : [array.buffer as ArrayBuffer]));
}

/** The planner gives an insert-only sink no changes; a row that is one would be appended as if it were new. */
function checkInserts(batch: ColumnBatch, tableName: string): void {
  if (batch.ops === null) return;
  for (let row = 0; row < batch.length; row++) {
    if (batch.ops[row] === op.insert) continue;
    throw new EngineError(
      'UNSUPPORTED',
      `table ${tableName}: updates and deletes can't be written to an Iceberg table`,
    );
  }
}
