/** The worker of a product, but that it has the tables of the suites, and writes the rows of a SELECT as `print` does. */
import { systemClock } from '../../src/engine/clock.ts';
import type { SlotPayload } from '../../src/engine/protocol.ts';
import { Slot } from '../../src/engine/slot.ts';
import { createConnectors } from '../../src/job/connector-registry.ts';
import { rowKinds } from '../../src/model/column.ts';
import type { SinkWriter, WriterContext } from '../../src/model/sink.ts';
import type { Field } from '../../src/model/types.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { generators } from '../../src/simulator/generators.ts';
import { createDeadLetters } from '../../src/sinks/dead-letter.ts';
import { rowText } from '../../src/sinks/row-text.ts';
import { withRows } from './rows-connector.ts';

export async function runSlot(payload: SlotPayload): Promise<void> {
  const slot = new Slot(payload, {
    connectors: withRows(createConnectors(generators)),
    clock: systemClock,
    createOperator,
    collectWriter: textWriter,
    createDeadLetters: (config, ctx) =>
      createDeadLetters(config, ctx, () => {
        throw new Error('expected no topic of dead letters');
      }),
  });
  await slot.run();
}

function textWriter(pipeline: number, fields: readonly Field[], ctx: WriterContext): SinkWriter {
  const text = rowText(fields);
  let taken = Promise.resolve();
  return {
    write: ({ length, ops, columns, watermarks }) => {
      const batch = { length, ops, columns, watermarks };
      const rows = Array.from({ length }, (_, i) => `${rowKinds[ops?.[i] ?? 0]}[${text(batch, i)}]`);
      const given = ctx.host.collect(pipeline, rows);
      taken = taken.then(() => given);
    },
    ready: () => null,
    prepareCommit: () => taken.then(() => []),
    close: () => taken,
  };
}
