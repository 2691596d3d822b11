import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ColumnMetrics, MetricsMode, ParquetColumn, ParquetType } from '../../src/formats/parquet-column.ts';
import { parquetCodecs } from '../../src/formats/parquet-column.ts';
import { encodeParquet } from '../../src/formats/parquet-writer.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-parquet-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const truncate: MetricsMode = { kind: 'truncate', length: 16 };
const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('hex'));

function column(type: ParquetType, values: readonly unknown[], overrides: Partial<ParquetColumn> = {}): ParquetColumn {
  const nulls = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 1 : 0)) : null;
  const common = { name: 'c', fieldId: 7, type, required: false, metrics: truncate, nulls };
  return { ...common, ...arraysOf(type, values), ...overrides };
}

function arraysOf(type: ParquetType, values: readonly unknown[]): Pick<ParquetColumn, 'values' | 'offsets'> {
  const filled = values.map((value) => value ?? (type.kind === 'string' || type.kind === 'binary' ? '' : 0));
  switch (type.kind) {
    case 'boolean':
      return { values: Uint8Array.from(filled as number[]), offsets: null };
    case 'int':
    case 'date':
      return { values: Int32Array.from(filled as number[]), offsets: null };
    case 'float':
      return { values: Float32Array.from(filled as number[]), offsets: null };
    case 'double':
      return { values: Float64Array.from(filled as number[]), offsets: null };
    case 'decimal':
      return {
        values: BigInt64Array.from(
          filled.flatMap((v) => [BigInt.asIntN(64, BigInt(v as number)), BigInt(v as number) >> 64n]),
        ),
        offsets: null,
      };
    case 'string':
    case 'binary': {
      const parts = filled.map((value) => Buffer.from(value as string, type.kind === 'string' ? 'utf8' : 'hex'));
      const offsets = Int32Array.from([0, ...parts.map((_, i) => Buffer.concat(parts.slice(0, i + 1)).length)]);
      return { values: Uint8Array.from(Buffer.concat(parts)), offsets };
    }
    default:
      return { values: BigInt64Array.from(filled.map((value) => BigInt(value as number))), offsets: null };
  }
}

function metricsOf(
  type: ParquetType,
  values: readonly unknown[],
  overrides: Partial<ParquetColumn> = {},
): ColumnMetrics {
  const columns = [column(type, values, overrides)];
  return encodeParquet({ rowCount: values.length, columns, codec: 'zstd' }).metrics[0]!;
}

const decimal = (precision: number): ParquetType => ({ kind: 'decimal', precision, scale: 2 });
const ffff = 'ff'.repeat(17);

