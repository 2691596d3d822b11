/** Results of a function of one string, remembered by the string's code. */
import type { SqlValue } from '../../model/function.ts';
import type { StringPool } from '../../model/string-pool.ts';

const unknownCode = -2;

/** Code −1 stands for NULL. */
export class CodeMemo {
  readonly #compute: (input: string | Uint8Array | null) => SqlValue;
  readonly #bytes: boolean;
  #pool: StringPool | null = null;
  #generation = -1;
  #values: (SqlValue | undefined)[] = [];
  #codes = new Int32Array(0);
  #constants = new Map<string | Uint8Array, number>();
  #ofNull: SqlValue | undefined;

  constructor(compute: (input: never) => SqlValue, bytes = false) {
    this.#compute = compute as (input: string | Uint8Array | null) => SqlValue;
    this.#bytes = bytes;
  }

  /** Before each batch: forgets everything when the pool was emptied. */
  sync(pool: StringPool): void {
    if (this.#pool === pool && this.#generation === pool.generation) return;
    this.#pool = pool;
    this.#generation = pool.generation;
    this.#values = [];
    this.#codes = new Int32Array(0);
    this.#constants = new Map();
  }

  value(code: number): SqlValue {
    if (code < 0) {
      if (this.#ofNull === undefined) this.#ofNull = this.#compute(null);
      return this.#ofNull;
    }
    let value = this.#values[code];
    if (value === undefined) {
      value = this.#compute(this.#bytes ? this.#pool!.bytes(code) : this.#pool!.string(code));
      while (this.#values.length < code) this.#values.push(undefined); // an array without holes stays fast
      this.#values[code] = value;
    }
    return value;
  }

  /** The result, a string, as a code; −1 for NULL. */
  code(code: number): number {
    const known = code >= 0 && code < this.#codes.length ? this.#codes[code]! : unknownCode;
    if (known !== unknownCode) return known;
    const value = this.value(code);
    const result = value === null ? -1 : this.#pool!.internString(value as string);
    if (code >= 0) this.#remember(code, result);
    return result;
  }

  #remember(code: number, result: number): void {
    if (code >= this.#codes.length) {
      const grown = new Int32Array(Math.max(1024, code + 1, this.#codes.length * 2)).fill(unknownCode);
      grown.set(this.#codes);
      this.#codes = grown;
    }
    this.#codes[code] = result;
  }

  /** The code of a constant in the pool of now. */
  codeOf(constant: string | Uint8Array): number {
    let code = this.#constants.get(constant);
    if (code === undefined) {
      const pool = this.#pool!;
      code = typeof constant === 'string' ? pool.internString(constant) : pool.intern(constant, 0, constant.length);
      this.#constants.set(constant, code);
    }
    return code;
  }
}
