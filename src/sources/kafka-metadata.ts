import { grown } from '../formats/column-writer.ts';
import { timestampOf } from '../kafka/fetched-records.ts';
import { type BatchHeader, logAppendTimeBit } from '../kafka/record-batch.ts';
import { type RecordRun, readHeaders } from '../kafka/record-run.ts';
import type { Column } from '../model/column.ts';
import type { ScanColumn } from '../model/plan.ts';
import type { StringPool } from '../model/string-pool.ts';
import { type DataType, types } from '../model/types.ts';
import { formatMetadataKey } from './kafka-decoder.ts';

/** The metadata columns of Flink's Kafka connector (KafkaDynamicSource.ReadableMetadata). */
export const kafkaMetadata: ReadonlyMap<string, DataType> = new Map([
  ['topic', types.string(false)],
  ['partition', types.of('int', false)],
  ['headers', types.map(types.string(false), types.bytes(), false)],
  ['leader-epoch', types.of('int')],
  ['offset', types.of('bigint', false)],
  ['timestamp', types.timestampLtz(3, false)],
  ['timestamp-type', types.string(false)],
]);

/** A column being filled: the value of record `i` of a run into `row`, which is below the capacity that was given last. */
type Filler = Readonly<{
  set: (row: number, header: BatchHeader, run: RecordRun, i: number) => void;
  reserve: (capacity: number) => void;
  /** The first `rows` of it, of a partition of `topic`. */
  column: (rows: number, topic: string, partition: number) => Column;
}>;

/** The record's own metadata columns of a batch, in the order of the scan. Arrays are reused from batch to batch. */
export class MetadataColumns {
  readonly #fillers: readonly Filler[];
  #capacity: number;
  /** Whether there is none: then nothing has to be set. */
  readonly empty: boolean;

  constructor(columns: readonly ScanColumn[], pool: StringPool, batchRows: number) {
    this.#fillers = columns.flatMap((column) =>
      column.kind === 'metadata' && formatMetadataKey(column) === null ? [fillerOf(column.key, pool, batchRows)] : [],
    );
    this.#capacity = batchRows;
    this.empty = this.#fillers.length === 0;
  }

  /** For the rows [from, to), which are of record `i`. */
  set(from: number, to: number, header: BatchHeader, run: RecordRun, i: number): void {
    if (to > this.#capacity) this.#reserve(to);
    for (let row = from; row < to; row++) for (const filler of this.#fillers) filler.set(row, header, run, i);
  }

  /** A record may be several rows: a batch then is larger. */
  #reserve(rows: number): void {
    this.#capacity = Math.max(rows, this.#capacity * 2);
    for (const filler of this.#fillers) filler.reserve(this.#capacity);
  }

  columns(rows: number, topic: string, partition: number): Column[] {
    return this.#fillers.map((filler) => filler.column(rows, topic, partition));
  }
}

/** Of columns with one value for all rows. */
const alike = { set: () => {}, reserve: () => {} };

const timestampTypes = ['CreateTime', 'LogAppendTime'] as const;

function fillerOf(key: string, pool: StringPool, batchRows: number): Filler {
  switch (key) {
    case 'topic':
      return {
        ...alike,
        column: (rows, topic) => codes(new Int32Array(rows).fill(pool.internString(topic)), pool),
      };
    case 'partition':
      return {
        ...alike,
        column: (rows, _, partition) => ({ layout: 'i32', values: new Int32Array(rows).fill(partition), nulls: null }),
      };
    case 'offset':
      return integers(batchRows, (header, run, i) => header.baseOffset + run.offsetDeltas[i]!);
    case 'timestamp':
      return integers(batchRows, timestampOf);
    case 'timestamp-type':
      return timestampTypeFiller(pool, batchRows);
    case 'leader-epoch': {
      let values = new Int32Array(batchRows);
      return {
        set: (row, header) => {
          values[row] = header.leaderEpoch;
        },
        reserve: (capacity) => {
          values = grown(values, new Int32Array(capacity));
        },
        column: () => ({ layout: 'i32', values, nulls: null }),
      };
    }
    default: {
      const values = new Array<unknown>(batchRows);
      return {
        set: (row, _, run, i) => {
          values[row] = readHeaders(run.bytes, run.headerStarts[i]!);
        },
        reserve: () => {},
        column: () => ({ layout: 'object', values, nulls: null }),
      };
    }
  }
}

function integers(batchRows: number, read: (header: BatchHeader, run: RecordRun, i: number) => number): Filler {
  let values = new Float64Array(batchRows);
  return {
    set: (row, header, run, i) => {
      values[row] = read(header, run, i);
    },
    reserve: (capacity) => {
      values = grown(values, new Float64Array(capacity));
    },
    column: () => ({ layout: 'int', wide: false, values, nulls: null }),
  };
}

function timestampTypeFiller(pool: StringPool, batchRows: number): Filler {
  let kinds = new Uint8Array(batchRows);
  return {
    set: (row, header) => {
      kinds[row] = (header.attributes & logAppendTimeBit) === 0 ? 0 : 1;
    },
    reserve: (capacity) => {
      kinds = grown(kinds, new Uint8Array(capacity));
    },
    column: (rows) => {
      const names = timestampTypes.map((name) => pool.internString(name)); // anew: the pool may have been emptied
      return codes(
        Int32Array.from(kinds.subarray(0, rows), (kind) => names[kind]!),
        pool,
      );
    },
  };
}

function codes(values: Int32Array, pool: StringPool): Column {
  return { layout: 'string', encoding: 'codes', values, pool, nulls: null };
}
