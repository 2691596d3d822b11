import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import { batchOf } from '../../src/model/column.ts';
import type { ConnectorConfig } from '../../src/model/connector.ts';
import type { CommitPlan } from '../../src/model/sink.ts';
import { types } from '../../src/model/types.ts';
import { filesystemSinkFactory } from '../../src/sinks/filesystem.ts';
import { connectorContext, tableOf } from '../support/reader-harness.ts';
import { describeSink } from '../support/sink-conformance.ts';
import { writerContext } from '../support/writer-context.ts';

const factory = filesystemSinkFactory(formats);
const fields = [{ name: 'n', type: types.of('int') }];
const directories: string[] = [];

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-parts-'));
  directories.push(directory);
  return directory;
}
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

async function planOf(path: string, options: Readonly<Record<string, string>> = {}): Promise<ConnectorConfig> {
  return factory.plan(
    tableOf(fields, { connector: 'filesystem', path, format: 'json', ...options }),
    connectorContext(),
  );
}

function batch(numbers: readonly number[]) {
  return batchOf(numbers.length, [{ layout: 'i32', values: Int32Array.from(numbers), nulls: null }]);
}

function visibleRows(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'))
    .map((line) => (JSON.parse(line) as { n: number }).n);
}

const info = { jobName: 'job', watermark: null, offsets: [] };

describeSink('filesystem', async () => {
  const directory = join(newDirectory(), 'out');
  const config = await planOf(directory);
  let attempts = 0;
  return {
    guarantee: 'exactly-once',
    writer: (subtaskIndex, runId) =>
      factory.writer(config, writerContext({ subtaskIndex, runId, parallelism: 2, now: () => attempts++ })),
    committer: () => factory.committer(config, connectorContext()),
    batch,
    visible: async () => visibleRows(directory),
  };
});

describe('the filesystem sink', () => {
  it('rolls part files by size, and names them by run, subtask and number', async () => {
    const directory = newDirectory();
    const config = await planOf(directory, { 'sink.rolling-policy.file-size': '30 b' });
    const writer = factory.writer(config, writerContext({ subtaskIndex: 3 }));
    writer.write(batch([1, 2, 3, 4, 5, 6, 7, 8]));
    const committables = await writer.prepareCommit(1);
    expect(committables).toEqual([0, 1].map((i) => ({ name: `part-run-a-3-0-${i}`, bytes: 32, rows: 4 })));
    writer.write(batch([9]));
    expect(await writer.prepareCommit(2)).toEqual([{ name: 'part-run-a-3-0-2', bytes: 8, rows: 1 }]);
    await writer.close();
  });

  it('removes what a crashed attempt of its job was writing, and nothing else', async () => {
    const directory = newDirectory();
    const config = await planOf(directory);
    const writer = factory.writer(config, writerContext());
    writer.write(batch([1]));
    await writer.close();
    writeFileSync(join(directory, '.part-other-0-0-0.00000000.inprogress'), '');
    expect(readdirSync(directory).filter((name) => name.endsWith('.inprogress'))).toHaveLength(2);
    const committer = factory.committer(config, connectorContext())!;
    await committer.open('run-a');
    await committer.recover(null, { force: false });
    expect(readdirSync(directory)).toEqual(['.part-other-0-0-0.00000000.inprogress']);
  });

  it('refuses to fall back behind what landed, unless it is forced', async () => {
    const directory = newDirectory();
    const config = await planOf(directory);
    const committer = factory.committer(config, connectorContext())!;
    await committer.open('run-a');
    await committer.recover(null, { force: false });
    const plans: CommitPlan[] = [];
    for (const checkpointId of [1, 2]) {
      const plan = await committer.prepare({ runId: 'run-a', checkpointId }, [], info);
      await committer.commit(plan);
      plans.push(plan);
    }
    const restore = (plan: CommitPlan, force = false) =>
      factory.committer(config, connectorContext())!.recover(plan, { force });
    await expect(restore(plans[0]!)).rejects.toMatchObject({ code: 'CONFLICT' });
    await restore(plans[1]!);

    const second = factory.committer(config, connectorContext())!;
    await second.recover(plans[1]!, { force: false });
    const later = await second.prepare({ runId: 'run-b', checkpointId: 3 }, [], info);
    await restore(later); // durable, not landed: run b began where run a stands
    await expect(restore(plans[1]!)).rejects.toThrow(/checkpoint 3 of run run-b/);
    await restore(plans[0]!, true);
  });

  it('says so when a prepared file is gone', async () => {
    const directory = newDirectory();
    const config = await planOf(directory);
    const committer = factory.committer(config, connectorContext())!;
    const plan = await committer.prepare({ runId: 'run-a', checkpointId: 1 }, [{ name: 'part-x' }], info);
    await expect(committer.commit(plan)).rejects.toMatchObject({ code: 'COMMIT' });
  });

  it('says so when the path is a file', async () => {
    const path = join(newDirectory(), 'file');
    writeFileSync(path, '');
    const config = await planOf(path);
    const writer = factory.writer(config, writerContext());
    writer.write(batch([1]));
    await expect(writer.prepareCommit(1)).rejects.toMatchObject({ code: 'IO' });
    await writer.close();
    await expect(factory.committer(config, connectorContext())!.open('r')).rejects.toMatchObject({ code: 'IO' });
  });

  it('waits while much is not yet written', async () => {
    const config = await planOf(newDirectory());
    const writer = factory.writer(config, writerContext());
    const many = batch(Array.from({ length: 50_000 }, (_, i) => i));
    let waited = false;
    for (let i = 0; i < 40; i++) {
      writer.write(many);
      const ready = writer.ready();
      waited ||= ready !== null;
      await ready;
    }
    expect(waited).toBe(true);
    expect(await writer.prepareCommit(1)).toMatchObject([{ rows: 2_000_000 }]);
    await writer.close();
  });
});
