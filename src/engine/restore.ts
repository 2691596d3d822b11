/** Hands a subtask's operators the state of a checkpoint: of every former subtask, the rows whose keys are now here. */
import { gatherBatch } from '../model/column.ts';
import type { Operator } from '../model/operator.ts';
import type { StateChunk } from '../model/state.ts';
import { hashKeys, keyGroupOf, subtaskOf } from '../state/key-group.ts';
import type { StateFile } from './protocol.ts';
import { readStateFile } from './state-file.ts';

export type Placement = Readonly<{ subtaskIndex: number; parallelism: number; maxParallelism: number }>;

export async function restoreOperator(
  operator: Operator,
  files: readonly StateFile[],
  placement: Placement,
): Promise<void> {
  for (const file of files) {
    for await (const chunk of readStateFile(file)) {
      const own = ownRows(chunk, placement);
      if (own.batch.length > 0) operator.restore?.(own);
    }
  }
}

function ownRows(chunk: StateChunk, { subtaskIndex, parallelism, maxParallelism }: Placement): StateChunk {
  const { batch, keyColumns } = chunk;
  if (keyColumns === 0 || parallelism === 1) return chunk;
  const hashes = hashKeys(batch.columns.slice(0, keyColumns), batch.length, new Int32Array(batch.length));
  const own = new Int32Array(batch.length);
  let count = 0;
  for (let row = 0; row < batch.length; row++) {
    const owner = subtaskOf(keyGroupOf(hashes[row]!, maxParallelism), parallelism, maxParallelism);
    if (owner === subtaskIndex) own[count++] = row;
  }
  return count === batch.length ? chunk : { ...chunk, batch: gatherBatch(batch, own, count) };
}
