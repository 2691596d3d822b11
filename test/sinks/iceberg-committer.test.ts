import { beforeEach, describe, expect, it } from 'vitest';
import { parseJson, printJson } from '../../src/iceberg/json.ts';
import { readManifest } from '../../src/iceberg/manifest.ts';
import { readManifestList } from '../../src/iceberg/manifest-list.ts';
import { SqliteCatalog } from '../../src/iceberg/sqlite-catalog.ts';
import { currentSnapshot, type TableMetadata } from '../../src/iceberg/table-metadata.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { CommitPlan } from '../../src/model/sink.ts';
import type { IcebergCommitter } from '../../src/sinks/iceberg-committer.ts';
import type { IcebergSinkConfig } from '../../src/sinks/iceberg-config.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { committerOf, configOf, createTable, FaultyLake, fileOf, filesOf, noInfo, table } from './iceberg-support.ts';

let storage: MemoryStorage;
let base: SqliteCatalog;
let lake: FaultyLake;
let config: IcebergSinkConfig;

beforeEach(async () => {
  storage = new MemoryStorage();
  base = new SqliteCatalog({
    name: 'c',
    path: ':memory:',
    warehouse: 'memory:///wh',
    storage,
    now: () => 1_700_000_000_000,
  });
  lake = new FaultyLake(base, storage, async () => {});
  await createTable(base);
  config = await configOf(base);
});

const load = async (): Promise<TableMetadata> => (await base.loadTable(table))!;

async function start(runId: string, plan: CommitPlan | null = null, force = false): Promise<IcebergCommitter> {
  const committer = committerOf({ catalog: lake, storage: lake.faultyStorage, config });
  await committer.open(runId);
  await committer.recover(plan, { force });
  return committer;
}

async function prepare(committer: IcebergCommitter, runId: string, checkpointId: number): Promise<CommitPlan> {
  const plan = await committer.prepare({ runId, checkpointId }, [fileOf(`${runId}-${checkpointId}`, 3)], noInfo);
  return JSON.parse(JSON.stringify(plan)) as CommitPlan;
}

async function land(committer: IcebergCommitter, runId: string, checkpointId: number): Promise<CommitPlan> {
  const plan = await prepare(committer, runId, checkpointId);
  await committer.commit(plan);
  return plan;
}

describe('a claim', () => {
  it('is an empty snapshot with a higher generation', async () => {
    await start('r1');
    await start('r1');
    const metadata = await load();
    expect(
      metadata.snapshots!.map(({ summary }) => [summary!['millrace.claim'], summary!['millrace.generation']]),
    ).toEqual([
      ['true', '1'],
      ['true', '2'],
    ]);
    expect(await filesOf(base, storage)).toEqual([]);
  });

  it('stops whoever had claimed before', async () => {
    const before = await start('r1');
    const plan = await prepare(before, 'r1', 1);
    await start('r2');
    const failed = before.commit(plan);
    await expect(failed).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining('this one has to end'),
    });
    await expect(failed).rejects.toThrow('table `lake`.`db`.`t`: expected claim 1 of this job, found 2');
    expect(await filesOf(base, storage)).toEqual([]);
  });

  it('does not stop another sink', async () => {
    const other = committerOf({ catalog: base, storage, config, sinkId: 'other' });
    await other.open('o');
    const committer = await start('r1');
    await land(committer, 'r1', 1);
    await land(other, 'o', 1);
    await land(committer, 'r1', 2);
    expect(await filesOf(base, storage)).toEqual(['o-1', 'r1-1', 'r1-2']);
  });
});

