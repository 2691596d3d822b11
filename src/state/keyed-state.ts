/**
 * State of operators that keep rows: a value of any form for each key, in memory. Snapshots take references at once and are written later:
 * an entry that a snapshot has is replaced, not changed (copy on write).
 */
import { EngineError } from '../model/errors.ts';
import type { OperatorSnapshot } from '../model/operator.ts';
import { keyText, type Row } from '../model/row.ts';
import type { StateChunk, StateTableFields } from '../model/state.ts';
import { type Field, formatType } from '../model/types.ts';
import { BatchRows } from './value-column.ts';
import { RowWriter } from './value-writer.ts';

/** How values of a state table are written: each as rows, in any order, that give it back. */
export type StateTable<V> = Readonly<{
  /** The chunks' table. */
  name: string;
  keyFields: readonly Field[];
  /** Of the rows that `toRows` gives; without the key. */
  valueFields: readonly Field[];
  toRows: (value: V) => Iterable<Row>;
  /** Takes one row in; `value` is undefined at the first of a key. May change and give back `value`. `key`: the values of the key's fields. */
  fromRow: (value: V | undefined, row: Row, key: Row) => V;
  /** A value that can be changed while the old one stays as it is. */
  clone: (value: V) => V;
}>;

type Entry<V> = { readonly key: Row; value: V; readonly epoch: number; usedMs: number };

export type StateTtl = Readonly<{ ms: number; now: () => number }>;

const shardCount = 16; // a Map ends at 2^24 entries
const chunkRows = 4096;
const expiredPerTouch = 2; // entries that each write looks at: the oldest go without a pause

/** A state table, whatever its values are: for those who write and restore it. */
export type StateHandle = Pick<KeyedState<unknown>, 'name' | 'schema' | 'snapshot' | 'restore' | 'bytes'>;

export class KeyedState<V> {
  readonly #table: StateTable<V>;
  readonly #ttl: StateTtl | null;
  readonly #shards = Array.from({ length: shardCount }, () => new Map<string, Entry<V>>());
  #epoch = 0;
  #snapshots = 0;

  /** `ttl`: an entry that was not written for so long is gone (`table.exec.state.ttl`). null: it stays. */
  constructor(table: StateTable<V>, ttl: StateTtl | null = null) {
    this.#table = table;
    this.#ttl = ttl;
  }

  get name(): string {
    return this.#table.name;
  }

  get schema(): StateTableFields {
    const { name, keyFields, valueFields } = this.#table;
    return { table: name, keyColumns: keyFields.length, fields: [...keyFields, ...valueFields] };
  }

