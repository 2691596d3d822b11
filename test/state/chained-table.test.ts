import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Column, valueAt } from '../../src/model/column.ts';
import { types } from '../../src/model/types.ts';
import { encodeStrings } from '../../src/state/cell-column.ts';
import { ChainedTable } from '../../src/state/chained-table.ts';

// Against a Map of arrays: rows come to the newest end of a key's chain and go from anywhere, places are used again, and a snapshot stays
// what it was.

const keyTypes = [types.string(), types.of('bigint')];
const cells = [{ type: types.of('double', false), initial: 0 }];

type Key = readonly [string | null, number];
type Step = Readonly<{ kind: 'insert'; key: Key; value: number }> | Readonly<{ kind: 'remove'; choice: number }>;

const key: fc.Arbitrary<Key> = fc.tuple(
  fc.constantFrom('a', 'b', '', 'a longer one than the others', null),
  fc.constantFrom(0, 1, 2 ** 53 - 1),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('insert' as const), key, value: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), choice: fc.nat() }) },
);

function columnsOf([text, number]: Key): Column[] {
  return [encodeStrings([text], 1), { layout: 'int', wide: false, values: Float64Array.of(number), nulls: null }];
}

/** Few hashes: keys stand in each other's way. */
function hashOf([text, number]: Key): number {
  return ((text?.length ?? 7) + number) % 3;
}

class Model {
  readonly table = new ChainedTable(keyTypes, cells);
  readonly rows: { key: Key; row: number; value: number }[] = [];

  apply(step: Step): void {
    if (step.kind === 'insert') {
      const { key: of, value } = step;
      this.table.bind(columnsOf(of));
      const row = this.table.insert(hashOf(of), 0, -1, this.table.newest(hashOf(of), 0));
      this.table.beforeWrite(row);
      this.table.pages[row >>> 12]!.cells[0]!.values[row & 4095] = value;
      this.rows.unshift({ key: of, row, value });
    } else if (this.rows.length > 0) {
      const [gone] = this.rows.splice(step.choice % this.rows.length, 1);
      this.table.unlink(gone!.row);
      this.table.release(gone!.row);
    }
  }

  /** What each key's chain holds, the newest first. */
  chains(): unknown {
    return this.#keys().map((of) => {
      this.table.bind(columnsOf(of));
      const values: number[] = [];
      for (let row = this.table.newest(hashOf(of), 0); row >= 0; row = this.table.older(row)) {
        values.push(this.table.pages[row >>> 12]!.cells[0]!.values[row & 4095] as number);
      }
      return [of, values];
    });
  }

  expected(): unknown {
    return this.#keys().map((of) => [
      of,
      this.rows.filter((each) => JSON.stringify(each.key) === JSON.stringify(of)).map(({ value }) => value),
    ]);
  }

  texts(): string[] {
    return this.rows.map(({ key: of, value }) => `${JSON.stringify(of)} ${value}`).sort();
  }

  #keys(): Key[] {
    return [...new Map(this.rows.map((each) => [JSON.stringify(each.key), each.key])).values()];
  }
}

describe('a chained table', () => {
  it('holds the chains of its keys', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.array(step, { maxLength: 100 }), (before, after) => {
        const model = new Model();
        for (const each of before) model.apply(each);
        expect(model.chains()).toEqual(model.expected());
        const texts = model.texts();
        const snapshot = model.table.snapshot();
        for (const each of after) model.apply(each);
        const frozen = [...snapshot.pages()].flatMap(({ rows, keys, cells: [values] }) =>
          Array.from(
            rows,
            (row) =>
              `${JSON.stringify(keys.map((column, k) => valueAt(column, keyTypes[k]!, row)))} ${values!.values[row]}`,
          ),
        );
        snapshot.release();
        expect(frozen.sort()).toEqual(texts);
        expect(model.chains()).toEqual(model.expected());
        expect(model.table.size).toBe(model.rows.length);
      }),
      { numRuns: 100 },
    );
  });

  it('forgets the bytes of keys that are gone', () => {
    const model = new Model();
    let early = 0;
    for (let i = 0; i < 20_000; i++) {
      model.apply({ kind: 'insert', key: [`${'x'.repeat(100)}${i}`, i], value: i });
      if (i >= 50) model.apply({ kind: 'remove', choice: model.rows.length - 1 });
      if (i === 2000) early = model.table.bytes();
    }
    expect(model.table.bytes()).toBeLessThan(early * 2);
  });
});