describe('column metrics', () => {
  it.each<readonly [string, ParquetType, readonly unknown[], string | null, string | null]>([
    ['booleans', { kind: 'boolean' }, [1, 0, null], '00', '01'],
    ['ints', { kind: 'int' }, [3, null, -5], 'fbffffff', '03000000'],
    ['the value beside a NULL is none', { kind: 'int' }, [3, null, 5], '03000000', '05000000'],
    ['longs beyond 2^53', { kind: 'long' }, [2n ** 62n + 1n, -(2n ** 63n)], '0000000000000080', '0100000000000040'],
    ['microseconds', { kind: 'timestamp' }, [59_999_248n, 0n], '0000000000000000', '1084930300000000'],
    ['floats: NaN is no bound', { kind: 'float' }, [Number.NaN, 1.5, -2], '000000c0', '0000c03f'],
    ['doubles: zero of either sign', { kind: 'double' }, [0, -0], '0000000000000080', '0000000000000000'],
    ['doubles: infinities', { kind: 'double' }, [Infinity, -Infinity], '000000000000f0ff', '000000000000f07f'],
    ['only NaN', { kind: 'double' }, [Number.NaN, Number.NaN], null, null],
    ['only NULL', { kind: 'long' }, [null, null], null, null],
    ['decimals of 4 bytes', decimal(9), [1420n, -1420n], 'fa74', '058c'],
    ['decimals of 16 bytes', decimal(38), [2n ** 64n, -(2n ** 64n) - 1n], 'feffffffffffffffff', '010000000000000000'],
    ['strings by code points', { kind: 'string' }, ['\uffff', '😀'], 'efbfbf', 'f09f9880'],
    ['strings of 16 are whole', { kind: 'string' }, ['a'.repeat(16)], '61'.repeat(16), '61'.repeat(16)],
    [
      'strings of 17 are cut, the upper bound raised',
      { kind: 'string' },
      ['a'.repeat(17)],
      '61'.repeat(16),
      `${'61'.repeat(15)}62`,
    ],
    ['cut by code points', { kind: 'string' }, ['é'.repeat(17)], 'c3a9'.repeat(16), `${'c3a9'.repeat(15)}c3aa`],
    [
      'the last code point can not be raised',
      { kind: 'string' },
      [`a${'\u{10ffff}'.repeat(16)}`],
      `61${'f48fbfbf'.repeat(15)}`,
      '62',
    ],
    ['nothing can be raised', { kind: 'string' }, ['\u{10ffff}'.repeat(17)], 'f48fbfbf'.repeat(16), null],
    [
      'raised over the surrogates',
      { kind: 'string' },
      ['\ud7ff'.repeat(17)],
      'ed9fbf'.repeat(16),
      `${'ed9fbf'.repeat(15)}ee8080`,
    ],
    [
      'a U+FEFF at the beginning counts',
      { kind: 'string' },
      [`\ufeff${'a'.repeat(16)}`],
      `efbbbf${'61'.repeat(15)}`,
      `efbbbf${'61'.repeat(14)}62`,
    ],
    ['binary by bytes', { kind: 'binary' }, [`61${ffff}`], `61${'ff'.repeat(15)}`, '62'],
    ['binary of only ff', { kind: 'binary' }, [ffff], 'ff'.repeat(16), null],
    ['empty strings', { kind: 'string' }, ['', null], '', ''],
  ])('%s', (_name, type, values, lower, upper) => {
    const metrics = metricsOf(type, values);
    expect([hex(metrics.lower), hex(metrics.upper)]).toEqual([lower, upper]);
    expect(metrics.valueCount).toBe(values.length);
    expect(metrics.nullCount).toBe(values.filter((value) => value === null).length);
    const floating = type.kind === 'float' || type.kind === 'double';
    expect(metrics.nanCount).toBe(floating ? values.filter((value) => Number.isNaN(value)).length : null);
    expect(metrics.size).toBeGreaterThan(0);
  });

  it.each<readonly [MetricsMode, unknown]>([
    [{ kind: 'none' }, [null, null, null]],
    [{ kind: 'counts' }, [2, null, null]],
    [{ kind: 'full' }, [2, '61'.repeat(20), '62'.repeat(20)]],
  ])('mode %o', (metrics, expected) => {
    const found = metricsOf({ kind: 'string' }, ['a'.repeat(20), 'b'.repeat(20)], { metrics });
    expect([found.valueCount, hex(found.lower), hex(found.upper)]).toEqual(expected);
  });

  it('strings: bounds are around every value', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { minLength: 1, maxLength: 8 }), (values) => {
        const { lower, upper } = metricsOf({ kind: 'string' }, values);
        for (const value of values.map((text) => Buffer.from(text))) {
          expect(Buffer.compare(lower!, value)).toBeLessThanOrEqual(0);
          if (upper !== null) expect(Buffer.compare(upper, value)).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 60 },
    );
  });
});

const everyType: readonly ParquetColumn[] = [
  column({ kind: 'boolean' }, [1, null, 0], { name: 'b', fieldId: 1 }),
  column({ kind: 'int' }, [1, null, -(2 ** 31)], { name: 'i', fieldId: 2 }),
  column({ kind: 'long' }, [2n ** 63n - 1n, null, -5n], { name: 'l', fieldId: 3 }),
  column({ kind: 'float' }, [1.5, null, -0.25], { name: 'f', fieldId: 4 }),
  column({ kind: 'double' }, [0.1, null, 1e300], { name: 'd', fieldId: 5 }),
  column(decimal(9), [1420n, null, -1n], { name: 'd9', fieldId: 6 }),
  column(decimal(18), [10n ** 17n, null, -1n], { name: 'd18', fieldId: 7 }),
  column(decimal(38), [10n ** 37n, null, -(10n ** 37n)], { name: 'd38', fieldId: 8 }),
  column({ kind: 'date' }, [20000, null, -1], { name: 'dt', fieldId: 9 }),
  column({ kind: 'time' }, [86399999999n, null, 0n], { name: 't', fieldId: 10 }),
  column({ kind: 'timestamp' }, [1700000000000001n, null, -1n], { name: 'ts', fieldId: 11 }),
  column({ kind: 'timestamptz' }, [1700000000000001n, null, -1n], { name: 'tz', fieldId: 12 }),
  column({ kind: 'string' }, ['é€😀', null, ''], { name: 'a.b "c"', fieldId: 13 }),
  column({ kind: 'binary' }, ['00ff', null, ''], { name: 'bin', fieldId: 14 }),
];

