/** DuckDB as the judge of queries that mean the same to it, and of their rows. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { SqlValue } from '../../src/model/function.ts';
import type { ResultRow } from './script-run.ts';

/** `isExact`: of columns that are no DOUBLE. */
type Answer = Readonly<{ rows: readonly ResultRow[]; isExact: readonly boolean[] }>;

export class Duck {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async open(): Promise<Duck> {
    const instance = await DuckDBInstance.create(':memory:');
    return new Duck(await instance.connect());
  }

  close(): void {
    this.#connection.closeSync();
  }

  async run(statement: string): Promise<void> {
    await this.#connection.run(inDuck(statement));
  }

  async answer(query: string): Promise<Answer> {
    const reader = await this.#connection.runAndReadAll(inDuck(query));
    return {
      rows: reader.getRowsJson() as readonly ResultRow[],
      isExact: reader.columnTypes().map((type) => !/^(DOUBLE|FLOAT)$/.test(String(type))),
    };
  }
}

function inDuck(statement: string): string {
  return statement.replaceAll('`', '"').replaceAll(/\bSTRING\b/g, 'VARCHAR');
}

const nearby = 1e-6; // DECIMALs get 6 digits or more by AVG and by division, where DuckDB goes on as DOUBLE

/** Both sides in one order, by what is exact; what is near the answer's number is replaced by it. */
export function comparable(
  rows: readonly ResultRow[],
  { rows: expected, isExact }: Answer,
): readonly [actual: readonly ResultRow[], expected: readonly ResultRow[]] {
  const [actual, wanted] = [rows, expected].map((side) => side.map((row) => row.map(plain)).sort(inOrder(isExact)));
  const isNear = (a: unknown, b: unknown): boolean =>
    Math.abs(Number(a) - Number(b)) <= nearby * (1 + Math.abs(Number(b)));
  const moved = actual!.map((row, i) =>
    row.map((value, column) => {
      const other = wanted![i]?.[column];
      if (isExact[column] === true || value === null || other === null || other === undefined) return value;
      return isNear(value, other) ? other : value;
    }),
  );
  return [moved, wanted!];
}

/** Numbers as texts without needless zeros. */
function plain(value: SqlValue): SqlValue {
  if (typeof value !== 'number' && typeof value !== 'string') return value;
  const text = String(value);
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text;
}

function inOrder(isExact: readonly boolean[]): (a: ResultRow, b: ResultRow) => number {
  const exactOf = (row: ResultRow): string => JSON.stringify(row.filter((_, i) => isExact[i]).map(String));
  const nearOf = (row: ResultRow): number => row.reduce<number>((sum, v, i) => (isExact[i] ? sum : sum + Number(v)), 0);
  return (a, b) => (exactOf(a) < exactOf(b) ? -1 : exactOf(a) > exactOf(b) ? 1 : nearOf(a) - nearOf(b));
}