  get size(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.size, 0);
  }

  /** To be read, not to be changed. */
  get(key: string): V | undefined {
    const entry = this.#shard(key).get(key);
    return entry === undefined || this.#expired(entry) ? undefined : entry.value;
  }

  /** The values of a key's fields; undefined: it has no value. */
  keyRow(key: string): Row | undefined {
    return this.#shard(key).get(key)?.key;
  }

  /** The value of a key (`create` makes that of a new one), to be changed in place. `keyRow`: the values of the key's fields. */
  update(key: string, keyRow: Row, create: () => V): V {
    return this.change(key) ?? this.#put(this.#shard(key), key, keyRow, create());
  }

  /** The value of a key, to be changed in place; undefined: it has none. */
  change(key: string): V | undefined {
    const shard = this.#shard(key);
    const entry = shard.get(key);
    if (entry === undefined || this.#expired(entry)) return undefined;
    if (this.#snapshots > 0 && entry.epoch < this.#epoch) {
      return this.#put(shard, key, entry.key, this.#table.clone(entry.value));
    }
    this.#touch(shard, key, entry);
    return entry.value;
  }

  set(key: string, keyRow: Row, value: V): void {
    this.#put(this.#shard(key), key, keyRow, value);
  }

  delete(key: string): void {
    this.#shard(key).delete(key);
  }

  *entries(): Generator<readonly [text: string, key: Row, value: V]> {
    for (const shard of this.#shards) {
      for (const [text, entry] of shard) if (!this.#expired(entry)) yield [text, entry.key, entry.value];
    }
  }

  snapshot(): OperatorSnapshot {
    this.#epoch++;
    this.#snapshots++;
    const entries = this.#shards.flatMap((shard) => [...shard.values()].filter((entry) => !this.#expired(entry)));
    return { chunks: () => this.#chunks(entries), done: () => void this.#snapshots-- };
  }

  /** Fails with CHECKPOINT where the chunk's rows are not of this table. */
  restore(chunk: StateChunk): void {
    const { keyFields, fromRow } = this.#table;
    const { fields } = this.schema;
    checkStateFields(this.schema, chunk);
    const rows = new BatchRows(
      chunk.batch,
      fields.map(({ type }) => type),
    );
    const keyColumns = keyFields.map((_, i) => i);
    for (let i = 0; i < chunk.batch.length; i++) {
      const row = rows.row(i);
      const key = row.slice(0, keyColumns.length);
      const text = keyText(key, keyColumns);
      const shard = this.#shard(text);
      this.#put(shard, text, key, fromRow(shard.get(text)?.value, row.slice(keyColumns.length), key));
    }
  }

  /** Roughly, without what values hold beyond a few words. */
  bytes(): number {
    return this.size * bytesPerEntry;
  }

  #shard(key: string): Map<string, Entry<V>> {
    let hash = key.length;
    for (let i = Math.max(0, key.length - 4); i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
    return this.#shards[hash & (shardCount - 1)]!;
  }

  #put(shard: Map<string, Entry<V>>, key: string, keyRow: Row, value: V): V {
    const usedMs = this.#ttl === null ? 0 : this.#ttl.now();
    if (this.#ttl !== null) this.#expire(shard, key);
    shard.set(key, { key: keyRow, value, epoch: this.#epoch, usedMs });
    return value;
  }

  #touch(shard: Map<string, Entry<V>>, key: string, entry: Entry<V>): void {
    if (this.#ttl === null) return;
    entry.usedMs = this.#ttl.now();
    this.#expire(shard, key);
    shard.set(key, entry);
  }

  /** A Map keeps the order of insertion: with the key taken out and put in again, the longest unused stand first. */
  #expire(shard: Map<string, Entry<V>>, key: string): void {
    shard.delete(key);
    let looked = 0;
    for (const [oldest, entry] of shard) {
      if (looked++ === expiredPerTouch || !this.#expired(entry)) break;
      shard.delete(oldest);
    }
  }

  #expired(entry: Entry<V>): boolean {
    return this.#ttl !== null && this.#ttl.now() - entry.usedMs >= this.#ttl.ms;
  }

  *#chunks(entries: readonly Entry<V>[]): Generator<StateChunk> {
    const { schema } = this;
    let rows = new RowWriter(schema.fields, chunkRows);
    for (const { key, value } of entries) {
      for (const row of this.#table.toRows(value)) {
        if (rows.length === chunkRows) {
          yield { ...schema, batch: rows.batch() };
          rows = new RowWriter(schema.fields, chunkRows); // of arrays of its own: a chunk may be kept
        }
        rows.add(key, row);
      }
    }
    if (rows.length > 0) yield { ...schema, batch: rows.batch() };
  }
}

const bytesPerEntry = 200;

/** Fails with CHECKPOINT where the chunk's rows are not of the table. */
export function checkStateFields({ table, fields }: StateTableFields, chunk: StateTableFields): void {
  const [expected, found] = [fields, chunk.fields].map((list) => list.map(({ type }) => formatType(type)).join(', '));
  if (expected === found) return;
  throw new EngineError('CHECKPOINT', `state '${table}': expected rows of (${expected}), found (${found})`, {
    hint: 'The query has changed since the checkpoint: start with --restore none.',
  });
}
