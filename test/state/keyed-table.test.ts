import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../src/model/column.ts';
import { valueAt } from '../../src/model/column.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { hashKeys } from '../../src/state/key-group.ts';
import { type FrozenPage, KeyedTable } from '../../src/state/keyed-table.ts';
import { pageMask, pageShift } from '../../src/state/table-page.ts';
import { columnOf, type Row } from '../support/operator-harness.ts';

const counter = { type: types.of('bigint', false), initial: 0 };
const keyTypes: readonly DataType[] = [types.string(), types.of('bigint'), types.of('double'), types.of('boolean')];

function keyColumns(rows: readonly Row[], pool: StringPool, strings: 'codes' | 'bytes'): Column[] {
  return keyTypes.map((type, i) =>
    columnOf(
      type,
      rows.map((row) => row[i]),
      { pool, strings },
    ),
  );
}

/** Adds one to the counter of each key. */
function count(table: KeyedTable, keys: readonly Column[], length: number): void {
  const rows = new Int32Array(length);
  table.upsert(keys, hashKeys(keys, length, new Int32Array(length)), 0, length, rows);
  table.beforeWrite(rows, 0, length);
  for (const row of rows) {
    const values = table.pages[row >>> pageShift]!.cells[0]!.values as number[];
    values[row & pageMask]! += 1;
  }
}

function contents(pages: readonly FrozenPage[], types: readonly DataType[] = keyTypes): Map<string, number> {
  const found = new Map<string, number>();
  for (const { length, keys, cells } of pages) {
    for (let row = 0; row < length; row++) {
      const name = keys.map((column, i) => String(valueAt(column, types[i]!, row))).join('|');
      expect(found.has(name)).toBe(false);
      found.set(name, Number(cells[0]!.values[row]));
    }
  }
  return found;
}

const key = fc.tuple(
  fc.constantFrom('a', 'b', '', 'ä', null),
  fc.constantFrom(0, 1, -1, 2n ** 60n, 2n ** 60n + 1n, null),
  fc.constantFrom(0, 1.5, Number.NaN, null),
  fc.constantFrom(0, 1, null),
);
const batch = fc.record({
  rows: fc.array(key, { minLength: 1, maxLength: 40 }),
  strings: fc.constantFrom('codes', 'bytes'),
});

const nameOf = (row: Row): string =>
  row.map((value, i) => (i === 3 && value !== null ? String(value === 1) : String(value))).join('|');

describe('a keyed table', () => {
  it('counts as a Map of the keys does, in any form of the columns, also after the pool was emptied', () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 8 }), fc.nat(8), (batches, cleared) => {
        const pool = new StringPool();
        const table = new KeyedTable(keyTypes, [counter]);
        const expected = new Map<string, number>();
        for (const [i, { rows, strings }] of batches.entries()) {
          if (i === cleared) {
            pool.clear();
            for (const text of ['x', 'b', 'a']) pool.internString(text); // other codes than before
          }
          count(table, keyColumns(rows, pool, strings as 'codes'), rows.length);
          for (const row of rows) expected.set(nameOf(row), (expected.get(nameOf(row)) ?? 0) + 1);
        }
        expect(contents(table.frozenPages())).toEqual(expected);
        expect(table.size).toBe(expected.size);
      }),
    );
  });

  it('shows in a snapshot what was there, whatever is written, added or widened until it is released', () => {
    fc.assert(
      fc.property(
        fc.array(batch, { maxLength: 4 }),
        fc.array(batch, { maxLength: 4 }),
        fc.boolean(),
        (before, after, widen) => {
          const pool = new StringPool();
          const table = new KeyedTable(keyTypes, [counter]);
          for (const { rows, strings } of before) count(table, keyColumns(rows, pool, strings as 'codes'), rows.length);
          const then = contents(table.frozenPages());
          const [first, second] = [table.snapshot(), table.snapshot()];
          for (const { rows, strings } of after) count(table, keyColumns(rows, pool, strings as 'codes'), rows.length);
          second.release();
          if (widen) table.widen(0);
          expect(contents(first.pages)).toEqual(then);
          first.release();
        },
      ),
    );
  });

  it('holds hundreds of thousands of keys of one key group, grows its index and copies only pages that are written', () => {
    const rows = 300_000;
    const table = new KeyedTable([types.of('bigint')], [counter]);
    const values = Float64Array.from({ length: rows }, (_, i) => i * 1000);
    const keys: Column[] = [{ layout: 'int', wide: false, values, nulls: null }];
    const hashes = hashKeys(keys, rows, new Int32Array(rows)).map((hash) => hash & ~127); // the low bits say nothing
    const found = new Int32Array(rows);
    table.upsert(keys, hashes, 0, rows, found);
    expect(table.size).toBe(rows);
    const again = new Int32Array(rows);
    table.upsert(keys, hashes, 0, rows, again);
    expect(again).toEqual(found);

    const snapshot = table.snapshot();
    const before = table.pages.map((page) => page.cells);
    table.beforeWrite(Int32Array.of(0, rows - 1), 0, 2);
    const copied = table.pages.flatMap((page, i) => (page.cells === before[i] ? [] : [i]));
    expect(copied).toEqual([0, table.pages.length - 1]);
    snapshot.release();
    table.beforeWrite(again, 0, rows);
    expect(table.pages[1]!.cells).toBe(before[1]);
  });

  it('gathers keys in any order', () => {
    const pool = new StringPool();
    const texts = Array.from({ length: 5_000 }, (_, i) => (i === 17 ? null : `key-${i}`));
    const table = new KeyedTable([types.string()], []);
    const keys = [columnOf(types.string(), texts, { pool })];
    table.upsert(
      keys,
      hashKeys(keys, texts.length, new Int32Array(texts.length)),
      0,
      texts.length,
      new Int32Array(5_000),
    );
    const [gathered] = table.gatherKeys(Int32Array.of(4_999, 17, 0), 3);
    expect([0, 1, 2].map((row) => valueAt(gathered!, types.string(), row))).toEqual(['key-4999', null, 'key-0']);
  });
});
