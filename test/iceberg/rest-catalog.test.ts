import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRestCatalog, type RestCatalog, type RestCatalogOptions } from '../../src/iceberg/rest-catalog.ts';
import { schemaOf } from '../../src/iceberg/schema.ts';
import { SqliteCatalog } from '../../src/iceberg/sqlite-catalog.ts';
import { types } from '../../src/model/types.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { TestRestServer } from './rest-server.ts';

let server: TestRestServer;
let now = 1_700_000_000_000;

beforeEach(async () => {
  const storage = new MemoryStorage();
  server = await TestRestServer.start(
    new SqliteCatalog({ name: 'c', path: ':memory:', warehouse: 'memory:///wh', storage, now: () => now }),
  );
});
afterEach(() => server.stop());

const noAuth = { token: null, credential: null, scope: 'catalog', tokenUri: null };

function open(options: Partial<RestCatalogOptions> = {}): Promise<RestCatalog> {
  const headers = new Map<string, string>();
  return openRestCatalog({
    uri: server.uri,
    auth: noAuth,
    headers,
    now: () => now,
    warehouse: null,
    prefix: null,
    ...options,
  });
}

const schema = schemaOf([{ name: 'id', type: types.of('bigint') }], []);
const table = { namespace: ['db'], name: 't' };
const newTable = { schema, spec: { 'spec-id': 0, fields: [] }, properties: { a: 'b' }, location: null };
const commit = { requirements: [], updates: [{ action: 'set-properties' as const, updates: { x: 'y' } }] };

async function withTable(catalog: RestCatalog): Promise<void> {
  await catalog.createNamespace(['db'], new Map());
  await catalog.createTable(table, newTable);
}

describe('requests', () => {
  it('the configuration: overrides win over ours, ours over defaults', async () => {
    server.config = { defaults: { prefix: 'theirs' }, overrides: { 'namespace-separator': '%2E' } };
    server.fault = ({ path }) => (path.startsWith('/v1/config') ? 'none' : { status: 404, body: '{}', served: false });
    await (await open({ warehouse: 'a b' })).namespaceExists(['x', 'y z']);
    await (await open({ prefix: 'ours/more' })).loadTable({ namespace: ['n'], name: 't/u' });
    server.config = { defaults: {}, overrides: { prefix: 'forced' } };
    await (await open({ prefix: 'ours' })).listTables(['n']);
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/v1/config?warehouse=a%20b',
      '/v1/theirs/namespaces/x%2Ey%20z',
      '/v1/config',
      '/v1/ours/more/namespaces/n/tables/t%2Fu?snapshots=all',
      '/v1/config',
      '/v1/forced/namespaces/n/tables',
    ]);
  });

  it('send headers and the token', async () => {
    await open({ headers: new Map([['X-Realm', 'r']]), auth: { ...noAuth, token: 'secret' } });
    expect(server.requests[0]!.headers).toMatchObject({ authorization: 'Bearer secret', 'x-realm': 'r' });
  });

  it('get a token for credentials, and a new one when it is refused or old', async () => {
    let tokens = 0;
    let refuse = false;
    server.fault = ({ path, headers }) => {
      if (path === '/v1/oauth/tokens') {
        return { status: 200, body: JSON.stringify({ access_token: `t${++tokens}`, expires_in: 3600 }), served: false };
      }
      if (refuse && headers.authorization === 'Bearer t1') return { status: 401, body: '{}', served: false };
      return 'none';
    };
    const catalog = await open({ auth: { ...noAuth, credential: 'id:s&cret' } });
    expect(server.requests[0]!.body).toContain('client_secret=s%26cret&client_id=id');
    refuse = true;
    expect(await catalog.listTables(['none'])).toEqual([]);
    expect(tokens).toBe(2);
    now += 3_600_000;
    await catalog.listTables(['none']);
    expect(tokens).toBe(3);
  });

  it('read again after passing faults, and give up at last', async () => {
    const catalog = await open();
    await withTable(catalog);
    let faults = 2;
    server.fault = () => (faults-- > 0 ? { status: 503, body: '<html>busy</html>', served: false } : 'none');
    expect((await catalog.loadTable(table))!.properties).toMatchObject({ a: 'b' });
    server.fault = () => 'refuse';
    await expect(catalog.loadTable(table)).rejects.toMatchObject({ code: 'CONNECTION', retryable: true });
  });

  it.each([
    ['a page', '<html>hello', '"<html>hello"'],
    ['half a document', '{"metadata": {', '"{\\"metadata\\": {"'],
    ['nothing', '', '""'],
  ])('say that %s is no answer', async (_name, body, shown) => {
    const catalog = await open();
    await withTable(catalog);
    let faults = 2;
    server.fault = () => (faults-- > 0 ? { status: 200, body, served: false } : 'none');
    expect((await catalog.loadTable(table))!.properties).toMatchObject({ a: 'b' });
    server.fault = () => ({ status: 200, body, served: false });
    await expect(catalog.loadTable(table)).rejects.toMatchObject({
      code: 'CONNECTION',
      message: expect.stringMatching(/^GET http:.*\/tables\/t\?.*: expected a JSON document, got /),
      hint: expect.stringContaining("'uri'"),
    });
    await expect(catalog.loadTable(table)).rejects.toThrow(shown);
  });

  it.each([
    [401, 'PERMISSION'],
    [403, 'PERMISSION'],
    [500, 'CONNECTION'],
    [418, 'INTERNAL'],
  ])('status %i is %s', async (status, code) => {
    const catalog = await open();
    server.fault = () => ({ status, body: JSON.stringify({ error: { message: 'why it is so' } }), served: false });
    const failed = catalog.createNamespace(['x'], new Map());
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.toThrow(/status \d+: why it is so/);
  });
});

describe('what a commit came to', () => {
  it.each([
    ['an answer', 'none', 'committed', true],
    ['409', { status: 409, body: '{"error":{"message":"stale"}}', served: false }, 'conflict', false],
    ['400 of an older server', { status: 400, body: '{}', served: false }, 'conflict', false],
    ['500 before', { status: 500, body: '<html>', served: false }, 'unknown', false],
    ['500 after', { status: 500, body: '<html>', served: true }, 'unknown', true],
    ['502 after', { status: 502, body: '', served: true }, 'unknown', true],
    ['a lost answer', 'lose', 'unknown', true],
    ['no connection', 'refuse', 'unknown', false],
    ["a gateway's page in place of an answer", { status: 200, body: '<html>hello', served: false }, 'unknown', false],
    ['half an answer', { status: 200, body: '{"metadata": {', served: true }, 'unknown', true],
    ['nothing in the answer', { status: 200, body: '', served: true }, 'unknown', true],
  ] as const)('%s', async (_name, fault, kind, landed) => {
    const catalog = await open();
    await withTable(catalog);
    server.fault = ({ method, path }) => (method === 'POST' && path.includes('/tables/t') ? fault : 'none');
    expect((await catalog.commit(table, commit)).kind).toBe(kind);
    expect((await catalog.loadTable(table))!.properties?.x).toBe(landed ? 'y' : undefined);
  });

  it('403 is thrown', async () => {
    const catalog = await open();
    server.fault = () => ({ status: 403, body: '{}', served: false });
    await expect(catalog.commit(table, commit)).rejects.toMatchObject({ code: 'PERMISSION' });
  });
});