describe('an epoch', () => {
  it('without rows makes no snapshot', async () => {
    const committer = await start('r1');
    const plan = await committer.prepare({ runId: 'r1', checkpointId: 1 }, [], noInfo);
    await committer.commit(plan);
    expect((await load()).snapshots!.length).toBe(1);
  });

  it('says in the summary what it holds', async () => {
    const committer = await start('r1');
    await land(committer, 'r1', 1);
    const info = {
      jobName: 'job',
      watermark: 1234,
      offsets: [
        { topic: 'a', partition: 0, offset: 5 },
        { topic: 'a', partition: 1, offset: 7 },
        { topic: 'b', partition: 0, offset: 9 },
      ],
    };
    const files = [fileOf('x', 10), fileOf('y', 20)];
    await committer.commit(await committer.prepare({ runId: 'r1', checkpointId: 2 }, files, info));
    const metadata = await load();
    expect(currentSnapshot(metadata)!.summary).toEqual({
      operation: 'append',
      'engine-name': 'millrace',
      'millrace.job': 'job',
      'millrace.sink-id': 'job',
      'millrace.run-id': 'r1',
      'millrace.checkpoint-id': '2',
      'millrace.generation': '1',
      'millrace.watermark': '1234',
      'millrace.kafka-offsets': '{"a":{"0":5,"1":7},"b":{"0":9}}',
      'flink.job-id': 'r1',
      'flink.max-committed-checkpoint-id': '2',
      'added-data-files': '2',
      'added-records': '30',
      'added-files-size': '200',
      'changed-partition-count': '1',
      'total-data-files': '3',
      'total-records': '33',
      'total-files-size': '300',
      'total-delete-files': '0',
      'total-position-deletes': '0',
      'total-equality-deletes': '0',
    });
    expect(JSON.parse(metadata.properties!['millrace.sink.job']!)).toEqual({
      generation: 1,
      runs: [{ run: 'r1', checkpoint: 2, generation: 1 }],
    });
  });

  it('is a chain of snapshots with rising sequence numbers', async () => {
    const committer = await start('r1');
    for (const checkpoint of [1, 2, 3]) await land(committer, 'r1', checkpoint);
    const { snapshots } = await load();
    expect(snapshots!.map((snapshot) => snapshot['sequence-number'])).toEqual([1, 2, 3, 4]);
    expect(snapshots!.slice(1).map((snapshot) => snapshot['parent-snapshot-id'])).toEqual(
      snapshots!.slice(0, -1).map((snapshot) => snapshot['snapshot-id']),
    );
  });
});

describe('manifests', () => {
  const properties = (updates: Record<string, string>) =>
    base.commit(table, { requirements: [], updates: [{ action: 'set-properties', updates }] });
  const entriesOf = async (): Promise<[string, bigint | null, bigint | null][]> => {
    const list = currentSnapshot(await load())!['manifest-list'];
    const entries: [string, bigint | null, bigint | null][] = [];
    for (const manifest of readManifestList(await storage.read(list), list)) {
      for (const entry of readManifest(await storage.read(manifest.path), manifest.path, () => [])) {
        entries.push([entry.file.path, entry.sequenceNumber, entry.snapshotId]);
      }
    }
    return entries.sort();
  };
  const manifestCount = async (): Promise<number> => {
    const list = currentSnapshot(await load())!['manifest-list'];
    return readManifestList(await storage.read(list), list).length;
  };

  it('are merged when there are many, in a commit of its own, and entries keep what they inherited', async () => {
    await properties({ 'commit.manifest.min-count-to-merge': '3' });
    const committer = await start('r1');
    for (const checkpoint of [1, 2]) await land(committer, 'r1', checkpoint);
    expect(await manifestCount()).toBe(2);
    await land(committer, 'r1', 3);
    const { snapshots } = await load();
    expect(snapshots!.at(-1)!.summary).toMatchObject({
      operation: 'replace',
      'manifests-created': '1',
      'manifests-replaced': '3',
      'manifests-kept': '0',
      'entries-processed': '3',
      'total-records': '9',
    });
    expect(await manifestCount()).toBe(1);
    const ids = snapshots!.map((snapshot) => BigInt(snapshot['snapshot-id']));
    expect(await entriesOf()).toEqual([
      ['r1-1', 2n, ids[1]],
      ['r1-2', 3n, ids[2]],
      ['r1-3', 4n, ids[3]],
    ]);
    await land(committer, 'r1', 4);
    expect(await filesOf(base, storage)).toEqual(['r1-1', 'r1-2', 'r1-3', 'r1-4']);
  });

  it('are left alone when the table says so, or when they are large', async () => {
    await properties({ 'commit.manifest.min-count-to-merge': '2', 'commit.manifest-merge.enabled': 'false' });
    const committer = await start('r1');
    for (const checkpoint of [1, 2, 3]) await land(committer, 'r1', checkpoint);
    await properties({ 'commit.manifest-merge.enabled': 'true', 'commit.manifest.target-size-bytes': '10' });
    const next = await start('r2');
    for (const checkpoint of [1, 2, 3]) await land(next, 'r2', checkpoint);
    expect(await manifestCount()).toBe(6);
  });
});

