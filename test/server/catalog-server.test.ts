import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson, printJson } from '../../src/iceberg/json.ts';
import { RestService } from '../../src/iceberg/rest-service.ts';
import { SqliteNames } from '../../src/iceberg/sqlite-names.ts';
import { serveCatalog } from '../../src/server/catalog-server.ts';
import type { RunningServer } from '../../src/server/listening.ts';
import { LocalStorage } from '../../src/storage/local-storage.ts';
import { catalogConformance } from '../iceberg/catalog.conformance.ts';

// Iceberg's own compatibility kit (RESTCompatibilityKitCatalogTests) passes against this server; see docs/iceberg.md for the run.

const directory = mkdtempSync(join(tmpdir(), 'millrace-served-'));
const warehouse = `file://${directory}/lake`;
let server: RunningServer;
let names: SqliteNames;
let uri: string;

beforeAll(async () => {
  names = new SqliteNames('lake', join(directory, 'catalog.db'));
  const service = new RestService({
    names,
    storage: new LocalStorage(),
    warehouse,
    allowed: [],
    now: () => 1_700_000_000_000,
  });
  server = await serveCatalog({ service, host: '127.0.0.1', port: 0, token: null });
  uri = `http://127.0.0.1:${server.port}`;
});
afterAll(async () => {
  await server?.close();
  names?.close();
  rmSync(directory, { recursive: true, force: true });
});

catalogConformance(
  'served',
  async () =>
    new Map([
      ['type', 'iceberg'],
      ['catalog-type', 'rest'],
      ['uri', uri],
    ]),
);

type Answer = { status: number; body: Record<string, unknown> };

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${uri}/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body: printJson(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : parseJson(text, path) };
}

const schema = {
  type: 'struct',
  'schema-id': 7,
  fields: [
    { id: 30, name: 'id', required: true, type: 'long' },
    {
      id: 40,
      name: 'where',
      required: false,
      type: { type: 'struct', fields: [{ id: 50, name: 'x', required: true, type: 'double' }] },
    },
    { id: 60, name: 'at', required: false, type: 'timestamp' },
  ],
};

async function table(name: string, more: object = {}): Promise<Answer> {
  return ask('POST', '/namespaces/served/tables', { name, schema, ...more });
}

function snapshot(id: bigint): Record<string, unknown> {
  return {
    'snapshot-id': id,
    'sequence-number': 1,
    'timestamp-ms': 1_700_000_000_001,
    'manifest-list': `${warehouse}/served/x.avro`,
    summary: { operation: 'append' },
  };
}

