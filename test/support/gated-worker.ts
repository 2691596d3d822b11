/** The worker of a product, but that files can be read as far as a gate. */
import { systemClock } from '../../src/engine/clock.ts';
import type { SlotPayload } from '../../src/engine/protocol.ts';
import { Slot } from '../../src/engine/slot.ts';
import { createConnectors } from '../../src/job/connector-registry.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { generators } from '../../src/simulator/generators.ts';
import { collectWriter } from '../../src/sinks/collect.ts';
import { createDeadLetters } from '../../src/sinks/dead-letter.ts';
import { gatedConnector } from './gate.ts';

export async function runSlot(payload: SlotPayload): Promise<void> {
  const all = createConnectors(generators);
  const slot = new Slot(payload, {
    connectors: { ...all, filesystem: gatedConnector(all.filesystem!) },
    clock: systemClock,
    createOperator,
    collectWriter,
    createDeadLetters: (config, ctx) =>
      createDeadLetters(config, ctx, () => {
        throw new Error('expected no topic of dead letters');
      }),
  });
  await slot.run();
}
