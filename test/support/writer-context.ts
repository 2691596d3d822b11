import type { WorkerHost, WriterContext } from '../../src/model/sink.ts';

// What a writer is given, in tests: what it prints and collects is kept.

export type TestWriterContext = WriterContext &
  Readonly<{ printed: string[]; collected: string[]; counts: Map<string, number> }>;

export function writerContext(more: Partial<WriterContext> = {}, host: Partial<WorkerHost> = {}): TestWriterContext {
  const printed: string[] = [];
  const collected: string[] = [];
  const counts = new Map<string, number>();
  return {
    jobName: 'job',
    subtaskIndex: 0,
    parallelism: 1,
    runId: 'run-a',
    counters: { add: (name, count) => counts.set(name, (counts.get(name) ?? 0) + count) },
    now: () => 0,
    ...more,
    host: {
      print: async (text) => void printed.push(text),
      collect: async (_pipeline, rows) => void collected.push(...rows),
      runTask: async () => undefined,
      ...host,
    },
    printed,
    collected,
    counts,
  };
}