describe('the catalog server', () => {
  beforeAll(() => ask('POST', '/namespaces', { namespace: ['served'], properties: {} }));

  it('gives columns ids of its own, a level at a time, and binds the spec to them', async () => {
    const spec = { fields: [{ name: 'day', transform: 'day', 'source-id': 60 }] };
    const { status, body } = await table('ids', { 'partition-spec': spec });
    expect(status).toBe(200);
    const metadata = body.metadata as Record<string, unknown>;
    expect(metadata).toMatchObject({
      'last-column-id': 4,
      'last-partition-id': 1000,
      schemas: [
        { 'schema-id': 0, fields: [{ id: 1 }, { id: 2, type: { fields: [{ id: 4, name: 'x' }] } }, { id: 3 }] },
      ],
      'partition-specs': [{ 'spec-id': 0, fields: [{ 'source-id': 3, 'field-id': 1000 }] }],
    });
  });

  it('keeps 64-bit ids to the last digit', async () => {
    await table('long');
    const id = 9_223_372_036_854_775_807n;
    const updates = [
      { action: 'add-snapshot', snapshot: snapshot(id) },
      { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': id },
    ];
    await ask('POST', '/namespaces/served/tables/long', { requirements: [], updates });
    const { body } = await ask('GET', '/namespaces/served/tables/long');
    expect(body.metadata).toMatchObject({ 'current-snapshot-id': id, refs: { main: { 'snapshot-id': id } } });
  });

  it('commits several tables together, or none of them', async () => {
    await Promise.all([table('one'), table('two')]);
    const change = (name: string, uuid: string | null): unknown => ({
      identifier: { namespace: ['served'], name },
      requirements: uuid === null ? [] : [{ type: 'assert-table-uuid', uuid }],
      updates: [{ action: 'set-properties', updates: { seen: 'yes' } }],
    });
    const commit = (uuid: string | null): Promise<Answer> =>
      ask('POST', '/transactions/commit', { 'table-changes': [change('one', null), change('two', uuid)] });
    const seen = async (name: string): Promise<unknown> => {
      const { body } = await ask('GET', `/namespaces/served/tables/${name}`);
      return (body.metadata as { properties: Record<string, string> }).properties.seen;
    };
    expect(await commit('00000000-0000-0000-0000-000000000000')).toMatchObject({
      status: 409,
      body: { error: { type: 'CommitFailedException', message: expect.stringContaining('UUID does not match') } },
    });
    expect([await seen('one'), await seen('two')]).toEqual([undefined, undefined]);
    expect((await commit(null)).status).toBe(204);
    expect([await seen('one'), await seen('two')]).toEqual(['yes', 'yes']);
  });

  it('loses no commit when many come at once', async () => {
    await table('busy');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        ask('POST', '/namespaces/served/tables/busy', {
          requirements: [],
          updates: [{ action: 'set-properties', updates: { [`p${i}`]: String(i) } }],
        }),
      ),
    );
    const { body } = await ask('GET', '/namespaces/served/tables/busy');
    const { properties } = body.metadata as { properties: Record<string, string> };
    const landed = answers.flatMap(({ status }, i) => (status === 200 ? [`p${i}`] : []));
    expect(Object.keys(properties).sort()).toEqual(landed);
    expect(landed.length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  });

  it.each([
    [
      'a table elsewhere',
      '/namespaces/served/tables',
      { name: 'out', schema, location: `file://${directory}/elsewhere` },
      403,
    ],
    ['a way out', '/namespaces/served/tables', { name: 'out', schema, location: `${warehouse}/../../out` }, 403],
    ['a foreign file', '/namespaces/served/register', { name: 'out', 'metadata-location': 'file:///etc/passwd' }, 403],
    ['no schema', '/namespaces/served/tables', { name: 'out' }, 400],
    ['no namespace', '/namespaces/nowhere/tables', { name: 'out', schema }, 404],
    ['an unknown update', '/namespaces/served/tables/ids', { requirements: [], updates: [{ action: 'burn' }] }, 400],
    [
      'an unknown requirement',
      '/namespaces/served/tables/ids',
      { requirements: [{ type: 'assert-luck' }], updates: [] },
      400,
    ],
  ])('refuses %s', async (_what, path, body, status) => {
    const answer = await ask('POST', path, body);
    expect([answer.status, (answer.body.error as { code: number }).code]).toEqual([status, status]);
    expect(existsSync(join(directory, 'elsewhere'))).toBe(false);
  });

  it('refuses pages of elsewhere and bodies that are no JSON', async () => {
    const form = await fetch(`${uri}/v1/namespaces`, { method: 'POST', body: 'x=1' });
    expect(form.status).toBe(415);
    const headers = { 'content-type': 'application/json' };
    const garbage = await fetch(`${uri}/v1/namespaces`, { method: 'POST', body: '{"namespace":', headers });
    expect(garbage.status).toBe(400);
  });

  it('purges the files of a table, and of a staged one there are none', async () => {
    await table('gone');
    expect(readdirSync(join(directory, 'lake/served/gone/metadata'))).toHaveLength(1);
    expect((await ask('DELETE', '/namespaces/served/tables/gone?purgeRequested=true')).status).toBe(204);
    expect(readdirSync(join(directory, 'lake/served/gone/metadata'))).toEqual([]);
    const staged = await table('staged', { 'stage-create': true });
    expect(staged.body['metadata-location']).toBeUndefined();
    expect((await ask('HEAD', '/namespaces/served/tables/staged')).status).toBe(404);
  });
});
