import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CheckpointMetadata, CheckpointStore } from '../../src/engine/checkpoint-store.ts';

let directory: string;
let store: CheckpointStore;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-store-'));
  store = new CheckpointStore({
    checkpointDirectory: join(directory, 'checkpoints'),
    savepointDirectory: join(directory, 'savepoints'),
    jobName: 'job',
    retained: 1,
  });
  await store.open();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const metadata: CheckpointMetadata = {
  version: 1,
  jobName: 'job',
  checkpointId: 1,
  runId: 'run',
  savepoint: false,
  final: false,
  time: 0,
  watermark: null,
  nodes: {},
  sources: {},
  states: {},
  sinks: {},
};

const checkpointOf = (id: number): string => join(directory, 'checkpoints', 'job', `chk-${id}`);

async function write(id: number): Promise<void> {
  await store.complete(await store.create(id, false), { ...metadata, checkpointId: id });
}

describe('a checkpoint store', () => {
  it('passes over what was never completed, and counts its id', async () => {
    await write(1);
    await store.create(2, false);
    expect(await store.newest(1)).toMatchObject({ path: checkpointOf(1) });
    expect(await store.newest(2)).toBeNull();
    expect(await store.nextId()).toBe(3);
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['cut short', (path) => writeFileSync(path, '{"version": 1, "job'), /metadata\.json is not JSON as it was written/],
    ['empty', (path) => writeFileSync(path, ''), /metadata\.json is not JSON as it was written/],
    ['another document', (path) => writeFileSync(path, 'null'), /metadata\.json is not JSON as it was written/],
    [
      'of another version',
      (path) => writeFileSync(path, '{"version": 2, "states": {}}'),
      /expected version 1, found 2/,
    ],
    ['not readable', (path) => mkdirSync(path), /metadata\.json: cannot be read/],
  ])('does not fall back behind a newest one that is %s', async (_name, damage, message) => {
    await write(1);
    await write(2);
    const path = join(checkpointOf(2), 'metadata.json');
    rmSync(path);
    damage(path);
    const error = { code: 'CHECKPOINT', message: expect.stringMatching(message), retryable: false };
    await expect(store.newest(1)).rejects.toMatchObject({ ...error, hint: expect.stringContaining('--restore') });
    await expect(store.newest(1)).rejects.toThrow(checkpointOf(2));
  });

  it.each<[string, (path: string) => void, string]>([
    ['cut short', (path) => writeFileSync(path, '{"runId": "a'), 'expected JSON as it was written'],
    ['not readable', (path) => mkdirSync(path), 'cannot be read'],
  ])('does not take a run for a fresh one because its file is %s', async (_name, damage, message) => {
    damage(join(directory, 'checkpoints', 'job', 'run.json'));
    await expect(store.readRun()).rejects.toMatchObject({
      code: 'CHECKPOINT',
      message: expect.stringContaining(message),
    });
  });

  it('says where there is no room, and may be tried again', async () => {
    const path = await store.create(1, false);
    symlinkSync('/dev/full', join(path, 'metadata.json.tmp'));
    await expect(store.complete(path, metadata)).rejects.toMatchObject({
      code: 'CHECKPOINT',
      message: expect.stringMatching(/chk-1\/metadata\.json: cannot be written: ENOSPC/),
      hint: expect.stringContaining('free space'),
      retryable: true,
    });
    expect(await store.newest(1)).toBeNull();
  });
});
