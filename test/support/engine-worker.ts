/** A worker for engine tests: a source that counts, and a sink that keeps a ledger; both can be told to fail. */
import { systemClock } from '../../src/engine/clock.ts';
import { OutputChannel } from '../../src/engine/output-channel.ts';
import type { SlotPayload } from '../../src/engine/protocol.ts';
import { Slot } from '../../src/engine/slot.ts';
import type { ColumnBatch } from '../../src/model/column.ts';
import type { Operator } from '../../src/model/operator.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { type CounterConfig, testConnectors, tripFault, tripped } from './engine-connectors.ts';

export function runSlot(payload: SlotPayload): Promise<void> {
  losing(faultsOf(payload));
  const slot = new Slot(payload, {
    connectors: testConnectors,
    clock: systemClock,
    createOperator: (spec) => losingRows(withFaults(createOperator(spec), faultsOf(payload)), faultsOf(payload)),
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

const sendBatch = OutputChannel.prototype.sendBatch;

/** With `lose-on-edge` a batch goes out without its last row, which is counted as sent. */
function losing(faults: string): void {
  OutputChannel.prototype.sendBatch = function (batch, selection, count) {
    const isLost = count > 1 && tripped(faults, 'lose-on-edge');
    const bytes = sendBatch.call(this, batch, selection, isLost ? count - 1 : count);
    if (isLost) this.rows++;
    return bytes;
  };
}

/** With `lose-in-operator` a batch reaches the operator without its last row, with `double-in-operator` twice. */
function losingRows(operator: Operator, faults: string): Operator {
  const process = operator.processBatch.bind(operator);
  operator.processBatch = (batch: ColumnBatch, input: number) => {
    if (tripped(faults, 'double-in-operator')) void process(batch, input);
    return process(tripped(faults, 'lose-in-operator') ? { ...batch, length: batch.length - 1 } : batch, input);
  };
  return operator;
}

export function runTask({ payload }: { payload: number }): number {
  return payload * 2;
}
