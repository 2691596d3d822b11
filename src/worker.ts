/** Composition root of a worker thread: the functions that the pools run. */
import { systemClock } from './engine/clock.ts';
import type { SlotPayload } from './engine/protocol.ts';
import { Slot } from './engine/slot.ts';
import { moved } from './engine/worker-pool.ts';
import type { ParquetRequest } from './formats/parquet-column.ts';
import { createConnectors } from './job/connector-registry.ts';
import { DeadLetterTopicProducer } from './kafka/dead-letter-producer.ts';
import { assert } from './model/errors.ts';
import { createOperator } from './operators/registry.ts';
import { generators } from './simulator/generators.ts';
import { collectWriter } from './sinks/collect.ts';
import { createDeadLetters } from './sinks/dead-letter.ts';

/** The long-running task of a slot. */
export async function runSlot(payload: SlotPayload): Promise<void> {
  const slot = new Slot(payload, {
    connectors: createConnectors(generators),
    clock: systemClock,
    createOperator,
    collectWriter,
    createDeadLetters: (config, ctx) =>
      createDeadLetters(config, ctx, (target) => new DeadLetterTopicProducer(target, ctx.now)),
  });
  await slot.run();
}

/** A short task of the second pool. Parquet's WebAssembly is loaded only where it is used: it is large. */
export async function runTask({ task, payload }: { task: string; payload: unknown }): Promise<object> {
  assert(task === 'parquet', () => `a task '${task}' that no one knows`);
  const { encodeParquet } = await import('./formats/parquet-writer.ts');
  const file = encodeParquet(payload as ParquetRequest);
  return moved(file, [file.bytes.buffer as ArrayBuffer]);
}
