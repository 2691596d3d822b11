/** What the composition root of a worker (worker.ts) gives the engine there: everything that lies beside or above it. */
import type { ConnectorRegistry } from '../model/connector.ts';
import type { OperatorSpec } from '../model/job-graph.ts';
import type { Counters, Operator } from '../model/operator.ts';
import type { SinkWriter, WriterContext } from '../model/sink.ts';
import type { BadRecordHandler } from '../model/source.ts';
import type { Field } from '../model/types.ts';
import type { Clock } from './clock.ts';

/** Where records go that can't be read. `flush` resolves when all that were handed over are safe. */
export interface DeadLetters {
  readonly handle: BadRecordHandler;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export type DeadLetterContext = Readonly<{
  jobName: string;
  subtaskIndex: number;
  counters: Counters;
  now: () => number;
}>;

export type SlotEnvironment = Readonly<{
  connectors: ConnectorRegistry;
  clock: Clock;
  createOperator: (spec: OperatorSpec) => Operator;
  collectWriter: (pipeline: number, fields: readonly Field[], ctx: WriterContext) => SinkWriter;
  createDeadLetters: (config: Readonly<Record<string, unknown>>, ctx: DeadLetterContext) => DeadLetters;
}>;
