import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIcebergCatalog } from '../../src/iceberg/catalog.ts';
import type { Catalog, TableDefinition } from '../../src/model/table.ts';
import { types } from '../../src/model/types.ts';

/** What every Iceberg catalog has to do as a catalog of SQL. `options` are those of CREATE CATALOG. */
export function catalogConformance(name: string, options: () => Promise<ReadonlyMap<string, string>>): void {
  describe(`the catalog contract: ${name}`, () => {
    let catalog: Catalog;
    beforeAll(async () => {
      const ctx = { workingDirectory: '/', warn: () => {}, now: () => 1_700_000_000_000 };
      catalog = await createIcebergCatalog('lake', await options(), ctx);
    });
    afterAll(() => catalog?.close());

    it('makes and drops databases', async () => {
      await catalog.createDatabase('d1', { ifNotExists: false, properties: new Map([['owner', 'x']]) });
      await catalog.createDatabase('d1', { ifNotExists: true, properties: new Map() });
      await expect(catalog.createDatabase('d1', { ifNotExists: false, properties: new Map() })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      expect(await catalog.listDatabases()).toContain('d1');
      await catalog.dropDatabase('d1', { ifExists: false, cascade: false });
      expect(await catalog.listDatabases()).not.toContain('d1');
      await catalog.dropDatabase('d1', { ifExists: true, cascade: false });
      await expect(catalog.dropDatabase('d1', { ifExists: false, cascade: false })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    it('keeps a table as it was declared', async () => {
      await catalog.createDatabase('d2', { ifNotExists: false, properties: new Map() });
      const table = tableOf('d2', 't', { primaryKey: ['id'], partitionedBy: ['region'], comment: 'all of it' });
      await catalog.createTable(table, { ifNotExists: false });
      const found = (await catalog.getTable('d2', 't')) as TableDefinition;
      expect(found.columns.map(({ name, type, comment }) => [name, type, comment])).toEqual([
        ['id', types.of('bigint', false), undefined],
        ['region', types.string(), 'where'],
        ['amount', types.decimal(10, 2), undefined],
        ['at', types.timestampLtz(6), undefined],
        ['small', types.of('int'), undefined],
      ]);
      expect([found.primaryKey, found.partitionedBy, found.comment]).toEqual([['id'], ['region'], 'all of it']);
      expect([...found.options].slice(0, 4)).toEqual([
        ['connector', 'iceberg'],
        ['catalog-name', 'lake'],
        ['catalog-database', 'd2'],
        ['catalog-table', 't'],
      ]);
    });

    it('knows what is there', async () => {
      await catalog.createTable(tableOf('d2', 'a'), { ifNotExists: false });
      expect(await catalog.listTables('d2')).toEqual(['a', 't']);
      await catalog.createTable(tableOf('d2', 'a'), { ifNotExists: true });
      await expect(catalog.createTable(tableOf('d2', 'a'), { ifNotExists: false })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      await expect(catalog.createTable(tableOf('none', 'a'), { ifNotExists: true })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(await catalog.getTable('d2', 'none')).toBeNull();
      expect(await catalog.getTable('none', 't')).toBeNull();
    });

    it('drops tables, and databases with what is in them', async () => {
      await expect(catalog.dropDatabase('d2', { ifExists: false, cascade: false })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      await catalog.dropTable('d2', 'a', { ifExists: false, kind: 'table' });
      await catalog.dropTable('d2', 'a', { ifExists: true, kind: 'table' });
      await expect(catalog.dropTable('d2', 'a', { ifExists: false, kind: 'table' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await catalog.dropDatabase('d2', { ifExists: false, cascade: true });
      expect(await catalog.listDatabases()).not.toContain('d2');
    });
  });
}

export function tableOf(database: string, name: string, overrides: Partial<TableDefinition> = {}): TableDefinition {
  return {
    kind: 'table',
    path: { catalog: 'lake', database, name },
    columns: [
      { kind: 'physical', name: 'id', type: types.of('bigint', false) },
      { kind: 'physical', name: 'region', type: types.string(), comment: 'where' },
      { kind: 'physical', name: 'amount', type: types.decimal(10, 2) },
      { kind: 'physical', name: 'at', type: types.timestampLtz(3) },
      { kind: 'physical', name: 'small', type: types.of('smallint') },
    ],
    watermark: null,
    primaryKey: [],
    partitionedBy: [],
    options: new Map(),
    ...overrides,
  };
}
