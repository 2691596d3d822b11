import { createIcebergCatalog } from '../../src/iceberg/catalog.ts';
import { queryLake } from '../../src/iceberg/query.ts';

/** The rows of a query over the catalog's Iceberg tables, read by DuckDB, as lines of JSON in the order of their text. */
export async function tableRows(options: Readonly<Record<string, string>>, query: string): Promise<string[]> {
  const ctx = { workingDirectory: '/', now: () => Date.now(), warn: () => {} };
  const catalog = await createIcebergCatalog('lake', new Map(Object.entries(options)), ctx);
  try {
    const { fields, rows } = await queryLake(query, new Map([['lake', catalog]]), ctx);
    const names = fields.map(({ name }) => name);
    return rows
      .map((row) => JSON.stringify(Object.fromEntries(row.map((value, i) => [names[i], plain(value)]))))
      .sort();
  } finally {
    await catalog.close();
  }
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
