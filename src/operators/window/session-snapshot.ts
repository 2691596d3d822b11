/**
 * The state of aggregated sessions as chunks. Table `sessions`: keys, `$start` and `$end` (wall time, ms) and cells as in fields.ts, a row for
 * each session. Table `window-watermark`: as in window-snapshot.ts.
 */
import { batchOf, type Column, type DoubleColumn, gather } from '../../model/column.ts';
import { EngineError } from '../../model/errors.ts';
import type { OperatorSnapshot } from '../../model/operator.ts';
import type { StateChunk, StateTableFields } from '../../model/state.ts';
import { type Field, formatType, types } from '../../model/types.ts';
import { type CellColumn, cellsToColumn } from '../../state/cell-column.ts';
import type { FrozenRows } from '../../state/chained-table.ts';
import { hashKeys } from '../../state/key-group.ts';
import type { BoundAggregate } from '../aggregate/bound-aggregate.ts';
import type { SessionAccumulators } from './session-accumulators.ts';
import type { SessionStore } from './session-store.ts';
import { watermarkChunk, watermarkSchema } from './window-snapshot.ts';

const sessionTable = 'sessions';
const time = types.of('double', false);

export class SessionSnapshots {
  readonly #sessions: SessionAccumulators;
  readonly #store: SessionStore;
  readonly #keyCount: number;
  /** Keys, start, end, cells. */
  readonly #fields: readonly Field[];

  constructor(
    sessions: SessionAccumulators,
    store: SessionStore,
    keyFields: readonly Field[],
    aggregates: readonly BoundAggregate[],
  ) {
    this.#sessions = sessions;
    this.#store = store;
    this.#keyCount = keyFields.length;
    const cells = aggregates.flatMap(({ cells: own }, i) =>
      own.map(({ name, type }) => ({ name: `$a${i}_${name}`, type })),
    );
    this.#fields = [...keyFields, { name: '$start', type: time }, { name: '$end', type: time }, ...cells];
  }

  get tables(): readonly StateTableFields[] {
    return [watermarkSchema, this.#schema];
  }

  get #schema(): StateTableFields {
    return { table: sessionTable, keyColumns: this.#keyCount, fields: this.#fields };
  }

  /** Takes references now and makes chunks as they are asked for. */
  take(progress: number): OperatorSnapshot {
    const snapshot = this.#sessions.table.snapshot();
    const chunk = (page: FrozenRows): StateChunk => this.#chunk(page);
    return {
      *chunks() {
        yield watermarkChunk(progress);
        for (const page of snapshot.pages()) if (page.rows.length > 0) yield chunk(page);
      },
      done: () => snapshot.release(),
    };
  }

  /** Whether the chunk was one of sessions. Fails with CHECKPOINT where it is of a query with other keys or aggregates. */
  restore(chunk: StateChunk): boolean {
    if (chunk.table !== sessionTable) return false;
    this.#check(chunk);
    const { columns, length } = chunk.batch;
    const keys = columns.slice(0, this.#keyCount);
    const [starts, ends] = columns.slice(this.#keyCount).map((column) => (column as DoubleColumn).values);
    const cells = columns.slice(this.#keyCount + 2);
    const hashes = hashKeys(keys, length, new Int32Array(length));
    this.#store.bind(keys);
    for (let i = 0; i < length; i++) {
      const row = this.#store.restore(hashes[i]!, i, starts![i]!, ends![i]!);
      this.#sessions.restore(row, cells, i);
    }
    return true;
  }

  #check({ fields }: StateChunk): void {
    const text = (list: readonly Field[]): string =>
      list.map(({ name, type }, i) => (i < this.#keyCount ? '' : `${name} `) + formatType(type)).join(', ');
    if (text(this.#fields) === text(fields)) return;
    throw new EngineError(
      'CHECKPOINT',
      `state of sessions: expected rows of (${text(this.#fields)}), found (${text(fields)})`,
      { hint: 'Keys or aggregates of the query have changed: start with --restore none.' },
    );
  }

  #chunk({ rows, keys, cells }: FrozenRows): StateChunk {
    const count = rows.length;
    const own = cells.slice(0, -2).map((cell, i) => {
      const { type } = this.#fields[this.#keyCount + 2 + i]!;
      return cellsToColumn(type, gather(cell, rows, count) as CellColumn, count);
    });
    const columns: Column[] = [...keys, ...cells.slice(-2)].map((column) => gather(column, rows, count));
    const batch = batchOf(count, [...columns, ...own]);
    return { ...this.#schema, batch };
  }
}
