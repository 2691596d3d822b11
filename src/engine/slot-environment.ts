/** What the composition root of a worker (worker.ts) gives the engine there: everything that lies beside or above it. */
import type { ConnectorRegistry } from '../model/connector.ts';
import type { DeadLetterContext, DeadLetters } from '../model/dead-letter.ts';
import type { OperatorSpec } from '../model/job-graph.ts';
import type { Operator } from '../model/operator.ts';
import type { SinkWriter, WriterContext } from '../model/sink.ts';
import type { Field } from '../model/types.ts';
import type { Clock } from './clock.ts';

export type SlotEnvironment = Readonly<{
  connectors: ConnectorRegistry;
  clock: Clock;
  createOperator: (spec: OperatorSpec) => Operator;
  collectWriter: (pipeline: number, fields: readonly Field[], ctx: WriterContext) => SinkWriter;
  createDeadLetters: (config: Readonly<Record<string, unknown>>, ctx: DeadLetterContext) => DeadLetters;
}>;