describe('a restart', () => {
  it('commits what had not landed, and not what had', async () => {
    const first = await start('r1');
    const landed = await land(first, 'r1', 1);
    await (await start('r1', landed)).close();
    const waiting = await prepare(await start('r1', landed), 'r1', 2);
    await start('r1', waiting);
    await start('r1', waiting);
    expect(await filesOf(base, storage)).toEqual(['r1-1', 'r1-2']);
  });

  it('knows what landed though its snapshots are expired', async () => {
    const plan = await land(await start('r1'), 'r1', 1);
    await land(await start('later'), 'later', 1); // moves on
    await expireAllButNewest();
    await start('r1', plan, true);
    expect(await filesOf(base, storage)).toEqual(['later-1', 'r1-1']);
  });

  it('behind what landed is refused, unless one says so', async () => {
    const first = await start('r1');
    const old = await land(first, 'r1', 1);
    await land(first, 'r1', 2);
    const failed = start('r2', old);
    await expect(failed).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(failed).rejects.toThrow('table `lake`.`db`.`t`: restored to epoch 1, but epoch 2 has landed in it');
    const forced = await start('r2', old, true);
    await land(forced, 'r2', 2);
    expect(await filesOf(base, storage)).toEqual(['r1-1', 'r1-2', 'r2-2']);
  });

  it('behind a later run is refused as well', async () => {
    const old = await land(await start('r1'), 'r1', 7);
    await land(await start('r2'), 'r2', 1);
    await expect(start('r3', old)).rejects.toThrow('restored to epoch 7, but epoch 1 of the later run r2 has landed');
  });

  it('goes on from a new run that has not landed anything yet', async () => {
    await land(await start('r1'), 'r1', 5);
    const fresh = await start('r2');
    const waiting = await prepare(fresh, 'r2', 1);
    await start('r2', waiting);
    expect(await filesOf(base, storage)).toEqual(['r1-5', 'r2-1']);
  });

  it('with the checkpoint of a table that was dropped since is refused', async () => {
    const plan = await prepare(await start('r1'), 'r1', 1);
    await base.dropTable(table);
    await base.createTable(table, {
      schema: schemaJson(),
      spec: { 'spec-id': 0, fields: [] },
      properties: {},
      location: null,
    });
    await expect(start('r1', plan)).rejects.toThrow(/expected uuid .*, got/);
    config = await configOf(base);
    await expect(start('r1', plan)).rejects.toThrow(/the checkpoint was taken for uuid/);
  });
});

describe('a commit that fails', () => {
  const lists = async (): Promise<number> =>
    (await storage.list('memory:///wh')).filter((uri) => uri.includes('/snap-')).length;

  it('is tried again after a conflict, and leaves no file of the refused attempts', async () => {
    const committer = await start('r1');
    const plan = await prepare(committer, 'r1', 1);
    lake.faults = ['none', 'none', 'conflict', 'none', 'none', 'conflict'];
    await committer.commit(plan);
    expect(await filesOf(base, storage)).toEqual(['r1-1']);
    expect(await lists()).toBe(2);
  });

  it('deletes nothing once an outcome was unknown', async () => {
    const committer = await start('r1');
    const plan = await prepare(committer, 'r1', 1);
    lake.faults = ['none', 'none', 'unknown-before', 'none', 'none', 'conflict'];
    await committer.commit(plan);
    expect(await lists()).toBe(4);
  });

  it('gives up after as many attempts as the table says', async () => {
    await base.commit(table, {
      requirements: [],
      updates: [{ action: 'set-properties', updates: { 'commit.retry.num-retries': '2' } }],
    });
    const committer = await start('r1');
    const plan = await prepare(committer, 'r1', 1);
    lake.faults = Array.from({ length: 3 }, () => ['none', 'none', 'conflict'] as const).flat();
    await expect(committer.commit(plan)).rejects.toThrow("table 'db.t': 3 attempts to commit failed; the last: stale");
    expect(await filesOf(base, storage)).toEqual([]);
  });

  it('on a full disk says so, and a restart commits the epoch', async () => {
    const committer = await start('r1');
    const plan = await prepare(committer, 'r1', 1);
    const full = new EngineError('IO', 'ENOSPC: no space left on device');
    const write = storage.write.bind(storage);
    storage.write = async (uri) => Promise.reject(Object.assign(full, { uri }));
    await expect(committer.commit(plan)).rejects.toThrow('ENOSPC');
    await expect(prepare(committer, 'r1', 2)).rejects.toThrow('ENOSPC');
    storage.write = write;
    await start('r1', plan);
    expect(await filesOf(base, storage)).toEqual(['r1-1']);
  });
});

function schemaJson() {
  return { type: 'struct' as const, 'schema-id': 0, fields: [{ id: 1, name: 'id', required: false, type: 'long' }] };
}

/** As expire_snapshots does: the newest snapshot stays. */
async function expireAllButNewest(): Promise<void> {
  const metadata = await load();
  const location = (await storage.list('memory:///wh')).filter((uri) => uri.endsWith('.metadata.json')).at(-1)!;
  const text = new TextDecoder().decode(await storage.read(location));
  const document = parseJson<Record<string, unknown>>(text, location);
  expect(document['last-sequence-number']).toBe(metadata['last-sequence-number']);
  const kept = { ...document, snapshots: [currentSnapshot(metadata)] };
  await storage.write(location, new TextEncoder().encode(printJson(kept)));
}
