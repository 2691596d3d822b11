/** A worker for engine tests: a source that counts, and a sink that keeps a ledger; both can be told to fail. */
import { systemClock } from '../../src/engine/clock.ts';
import type { SlotPayload } from '../../src/engine/protocol.ts';
import { Slot } from '../../src/engine/slot.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { testConnectors } from './engine-connectors.ts';

export function runSlot(payload: SlotPayload): Promise<void> {
  const slot = new Slot(payload, {
    connectors: testConnectors,
    clock: systemClock,
    createOperator,
    collectWriter: (pipeline, _fields, ctx) => ({
      write: (batch) => void ctx.host.collect(pipeline, [String(batch.length)]),
      ready: () => null,
      prepareCommit: async () => [],
      close: async () => {},
    }),
    createDeadLetters: () => ({
      handle: (record) => {
        throw new Error(record.error);
      },
      flush: async () => {},
      close: async () => {},
    }),
  });
  return slot.run();
}

export function runTask({ payload }: { payload: number }): number {
  return payload * 2;
}
