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
  readonly #identity: RowIdentity;
  /** null: to be made of `#byText` again. */
  #list: JoinRecord[] | null = [];
  /** Where there are many. */
  #byText: Map<string, JoinRecord> | null = null;

  constructor(identity: RowIdentity) {
    this.#identity = identity;
  }

  get size(): number {
    return this.#byText?.size ?? this.#list!.length;
  }

  /** To be read before the next change. */
  all(): readonly JoinRecord[] {
    this.#list ??= Array.from(this.#byText!.values());
    return this.#list;
  }

  find(row: Row): JoinRecord | undefined {
    const { equal, textOf } = this.#identity;
    if (this.#byText !== null) return this.#byText.get(textOf(row));
    for (const record of this.#list!) if (equal(record.row, row)) return record;
    return undefined;
  }

  /** A record that `find` does not know. */
  add(record: JoinRecord): void {
    const { textOf } = this.#identity;
    this.#list?.push(record);
    if (this.#byText !== null) this.#byText.set(textOf(record.row), record);
    else if (this.#list!.length > fewRecords) {
      this.#byText = new Map(this.#list!.map((each) => [textOf(each.row), each]));
    }
  }

  delete(record: JoinRecord): void {
    if (this.#byText === null) this.#list!.splice(this.#list!.indexOf(record), 1);
    else {
      this.#byText.delete(this.#identity.textOf(record.row));
      this.#list = null;
    }
  }

  /** Records of its own. */
  clone(): JoinRecords {
    const copy = new JoinRecords(this.#identity);
    if (this.#byText === null) copy.#list = this.#list!.map((record) => ({ ...record }));
    else {
      copy.#byText = new Map(Array.from(this.#byText, ([text, record]) => [text, { ...record }]));
      copy.#list = null;
    }
    return copy;
  }
}
