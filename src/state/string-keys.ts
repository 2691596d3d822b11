/**
 * String and byte keys. The state is the bytes; beside them each row remembers the code under which it was last seen in the thread's
 * pool, so that keys in codes are mostly compared as integers. The codes are a cache: forgotten when the pool was emptied.
 */
import type { BytesColumn, CodeColumn, Column } from '../model/column.ts';
import { assert } from '../model/errors.ts';
import type { StringPool } from '../model/string-pool.ts';
import type { KeyColumn } from './key-column.ts';
import { grown } from './string-writer.ts';
import { firstPageCapacity, NullPages, pageMask, pageOf } from './table-page.ts';

type StringPage = { bytes: Uint8Array; used: number; starts: Int32Array; ends: Int32Array; codes: Int32Array };

const unknownCode = -1;
const smallestArena = 256;

export class StringKeys implements KeyColumn {
  readonly #pages: StringPage[] = [];
  readonly #nulls = new NullPages();
  #bound: CodeColumn | BytesColumn | null = null;
  #pool: StringPool | null = null;
  #generation = -1;

  bind(column: Column): void {
    assert(column.layout === 'string', () => `a key column of strings was bound to ${column.layout}`);
    this.#bound = column;
    if (column.encoding === 'codes') this.#sync(column.pool);
  }

  equals(row: number, index: number): boolean {
    const bound = this.#bound!;
    const isNull = bound.nulls !== null && bound.nulls[index] === 1;
    if (isNull || this.#nulls.isNull(row)) return isNull && this.#nulls.isNull(row);
    const page = this.#pages[pageOf(row)]!;
    const offset = row & pageMask;
    if (bound.encoding === 'bytes') {
      return sameBytes(page, offset, bound.bytes, bound.starts[index]!, bound.ends[index]!);
    }
    const code = bound.values[index]!;
    const known = page.codes[offset]!;
    if (known !== unknownCode) return known === code;
    const bytes = bound.pool.bytes(code);
    if (!sameBytes(page, offset, bytes, 0, bytes.length)) return false;
    page.codes[offset] = code;
    return true;
  }

  append(row: number, index: number): void {
    const bound = this.#bound!;
    const page = this.#pageFor(row);
    const offset = row & pageMask;
    page.codes[offset] = unknownCode;
    let length = 0;
    if (bound.nulls !== null && bound.nulls[index] === 1) this.#nulls.set(row);
    else if (bound.encoding === 'bytes') length = copyInto(page, bound.bytes, bound.starts[index]!, bound.ends[index]!);
    else {
      const code = bound.values[index]!;
      const bytes = bound.pool.bytes(code);
      length = copyInto(page, bytes, 0, bytes.length);
      page.codes[offset] = code;
    }
    page.starts[offset] = page.used - length;
    page.ends[offset] = page.used;
  }

  remove(row: number): void {
    this.#nulls.clear(row);
    const page = this.#pages[pageOf(row)]!;
    page.ends[row & pageMask] = page.starts[row & pageMask]!;
  }

  /** The bytes of rows that are there are never overwritten: they stay shared. */
  detach(page: number): void {
    const { bytes, used, starts, ends, codes } = this.#pages[page]!;
    this.#pages[page] = { bytes, used, starts: starts.slice(), ends: ends.slice(), codes };
    this.#nulls.detach(page);
  }

  page(page: number): Column {
    const { bytes, starts, ends } = this.#pages[page]!;
    return { layout: 'string', encoding: 'bytes', bytes, starts, ends, nulls: this.#nulls.page(page) };
  }

  gather(rows: Int32Array, count: number): Column {
    const target: StringPage = emptyPage(count);
    for (let i = 0; i < count; i++) {
      const page = this.#pages[pageOf(rows[i]!)]!;
      const offset = rows[i]! & pageMask;
      const length = copyInto(target, page.bytes, page.starts[offset]!, page.ends[offset]!);
      target.starts[i] = target.used - length;
      target.ends[i] = target.used;
    }
    const { bytes, starts, ends } = target;
    return { layout: 'string', encoding: 'bytes', bytes, starts, ends, nulls: this.#nulls.gather(rows, count) };
  }

  bytes(): number {
    return this.#pages.reduce((sum, page) => sum + page.bytes.length + page.starts.length * 12, 0);
  }

  #sync(pool: StringPool): void {
    if (this.#pool === pool && this.#generation === pool.generation) return;
    this.#pool = pool;
    this.#generation = pool.generation;
    for (const page of this.#pages) page.codes.fill(unknownCode);
  }

  #pageFor(row: number): StringPage {
    const index = pageOf(row);
    const page = this.#pages[index];
    if (page !== undefined && (row & pageMask) < page.starts.length) return page;
    const larger = emptyPage(firstPageCapacity(index, page?.starts.length ?? 0));
    if (page !== undefined) {
      larger.starts.set(page.starts);
      larger.ends.set(page.ends);
      larger.codes.set(page.codes);
      larger.bytes = page.bytes;
      larger.used = page.used;
    }
    this.#pages[index] = larger;
    return larger;
  }
}

function emptyPage(capacity: number): StringPage {
  return {
    bytes: new Uint8Array(smallestArena),
    used: 0,
    starts: new Int32Array(capacity),
    ends: new Int32Array(capacity),
    codes: new Int32Array(capacity),
  };
}

/** Gives the length. */
function copyInto(page: StringPage, source: Uint8Array, start: number, end: number): number {
  if (page.used + end - start > page.bytes.length) makeRoom(page, end - start);
  const needed = page.used + end - start;
  const { bytes } = page;
  for (let from = start, to = page.used; from < end; from++, to++) bytes[to] = source[from]!;
  page.used = needed;
  return end - start;
}

/** New arrays, with the bytes of removed rows left out where they are half of all. */
function makeRoom(page: StringPage, length: number): void {
  const { bytes, starts, ends } = page;
  let live = 0;
  for (let i = 0; i < starts.length; i++) live += ends[i]! - starts[i]!;
  if (live * 2 > page.used) {
    page.bytes = grown(bytes, page.used + length);
    return;
  }
  page.bytes = new Uint8Array(Math.max(smallestArena, live * 2, live + length));
  page.starts = new Int32Array(starts.length);
  page.ends = new Int32Array(ends.length);
  page.used = 0;
  for (let i = 0; i < starts.length; i++) {
    page.starts[i] = page.used;
    page.bytes.set(bytes.subarray(starts[i], ends[i]), page.used);
    page.used += ends[i]! - starts[i]!;
    page.ends[i] = page.used;
  }
}

function sameBytes(page: StringPage, offset: number, other: Uint8Array, start: number, end: number): boolean {
  const { bytes } = page;
  const from = page.starts[offset]!;
  if (page.ends[offset]! - from !== end - start) return false;
  for (let i = start, j = from; i < end; i++, j++) if (bytes[j] !== other[i]) return false;
  return true;
}
