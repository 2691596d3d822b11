import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JoinRecords, rowIdentity } from '../../../src/operators/join/join-records.ts';

const steps = fc.array(fc.record({ id: fc.nat(15), what: fc.constantFrom('put', 'put', 'put', 'delete', 'copy') }), {
  minLength: 30,
  maxLength: 90,
  size: 'max',
});

describe('records of a join key', () => {
  it.each([
    ['all columns', null],
    ['a unique key', [0]],
  ])('are found by %s, in the order in which they came', (_, unique) => {
    fc.assert(
      fc.property(steps, (taken) => {
        let records = new JoinRecords(rowIdentity(unique));
        const model = new Map<number, number>();
        const copies: [JoinRecords, [number, number][]][] = [];
        for (const { id, what } of taken) {
          const row = [id, `row ${id}`];
          const known = records.find(row);
          expect(known?.count).toBe(model.get(id));
          if (what === 'copy') {
            copies.push([records, [...model]]);
            records = records.clone();
          } else if (what === 'delete') {
            if (known !== undefined) records.delete(known);
            model.delete(id);
          } else {
            if (known === undefined) records.add({ row, count: 1, associations: 0, writtenMs: 0 });
            else known.count++;
            model.set(id, (model.get(id) ?? 0) + 1);
          }
          expect(records.size).toBe(model.size);
        }
        for (const [copy, expected] of [...copies, [records, [...model]] as const]) {
          expect(copy.all().map(({ row, count }) => [row[0], count])).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});
