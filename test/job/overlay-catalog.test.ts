import { describe, expect, it } from 'vitest';
import { OverlayCatalog } from '../../src/job/overlay-catalog.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { Catalog, TableDefinition } from '../../src/model/table.ts';

const tableOf = (database: string, name: string): TableDefinition => ({
  kind: 'table',
  path: { catalog: 'lake', database, name },
  columns: [],
  watermark: null,
  primaryKey: [],
  partitionedBy: [],
  options: new Map(),
});

const refuse = async (): Promise<never> => {
  throw new Error('a check changed the catalog');
};

/** Has one database with one table, and refuses changes. */
const below: Catalog = {
  name: 'lake',
  defaultDatabase: 'default',
  listDatabases: async () => ['db'],
  listTables: async (database) => (database === 'db' ? ['old'] : []),
  getTable: async (database, name) => (database === 'db' && name === 'old' ? tableOf('db', 'old') : null),
  createDatabase: refuse,
  dropDatabase: refuse,
  createTable: refuse,
  dropTable: refuse,
  close: async () => undefined,
};
const strict = { ifNotExists: false, ifExists: false };

describe('an overlay', () => {
  it('shows what is below and what was made on it', async () => {
    const overlay = new OverlayCatalog(
      'lake',
      'default',
      async () => below,
      () => undefined,
    );
    await overlay.createTable(tableOf('db', 'new'), strict);
    await overlay.createDatabase('other', strict);
    expect(await overlay.listDatabases()).toEqual(['db', 'other']);
    expect(await overlay.listTables('db')).toEqual(['new', 'old']);
    expect((await overlay.getTable('db', 'new'))?.path.name).toBe('new');
    expect(await overlay.listTables('other')).toEqual([]);
  });

  it('hides what was dropped on it', async () => {
    const overlay = new OverlayCatalog(
      'lake',
      'default',
      async () => below,
      () => undefined,
    );
    await expect(overlay.dropDatabase('db', { ifExists: false, cascade: false })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await overlay.dropTable('db', 'old', { ifExists: false, kind: 'table' });
    expect(await overlay.getTable('db', 'old')).toBeNull();
    await overlay.dropDatabase('db', { ifExists: false, cascade: false });
    expect(await overlay.listDatabases()).toEqual([]);
    await overlay.createDatabase('db', strict);
    expect(await overlay.getTable('db', 'old')).toBeNull();
  });

  it('refuses taken and missing names as a catalog does', async () => {
    const overlay = new OverlayCatalog(
      'lake',
      'default',
      async () => below,
      () => undefined,
    );
    await expect(overlay.createTable(tableOf('db', 'old'), strict)).rejects.toMatchObject({ code: 'CONFLICT' });
    await overlay.createTable(tableOf('db', 'old'), { ifNotExists: true });
    await expect(overlay.createDatabase('db', strict)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(overlay.dropDatabase('x', { ifExists: false, cascade: true })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(overlay.dropTable('db', 'x', { ifExists: false, kind: 'table' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(overlay.dropTable('db', 'old', { ifExists: false, kind: 'view' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('shows nothing where the catalog is out of reach, and says so once', async () => {
    const warnings: string[] = [];
    const unreachable = async (): Promise<Catalog> => {
      throw new EngineError('CONNECTION', 'no answer');
    };
    const overlay = new OverlayCatalog('lake', 'default', unreachable, (message) => warnings.push(message));
    expect(await overlay.getTable('db', 'old')).toBeNull();
    expect(await overlay.listDatabases()).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/'lake'.*no answer/)]);
  });

  it('lets wrong options through', async () => {
    const wrong = async (): Promise<Catalog> => {
      throw new EngineError('INVALID_OPTION', 'unknown option');
    };
    const overlay = new OverlayCatalog('lake', 'default', wrong, () => undefined);
    await expect(overlay.getTable('db', 'old')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
