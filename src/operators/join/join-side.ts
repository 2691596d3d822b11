/**
 * The rows of one side of a regular join, by join key. Where a unique key of the rows is known a row replaces the one with its key, as in
 * Flink; else equal rows are counted.
 */
import type { Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import { KeyedState, type StateTtl } from '../../state/keyed-state.ts';
import type { JoinKeys } from './join-keys.ts';
import { type JoinRecord, JoinRecords, rowIdentity } from './join-records.ts';

export type JoinSideOptions = Readonly<{
  name: string;
  fields: readonly Field[];
  keys: JoinKeys;
  unique: readonly number[] | null;
  ttl: StateTtl | null;
}>;

const none: readonly JoinRecord[] = [];

export class JoinSide {
  readonly state: KeyedState<JoinRecords>;
  readonly #keys: JoinKeys;
  readonly #isUnique: boolean;
  readonly #create: () => JoinRecords;
  readonly #ttl: StateTtl | null;

  constructor({ name, fields, keys, unique, ttl }: JoinSideOptions) {
    this.#keys = keys;
    this.#isUnique = unique !== null;
    this.#ttl = ttl;
    const identity = rowIdentity(unique);
    this.#create = () => new JoinRecords(identity);
    const width = fields.length;
    this.state = new KeyedState<JoinRecords>(
      {
        name,
        keyFields: keys.fields,
        valueFields: [...fields, ...counterFields],
        toRows: (records) => this.#alive(records).map(({ row, count, associations }) => [...row, count, associations]),
        fromRow: (records = this.#create(), stored) => {
          const [count, associations] = stored.slice(width) as [number, number];
          this.#put(records, stored.slice(0, width), count, associations);
          return records;
        },
        clone: (records) => records.clone(),
      },
      ttl,
    );
  }

  textOf(row: Row): string | null {
    return this.#keys.textOf(row);
  }

  /** Of a key, in the order in which they came; to be read only, and before the next change. */
  records(key: string): readonly JoinRecord[] {
    return this.#alive(this.state.get(key));
  }

  /** As `records`, but their associations may be changed. */
  changeable(key: string): readonly JoinRecord[] {
    return this.#alive(this.state.change(key));
  }

  /** A partner of the record has come (1) or gone (−1). Of records that `changeable` gave. */
  associate(record: JoinRecord, change: 1 | -1): void {
    record.associations += change;
    record.writtenMs = this.#now();
  }

  add(key: string, row: Row, associations: number): void {
    this.#put(this.state.update(key, this.#keys.rowOf(row), this.#create), row, 1, associations);
  }

  /** A row that is not there may have been forgotten (state TTL): nothing happens. */
  retract(key: string, row: Row): void {
    if (this.state.get(key)?.find(row) === undefined) return;
    const records = this.state.change(key)!;
    const known = records.find(row)!;
    if (known.count > 1 && !this.#expired(known)) {
      known.count--;
      known.writtenMs = this.#now();
      return;
    }
    records.delete(known);
    if (records.size === 0) this.state.delete(key);
  }

  #put(records: JoinRecords, row: Row, count: number, associations: number): void {
    const known = records.find(row);
    if (known === undefined) {
      records.add({ row, count, associations, writtenMs: this.#now() });
      return;
    }
    known.row = row;
    known.count = this.#isUnique || this.#expired(known) ? count : known.count + count;
    known.associations = associations;
    known.writtenMs = this.#now();
  }

  #alive(records: JoinRecords | undefined): readonly JoinRecord[] {
    if (records === undefined) return none;
    return this.#ttl === null ? records.all() : records.all().filter((record) => !this.#expired(record));
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
