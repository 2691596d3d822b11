/** How generated code reads the columns of a batch: `columns`, `zeros` are parameters of its function, `i` is the row. */
import { type Field, layoutOf } from '../../model/types.ts';
import type { BatchVariant } from './batch-variant.ts';
import type { CodeBuilder } from './code-builder.ts';
import { type Fragment, isBytes } from './fragment.ts';
import { decodeText } from './text-bytes.ts';

export type TextRange = Readonly<{ bytes: string; start: string; end: string; isNull: string }>;

export class BatchColumns {
  readonly #builder: CodeBuilder;
  readonly #fields: readonly Field[];
  readonly #variant: BatchVariant;
  readonly #hoisted = new Set<number>();

  constructor(builder: CodeBuilder, fields: readonly Field[], variant: BatchVariant) {
    this.#builder = builder;
    this.#fields = fields;
    this.#variant = variant;
  }

  isCode(index: number): boolean {
    return layoutOf(this.#fields[index]!.type) === 'string' && !this.#variant.bytes.has(index);
  }

  /** Where a string that lies as bytes is; null for another column. */
  range(index: number): TextRange | null {
    if (!this.#variant.bytes.has(index)) return null;
    this.#hoist(index);
    const isNull = this.#isNull(index);
    return { bytes: `bytes${index}`, start: `starts${index}[i]`, end: `ends${index}[i]`, isNull };
  }

  /** The value in the current row. Strings in bytes are decoded by a line of their own. */
  fragment(index: number): Fragment {
    const range = this.range(index);
    if (range !== null) return this.#decoded(index, range);
    this.#hoist(index);
    const isNull = this.#isNull(index);
    const element = `values${index}[i]`;
    const value = layoutOf(this.#fields[index]!.type) === 'bool' ? `(${element} === 1)` : element;
    return { value, isNull, form: this.isCode(index) ? 'code' : 'plain' };
  }

  #isNull(index: number): string {
    return this.#variant.nulls ? `nulls${index}[i] === 1` : 'false';
  }

  #decoded(index: number, { bytes, start, end, isNull }: TextRange): Fragment {
    const binary = isBytes(this.#fields[index]!.type);
    const read = binary
      ? `${bytes}.subarray(${start}, ${end})`
      : `${this.#builder.capture('decodeText', decodeText)}(${bytes}, ${start}, ${end})`;
    const value = this.#builder.name('t');
    const resting = binary ? 'null' : "''";
    this.#builder.line(`const ${value} = ${isNull === 'false' ? read : `${isNull} ? ${resting} : ${read}`};`);
    return { value, isNull, form: 'plain' };
  }

  #hoist(index: number): void {
    if (this.#hoisted.has(index)) return;
    this.#hoisted.add(index);
    const column = `columns[${index}]`;
    if (this.#variant.bytes.has(index)) {
      const parts = ['bytes', 'starts', 'ends'].map((part) => `${part}${index} = ${column}.${part}`);
      this.#builder.hoist(`const ${parts.join(', ')};`);
    } else this.#builder.hoist(`const values${index} = ${column}.values;`);
    if (this.#variant.nulls) this.#builder.hoist(`const nulls${index} = ${column}.nulls ?? zeros;`);
  }
}
