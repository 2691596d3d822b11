/**
 * The rows of one side of a regular join, by join key. Where a unique key of the rows is known a row replaces the one with its key, as in
 * Flink; else equal rows are counted.
 */
import { keyText, type Row, rowText } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import { KeyedState, type StateTtl } from '../../state/keyed-state.ts';
import type { JoinKeys } from './join-keys.ts';

/** `associations`: how many rows of the other side match, where somebody asks (an outer side, the left of a semi or anti join). */
export type JoinRecord = { row: Row; count: number; associations: number; writtenMs: number };

type Records = Map<string, JoinRecord>;

export type JoinSideOptions = Readonly<{
  name: string;
  fields: readonly Field[];
  keys: JoinKeys;
  unique: readonly number[] | null;
  ttl: StateTtl | null;
}>;

export class JoinSide {
  readonly state: KeyedState<Records>;
  readonly #keys: JoinKeys;
  readonly #unique: readonly number[] | null;
  readonly #ttl: StateTtl | null;

  constructor({ name, fields, keys, unique, ttl }: JoinSideOptions) {
    this.#keys = keys;
    this.#unique = unique;
    this.#ttl = ttl;
    const width = fields.length;
    this.state = new KeyedState<Records>(
      {
        name,
        keyFields: keys.fields,
        valueFields: [...fields, ...counterFields],
        toRows: (records) =>
          Array.from(this.#alive(records), ({ row, count, associations }) => [...row, count, associations]),
        fromRow: (records = new Map(), stored) => {
          const row = stored.slice(0, width);
          const [count, associations] = stored.slice(width) as [number, number];
          return records.set(this.#identity(row), { row, count, associations, writtenMs: this.#now() });
        },
        clone: (records) => new Map([...records].map(([text, record]) => [text, { ...record }])),
      },
      ttl,
    );
  }

  textOf(row: Row): string | null {
    return this.#keys.textOf(row);
  }

  /** Of a key, in the order in which they came; to be read only. */
  *records(key: string): Generator<JoinRecord> {
    yield* this.#alive(this.state.get(key));
  }

  /** As `records`, but their associations may be changed. */
  *changeable(key: string): Generator<JoinRecord> {
    yield* this.#alive(this.state.change(key));
  }

  /** A partner of the record has come (1) or gone (−1). Of records that `changeable` gave. */
  associate(record: JoinRecord, change: 1 | -1): void {
    record.associations += change;
    record.writtenMs = this.#now();
  }

  add(key: string, row: Row, associations: number): void {
    const records = this.state.update(key, this.#keys.rowOf(row), () => new Map());
    const text = this.#identity(row);
    const known = records.get(text);
    const count = known === undefined || this.#unique !== null || this.#expired(known) ? 1 : known.count + 1;
    records.set(text, { row, count, associations, writtenMs: this.#now() });
  }

  /** A row that is not there may have been forgotten (state TTL): nothing happens. */
  retract(key: string, row: Row): void {
    const text = this.#identity(row);
    if (!this.state.get(key)?.has(text)) return;
    const records = this.state.change(key)!;
    const known = records.get(text)!;
    if (known.count > 1 && !this.#expired(known)) {
      records.set(text, { ...known, count: known.count - 1, writtenMs: this.#now() });
      return;
    }
    records.delete(text);
    if (records.size === 0) this.state.delete(key);
  }

  #identity(row: Row): string {
    return this.#unique === null ? rowText(row) : keyText(row, this.#unique);
  }

  *#alive(records: Records | undefined): Generator<JoinRecord> {
    if (records === undefined) return;
    for (const record of records.values()) if (!this.#expired(record)) yield record;
  }

  #now(): number {
    return this.#ttl === null ? 0 : this.#ttl.now();
  }

  #expired({ writtenMs }: JoinRecord): boolean {
    return this.#ttl !== null && this.#ttl.now() - writtenMs >= this.#ttl.ms;
  }
}

const counterFields: readonly Field[] = [
  { name: 'count', type: types.of('bigint', false) },
  { name: 'associations', type: types.of('bigint', false) },
];
