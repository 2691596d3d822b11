/** Where records go that can't be read: a contract of the engine, met by sinks/dead-letter.ts. Worker thread, one a slot. */
import type { Counters } from './operator.ts';
import type { BadRecordHandler } from './source.ts';

/** `flush` resolves when all that were handed over are safe: awaited before a checkpoint says that the records are behind it. */
export interface DeadLetters {
  readonly handle: BadRecordHandler;
  /** Whether what is handed over is kept somewhere. */
  readonly keeps: boolean;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export type DeadLetterContext = Readonly<{
  jobName: string;
  subtaskIndex: number;
  counters: Counters;
  /** ms since 1970. */
  now: () => number;
}>;
