import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataFile } from '../../src/iceberg/data-file.ts';
import type { PrimitiveType } from '../../src/iceberg/iceberg-type.ts';
import type { ManifestFile } from '../../src/iceberg/manifest-list.ts';
import type { PartitionField } from '../../src/iceberg/partition-spec.ts';
import { summarizePartitions } from '../../src/iceberg/partition-summary.ts';
import { type Comparison, fileMayMatch, manifestMayMatch, type ScanPredicate } from '../../src/iceberg/scan-filter.ts';
import { compareValues, encodeValue, type SingleValue } from '../../src/iceberg/single-value.ts';
import { applyTransform, parseTransform, resultType } from '../../src/iceberg/transform.ts';

/** Pruning is right when no file that it drops holds a row that the predicate keeps. */

const comparisons: readonly Comparison[] = ['=', '<', '<=', '>', '>='];
const day = 86_400_000_000n;

/** Integers of so many bits around the ends of their range, and a few in the middle. */
function nearEnds(bits: bigint): fc.Arbitrary<bigint> {
  const [min, max] = [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
  const some = fc.bigInt({ min: 0n, max: 20n });
  return fc.oneof(
    some.map((n) => min + n),
    some.map((n) => max - n),
    some,
  );
}

const domains: readonly (readonly [PrimitiveType, fc.Arbitrary<SingleValue>, readonly string[]])[] = [
  // Near the ends of their range truncated integers wrap around.
  [{ kind: 'int' }, nearEnds(32n).map(Number), ['truncate[5]', 'truncate[100]']],
  [{ kind: 'long' }, nearEnds(64n), ['truncate[5]', 'truncate[100]']],
  [{ kind: 'int' }, fc.integer({ min: -20, max: 20 }), ['identity', 'bucket[3]', 'truncate[5]', 'void']],
  [{ kind: 'long' }, fc.bigInt({ min: -20n, max: 20n }), ['identity', 'bucket[3]', 'truncate[5]']],
  [
    { kind: 'string' },
    fc.string({ unit: fc.constantFrom('a', 'b', '\uffff', '😀'), maxLength: 3 }),
    ['identity', 'bucket[3]', 'truncate[1]'],
  ],
  [{ kind: 'timestamp' }, fc.bigInt({ min: -3n * day, max: 3n * day }), ['day', 'hour', 'month', 'year', 'bucket[3]']],
  [{ kind: 'double' }, fc.oneof(fc.constantFrom(NaN, -0, 0), fc.double({ min: -3, max: 3 })), ['identity']],
];

type Case = Readonly<{
  type: PrimitiveType;
  transform: string;
  rows: (SingleValue | null)[];
  predicates: ScanPredicate[];
}>;

const cases: fc.Arbitrary<Case> = fc.constantFrom(...domains).chain(([type, values, transforms]) =>
  fc.record({
    type: fc.constant(type),
    transform: fc.constantFrom(...transforms),
    rows: fc.array(fc.option(values), { minLength: 1, maxLength: 6 }),
    predicates: fc.array(
      fc.record({
        fieldId: fc.constant(1),
        type: fc.constant(type),
        comparison: fc.constantFrom(...comparisons),
        value: values.filter((value) => !Number.isNaN(value)),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
);

/** SQL's comparison in DuckDB: NULL keeps nothing, NaN is above all, −0 is 0. */
function keeps(row: SingleValue | null, { comparison, value }: ScanPredicate): boolean {
  if (row === null) return false;
  const order = Number.isNaN(row) ? 1 : row === value ? 0 : compareValues(row, value);
  return { '=': order === 0, '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[comparison];
}

function fieldOf(type: PrimitiveType, text: string): PartitionField {
  const transform = parseTransform(text);
  return { id: 1000, name: 'p', sourceId: 1, transform, sourceType: type, type: resultType(transform, type, 'p') };
}

/** One file a partition, as a writer makes them. */
function filesOf({ type, rows }: Case, field: PartitionField): { file: DataFile; rows: (SingleValue | null)[] }[] {
  const groups = new Map<string, (SingleValue | null)[]>();
  for (const row of rows) {
    const key = String(applyTransform(field.transform, type, row));
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => ({ rows: group, file: fileOf(type, group, field) }));
}

function fileOf(type: PrimitiveType, rows: readonly (SingleValue | null)[], field: PartitionField): DataFile {
  const bounded = rows
    .filter((row) => row !== null && !Number.isNaN(row))
    .sort((a, b) => compareValues(a!, b!)) as SingleValue[];
  const bound = (value: SingleValue | undefined) => new Map(value === undefined ? [] : [[1, encodeValue(type, value)]]);
  return {
    path: 'x',
    format: 'PARQUET',
    partition: [applyTransform(field.transform, type, rows[0]!)],
    recordCount: rows.length,
    sizeBytes: 1,
    columnSizes: new Map(),
    valueCounts: new Map([[1, rows.length]]),
    nullCounts: new Map([[1, rows.filter((row) => row === null).length]]),
    nanCounts: new Map([[1, rows.filter((row) => Number.isNaN(row)).length]]),
    lowerBounds: bound(bounded[0]),
    upperBounds: bound(bounded.at(-1)),
    splitOffsets: [],
  };
}

function manifestOf(files: readonly DataFile[], field: PartitionField): ManifestFile {
  return {
    path: 'm',
    length: 1n,
    specId: 0,
    content: 0,
    sequenceNumber: 1n,
    minSequenceNumber: 1n,
    addedSnapshotId: 1n,
    files: { added: files.length, existing: 0, deleted: 0 },
    rows: { added: 1n, existing: 0n, deleted: 0n },
    partitions: summarizePartitions(
      files.map(({ partition }) => partition),
      [field],
    ),
    keyMetadata: null,
  };
}

describe('pruning', () => {
  it('drops no file and no manifest with a row that the predicates keep', () => {
    let dropped = 0;
    fc.assert(
      fc.property(cases, (given) => {
        const field = fieldOf(given.type, given.transform);
        const files = filesOf(given, field);
        const wanted = (rows: readonly (SingleValue | null)[]): boolean =>
          rows.some((row) => given.predicates.every((predicate) => keeps(row, predicate)));
        for (const { file, rows } of files) {
          const kept = fileMayMatch(file, [field], given.predicates);
          if (wanted(rows)) expect(kept).toBe(true);
          if (!kept) dropped++;
        }
        const manifest = manifestOf(
          files.map(({ file }) => file),
          field,
        );
        if (wanted(given.rows)) expect(manifestMayMatch(manifest, [field], given.predicates)).toBe(true);
      }),
      { numRuns: 1500 },
    );
    expect(dropped).toBeGreaterThan(300);
  });

  it('keeps what it knows nothing of', () => {
    const field = fieldOf({ kind: 'int' }, 'identity');
    const bare: DataFile = {
      ...fileOf({ kind: 'int' }, [1], field),
      valueCounts: new Map(),
      nullCounts: new Map(),
      lowerBounds: new Map(),
      upperBounds: new Map(),
    };
    const predicate: ScanPredicate = { fieldId: 1, type: { kind: 'int' }, comparison: '>', value: 100 };
    expect(fileMayMatch(bare, [], [predicate])).toBe(true);
    expect(fileMayMatch(bare, [field], [predicate])).toBe(false);
    expect(manifestMayMatch({ ...manifestOf([bare], field), partitions: null }, [field], [predicate])).toBe(true);
  });
});
