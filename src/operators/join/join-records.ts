/** The rows of one join key, in the order in which they came. */
import { equalColumns, equalRows, keyText, type Row, rowText } from '../../model/row.ts';

/** `associations`: how many rows of the other side match, where somebody asks (an outer side, the left of a semi or anti join). */
export type JoinRecord = { row: Row; count: number; associations: number; writtenMs: number };

/** Which rows are one record. */
export type RowIdentity = Readonly<{ equal: (a: Row, b: Row) => boolean; textOf: (row: Row) => string }>;

/** `unique`: the columns of a key of the rows; null: all columns. */
export function rowIdentity(unique: readonly number[] | null): RowIdentity {
  if (unique === null) return { equal: equalRows, textOf: rowText };
  return { equal: (a, b) => equalColumns(a, b, unique), textOf: (row) => keyText(row, unique) };
}

const fewRecords = 8; // are looked through one by one

export class JoinRecords {
  readonly #identity: RowIdentity | null;
  #list: JoinRecord[] = [];
  /** In place of the list where there are many that are looked for. */
  #byText: Map<string, JoinRecord> | null = null;

  /** Without an identity records are never looked for. */
  constructor(identity: RowIdentity | null) {
    this.#identity = identity;
  }

  get size(): number {
    return this.#byText === null ? this.#list.length : this.#byText.size;
  }

  /** To be read before the next change. */
  all(): readonly JoinRecord[] {
    return this.#byText === null ? this.#list : Array.from(this.#byText.values());
  }

  find(row: Row): JoinRecord | undefined {
    const identity = this.#identity;
    if (identity === null) return undefined;
    if (this.#byText !== null) return this.#byText.get(identity.textOf(row));
    for (const record of this.#list) if (identity.equal(record.row, row)) return record;
    return undefined;
  }

  /** A record that `find` does not know. */
  add(record: JoinRecord): void {
    const identity = this.#identity;
    if (this.#byText === null) this.#list.push(record);
    else this.#byText.set(identity!.textOf(record.row), record);
    if (identity === null || this.#byText !== null || this.#list.length <= fewRecords) return;
    this.#byText = new Map(this.#list.map((each) => [identity.textOf(each.row), each]));
    this.#list = [];
  }

  delete(record: JoinRecord): void {
    if (this.#byText === null) this.#list.splice(this.#list.indexOf(record), 1);
    else this.#byText.delete(this.#identity!.textOf(record.row));
  }

  /** Records of its own. */
  clone(): JoinRecords {
    const copy = new JoinRecords(this.#identity);
    if (this.#byText === null) copy.#list = this.#list.map((record) => ({ ...record }));
    else copy.#byText = new Map(Array.from(this.#byText, ([text, record]) => [text, { ...record }]));
    return copy;
  }
}
