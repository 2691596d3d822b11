/** (g) Rows into a Parquet file: the sink's copy of borrowed columns, and the encoder. */
import type { ParquetRequest, ParquetType } from '../../src/formats/parquet-column.ts';
import { encodeParquet } from '../../src/formats/parquet-writer.ts';
import type { ColumnBatch } from '../../src/model/column.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import type { DataType } from '../../src/model/types.ts';
import { GrowingColumn } from '../../src/sinks/iceberg-column.ts';
import type { IcebergColumn } from '../../src/sinks/iceberg-config.ts';
import { batchRows, type Fixture, scanAll } from '../support/fixture.ts';
import { expectEqual, type Stage } from '../support/stage.ts';
import { planAllColumns } from '../support/temperature-job.ts';

const fileBatches = 8; // 65,536 rows

export async function parquetStages(fixture: Fixture): Promise<Stage[]> {
  const { shape, events, bytesPerRecord } = fixture;
  const scanned = await planAllColumns(shape);
  const columns = scanned.map(({ name, type }, i) => icebergColumn(name, type, i));
  const batches = scanAll(events, scanned, new StringPool()).slice(0, fileBatches);
  const rows = Int32Array.from({ length: batchRows }, (_, row) => row);
  const file = gather(columns, batches, rows);
  expectEqual('rows in the file', encodeParquet(file).rowCount, file.rowCount);
  const parts = { unit: 'file', bytesPerRecord };
  return [
    { ...parts, name: `sink copy, all ${columns.length} columns`, run: () => gather(columns, batches, rows).rowCount },
    { ...parts, name: `Parquet encode, all ${columns.length} columns, zstd`, run: () => encodeParquet(file).rowCount },
  ];
}

function gather(columns: readonly IcebergColumn[], batches: readonly ColumnBatch[], rows: Int32Array): ParquetRequest {
  const growing = columns.map((column) => new GrowingColumn(column));
  let rowCount = 0;
  for (const { length, columns: borrowed } of batches) {
    for (const [i, column] of growing.entries()) column.append(borrowed[i]!, rows, 0, length);
    rowCount += length;
  }
  return { rowCount, columns: growing.map((column) => column.finish()), codec: 'zstd' };
}

const parquetKinds: Readonly<Partial<Record<DataType['kind'], Exclude<ParquetType['kind'], 'decimal'>>>> = {
  varchar: 'string',
  timestamp: 'timestamp',
  double: 'double',
  int: 'int',
  bigint: 'long',
  boolean: 'boolean',
};

function icebergColumn(name: string, source: DataType, index: number): IcebergColumn {
  const kind = parquetKinds[source.kind];
  if (kind === undefined) throw new Error(`column ${name}: no Parquet type for ${source.kind}`);
  const type: ParquetType = { kind };
  return { name, fieldId: index + 1, required: false, source, type, metrics: { kind: 'truncate', length: 16 } };
}
