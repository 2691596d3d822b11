/** A worker for engine tests: a source that counts, and a sink that keeps a ledger; both can be told to fail. */
import { systemClock } from '../../src/engine/clock.ts';
import type { SlotPayload } from '../../src/engine/protocol.ts';
import { Slot } from '../../src/engine/slot.ts';
import type { Operator } from '../../src/model/operator.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { type CounterConfig, testConnectors, tripFault } from './engine-connectors.ts';

export function runSlot(payload: SlotPayload): Promise<void> {
  const slot = new Slot(payload, {
    connectors: testConnectors,
    clock: systemClock,
    createOperator: (spec) => withFaults(createOperator(spec), faultsOf(payload)),
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
      keeps: false,
      flush: async () => {},
      close: async () => {},
    }),
  });
  return slot.run();
}

/** The folder of faults, as the source has it. */
function faultsOf({ graph }: SlotPayload): string {
  const [source] = graph.vertices[0]!.nodes;
  return source!.spec.kind === 'source' ? (source!.spec.config as CounterConfig).faults : '';
}

/** While `fail-state` is there, writing the operator's state fails once: the checkpoint is declined. */
function withFaults(operator: Operator, faults: string): Operator {
  const snapshot = operator.snapshot?.bind(operator);
  if (snapshot === undefined) return operator;
  operator.snapshot = () => {
    const taken = snapshot();
    return {
      *chunks() {
        tripFault(faults, 'fail-state');
        yield* taken.chunks();
      },
      done: () => taken.done(),
    };
  };
  return operator;
}

export function runTask({ payload }: { payload: number }): number {
  return payload * 2;
}