async function readBack(bytes: Uint8Array): Promise<unknown[][]> {
  const path = join(directory, 'file.parquet');
  writeFileSync(path, bytes);
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await connection.run("SET TimeZone = 'UTC'");
  const reader = await connection.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM '${path}'`);
  const fieldIds = await connection.runAndReadAll(
    `SELECT field_id FROM parquet_schema('${path}') WHERE type IS NOT NULL`,
  );
  connection.closeSync();
  return [...reader.getRows(), fieldIds.getRows().map((row) => Number(row[0]))];
}

describe('Parquet files', () => {
  it.each(parquetCodecs)('every type, read by another reader: %s', async (codec) => {
    const { bytes, rowCount, splitOffsets } = encodeParquet({ rowCount: 3, columns: everyType, codec });
    const [first, second, third, ids] = await readBack(bytes);
    expect(first).toEqual([
      'true',
      '1',
      '9223372036854775807',
      '1.5',
      '0.1',
      '14.20',
      '1000000000000000.00',
      `${10n ** 35n}.00`,
      '2024-10-04',
      '23:59:59.999999',
      '2023-11-14 22:13:20.000001',
      '2023-11-14 22:13:20.000001+00',
      'é€😀',
      '\\x00\\xFF',
    ]);
    expect(second).toEqual(everyType.map(() => null));
    expect(third![1]).toBe('-2147483648');
    expect(third!.slice(5, 8)).toEqual(['-0.01', '-0.01', `-${10n ** 35n}.00`]);
    expect(third!.slice(8)).toEqual([
      '1969-12-31',
      '00:00:00',
      '1969-12-31 23:59:59.999999',
      '1969-12-31 23:59:59.999999+00',
      '',
      '',
    ]);
    expect(ids).toEqual(everyType.map(({ fieldId }) => fieldId));
    expect([rowCount, splitOffsets]).toEqual([3, [4]]);
  });

  it('need no memory of their own: the request can be cloned and moved', async () => {
    const request = { rowCount: 3, columns: everyType, codec: 'zstd' as const };
    const moved = structuredClone(request, { transfer: [] });
    expect(encodeParquet(moved).bytes).toEqual(encodeParquet(request).bytes);
  });

  it('arrays may be longer than the rows', async () => {
    const { values } = column({ kind: 'long' }, [1n, 2n, 99n]);
    const { bytes, metrics } = encodeParquet({
      rowCount: 2,
      columns: [{ ...column({ kind: 'long' }, [1n, 2n]), values }],
      codec: 'zstd',
    });
    expect((await readBack(bytes)).slice(0, 2)).toEqual([['1'], ['2']]);
    expect(hex(metrics[0]!.upper)).toBe('0200000000000000');
  });

  it('repetitive columns have a dictionary, distinct ones do not', () => {
    const size = (values: readonly bigint[]): number => metricsOf({ kind: 'long' }, values).size;
    const distinct = Array.from({ length: 5000 }, (_, i) => BigInt(i) * 7919n * 1_000_003n);
    expect(size(distinct.map((_, i) => distinct[i % 10]!))).toBeLessThan(size(distinct) / 5);
  });

  it('text that is not UTF-8 is refused by the column', () => {
    const bad = column({ kind: 'string' }, ['x']);
    const columns = [{ ...bad, name: 'label', values: Uint8Array.of(0xff) }];
    expect(() => encodeParquet({ rowCount: 1, columns, codec: 'zstd' })).toThrow(
      /column 'label': expected text in UTF-8/,
    );
  });
});
