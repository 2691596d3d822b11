import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { StateFile } from '../../src/engine/protocol.ts';
import { restoreOperator } from '../../src/engine/restore.ts';
import { readStateFile, writeStateFile } from '../../src/engine/state-file.ts';
import { batchOf, stringAt } from '../../src/model/column.ts';
import type { Operator } from '../../src/model/operator.ts';
import type { StateChunk } from '../../src/model/state.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { types } from '../../src/model/types.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-state-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const pool = new StringPool();
const keys = Array.from({ length: 500 }, (_, i) => `key-${i}`);
const chunk: StateChunk = {
  table: 't',
  keyColumns: 1,
  fields: [
    { name: 'k', type: types.string() },
    { name: 'n', type: types.of('double') },
  ],
  batch: batchOf(keys.length, [
    {
      layout: 'string',
      encoding: 'codes',
      values: Int32Array.from(keys, (k) => pool.internString(k)),
      pool,
      nulls: null,
    },
    { layout: 'f64', values: Float64Array.from(keys, (_, i) => i), nulls: null },
  ]),
};

function write(name: string): Promise<StateFile> {
  return writeStateFile(join(directory, name), { chunks: () => [chunk, { ...chunk, table: 'u' }], done: () => {} });
}

async function readAll(file: StateFile): Promise<StateChunk[]> {
  const chunks: StateChunk[] = [];
  for await (const one of readStateFile(file)) chunks.push(one);
  return chunks;
}

describe('a state file', () => {
  it('gives back its chunks', async () => {
    const chunks = await readAll(await write('whole'));
    expect(chunks.map(({ table, keyColumns, fields }) => ({ table, keyColumns, fields }))).toEqual(
      ['t', 'u'].map((table) => ({ table, keyColumns: 1, fields: chunk.fields })),
    );
    expect(stringAt(chunks[1]!.batch.columns[0] as never, 499)).toBe('key-499');
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['cut short', (bytes) => bytes.subarray(0, bytes.length - 9)],
    ['one bit turned', (bytes) => bytes.map((byte, i) => (i === bytes.length - 20 ? byte ^ 4 : byte)) as Buffer],
    ['of another kind', (bytes) => Buffer.alloc(bytes.length)],
    ['one letter of a header turned', (bytes) => bytes.map((byte, i) => (i === 16 ? byte ^ 1 : byte)) as Buffer],
    ['a length turned', (bytes) => bytes.map((byte, i) => (i === 11 ? 0x7f : byte)) as Buffer],
  ])('%s is refused by its name, before anything is restored of it', async (name, damage) => {
    const file = await write(name);
    writeFileSync(file.path, damage(readFileSync(file.path)));
    const chunks: StateChunk[] = [];
    const read = async (): Promise<void> => {
      for await (const one of readStateFile(file)) chunks.push(one);
    };
    await expect(read()).rejects.toMatchObject({
      code: 'CHECKPOINT',
      message: expect.stringMatching(/^state file .*: expected .*, found /),
      hint: expect.stringContaining('--restore'),
      retryable: false,
    });
    expect(chunks).toEqual([]);
  });

  it('that can not be written is a CHECKPOINT error, and the snapshot is let go', async () => {
    let done = false;
    const snapshot = { chunks: () => [chunk], done: () => (done = true) };
    await expect(writeStateFile(join(directory, 'no', 'such'), snapshot)).rejects.toMatchObject({ code: 'CHECKPOINT' });
    expect(done).toBe(true);
  });

  it('is dealt out by key group: each row to one subtask', async () => {
    const file = await write('dealt');
    const seen: string[][] = [];
    for (let subtaskIndex = 0; subtaskIndex < 3; subtaskIndex++) {
      const own: string[] = [];
      const restore = ({ table, batch }: StateChunk): void => {
        for (let row = 0; row < batch.length; row++)
          if (table === 't') own.push(stringAt(batch.columns[0] as never, row));
      };
      await restoreOperator({ restore } as Operator, [file], { subtaskIndex, parallelism: 3, maxParallelism: 128 });
      seen.push(own);
    }
    expect(seen.flat().sort()).toEqual([...keys].sort());
    expect(Math.min(...seen.map((own) => own.length))).toBeGreaterThan(100);
  });
});
