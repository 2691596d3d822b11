import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ParquetRequest } from '../../src/formats/parquet-column.ts';
import { encodeParquet } from '../../src/formats/parquet-writer.ts';
import { createIcebergCatalog } from '../../src/iceberg/catalog.ts';
import { queryLake } from '../../src/iceberg/query.ts';
import { batchOf, type Column } from '../../src/model/column.ts';
import type { CommitPlan, WriterContext } from '../../src/model/sink.ts';
import type { Catalog, TableDefinition } from '../../src/model/table.ts';
import { types } from '../../src/model/types.ts';
import { icebergSinkFactory } from '../../src/sinks/iceberg.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startIcebergRest, type TestIcebergRest } from '../support/testbed/iceberg-rest.ts';
import { catalogConformance } from './catalog.conformance.ts';

/** Against the Java reference catalog: it checks each commit, and reads and writes the same SQLite file as we do. */
describeWithJava("Iceberg's reference REST catalog", () => {
  let rest: TestIcebergRest;
  beforeAll(async () => {
    rest = await startIcebergRest();
  });
  afterAll(() => rest?.stop());

  const overRest = () =>
    new Map([
      ['type', 'iceberg'],
      ['catalog-type', 'rest'],
      ['uri', rest.uri],
    ]);
  /** The very same tables, without the server. */
  const overSqlite = () =>
    new Map([
      ['type', 'iceberg'],
      ['catalog-impl', 'org.apache.iceberg.jdbc.JdbcCatalog'],
      ['uri', `jdbc:sqlite:${rest.database}`],
      ['warehouse', rest.warehouse],
    ]);
  const ctx = { jobName: 'job', timeZone: 'UTC', workingDirectory: '/', warn: () => {}, now: () => Date.now() };
  const lake = (options: ReadonlyMap<string, string>) => createIcebergCatalog('rest_backend', options, ctx);

  catalogConformance('the reference REST catalog', async () => overRest());

  const host: WriterContext['host'] = {
    print: async () => {},
    collect: async () => {},
    runTask: async (_task, payload) => encodeParquet(payload as ParquetRequest),
  };

  /** Writes ten rows as one epoch of a run and gives back the plan. */
  async function writeEpoch(table: TableDefinition, runId: string, checkpointId: number): Promise<CommitPlan> {
    const config = await icebergSinkFactory.plan(table, ctx);
    const writer = icebergSinkFactory.writer(config, {
      jobName: 'job',
      subtaskIndex: 0,
      parallelism: 1,
      runId,
      counters: { add: () => {} },
      now: ctx.now,
      host,
    });
    const ids: Column = {
      layout: 'int',
      wide: false,
      values: Float64Array.from({ length: 10 }, (_, i) => i),
      nulls: null,
    };
    const times: Column = {
      layout: 'int',
      wide: false,
      values: ids.values.map((i) => i * 43_200_000_000),
      nulls: null,
    };
    writer.write(batchOf(10, [ids, times]));
    const committer = icebergSinkFactory.committer(config, ctx)!;
    await committer.open(runId);
    const info = { jobName: 'job', watermark: 7, offsets: [{ topic: 't', partition: 0, offset: 10 }] };
    const plan = await committer.prepare({ runId, checkpointId }, await writer.prepareCommit(checkpointId), info);
    await committer.commit(plan);
    await committer.commit(plan);
    await committer.close();
    await writer.close();
    return plan;
  }

  async function count(catalog: Catalog, sql: string): Promise<unknown> {
    return (await queryLake(sql, new Map([[catalog.name, catalog]]), ctx)).rows[0]![0];
  }

  it('takes our commits, over both ways, and both see all rows', async () => {
    const [remote, local] = [await lake(overRest()), await lake(overSqlite())];
    await remote.createDatabase('shared', { ifNotExists: true, properties: new Map() });
    const definition: TableDefinition = {
      kind: 'table',
      path: { catalog: 'rest_backend', database: 'shared', name: 't' },
      columns: [
        { kind: 'physical', name: 'id', type: types.of('bigint', false) },
        { kind: 'physical', name: 'ts', type: types.timestamp(6) },
      ],
      watermark: null,
      primaryKey: [],
      partitionedBy: [],
      options: new Map([['millrace.partitioning', 'day(ts), bucket(2, id)']]),
    };
    await remote.createTable(definition, { ifNotExists: false });
    const [far, near] = [await remote.getTable('shared', 't'), await local.getTable('shared', 't')];
    await writeEpoch(far as TableDefinition, 'first', 1);
    await writeEpoch(near as TableDefinition, 'second', 1);
    await writeEpoch(far as TableDefinition, 'third', 1);
    for (const catalog of [remote, local]) {
      expect(await count(catalog, 'SELECT count(*) FROM shared.t')).toBe(30n);
      expect(await count(catalog, "SELECT count(*) FROM t WHERE ts < '1970-01-03'")).toBe(12n);
    }
    await remote.close();
    await local.close();
  });

  it('refuses what is not a catalog with words', async () => {
    const options = new Map([...overRest(), ['uri', `${rest.uri}/nothing`]]);
    await expect(lake(options)).rejects.toThrow(/\/nothing\/v1\/config/);
  });
});
