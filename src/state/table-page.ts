/** How the rows of a keyed table lie in pages: row = page × pageRows + offset. Only the first page grows; the others are whole at once. */
import type { Nulls } from '../model/column.ts';

export const pageShift = 12;
export const pageRows = 1 << pageShift;
export const pageMask = pageRows - 1;

const smallestPage = 16; // many slices hold a few keys only

export function pageOf(row: number): number {
  return row >>> pageShift;
}

/** The capacity of a page that has to hold more than `capacity` rows. */
export function firstPageCapacity(page: number, capacity: number): number {
  if (page > 0) return pageRows;
  return capacity === 0 ? smallestPage : Math.min(pageRows, capacity * 2);
}

/** NULL flags of a key column, a page each, made with the first NULL. */
export class NullPages {
  readonly #pages: (Uint8Array | undefined)[] = [];
  #any = false;

  isNull(row: number): boolean {
    return this.#any && this.#pages[pageOf(row)]?.[row & pageMask] === 1;
  }

  set(row: number): void {
    this.#any = true;
    const page = pageOf(row);
    const flags = this.#pages[page] ?? new Uint8Array(pageRows);
    flags[row & pageMask] = 1;
    this.#pages[page] = flags;
  }

  clear(row: number): void {
    const flags = this.#pages[pageOf(row)];
    if (flags !== undefined) flags[row & pageMask] = 0;
  }

  /** Makes the page's flags its own again: who was given them keeps them as they are. */
  detach(page: number): void {
    const flags = this.#pages[page];
    if (flags !== undefined) this.#pages[page] = flags.slice();
  }

  page(page: number): Nulls {
    return this.#pages[page] ?? null;
  }

  gather(rows: Int32Array, count: number): Nulls {
    if (!this.#any) return null;
    const nulls = new Uint8Array(count);
    for (let i = 0; i < count; i++) nulls[i] = this.isNull(rows[i]!) ? 1 : 0;
    return nulls;
  }
}
