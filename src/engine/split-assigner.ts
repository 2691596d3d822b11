/** The enumerators of a job's sources: which splits there are, and which subtask reads which. */
import type { ConnectorContext, ConnectorRegistry } from '../model/connector.ts';
import type { JobGraph, JobVertex } from '../model/job-graph.ts';
import type { SourceSplit, SplitEnumerator } from '../model/source.ts';
import type { Clock } from './clock.ts';
import { valuesEnumerator } from './values-source.ts';

type Source = Readonly<{
  vertex: number;
  nodeId: string;
  table: string;
  parallelism: number;
  enumerator: SplitEnumerator;
}>;

/** Told of splits for a subtask of a vertex, and when none will follow. */
export interface SplitReceiver {
  addSplits(vertex: number, subtask: number, splits: readonly SourceSplit[]): void;
  noMoreSplits(vertex: number): void;
}

export class SplitAssigner {
  readonly #sources: readonly Source[];
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;

  constructor(graph: JobGraph, options: { connectors: ConnectorRegistry; ctx: ConnectorContext; clock: Clock }) {
    this.#clock = options.clock;
    this.#warn = options.ctx.warn;
    this.#sources = graph.vertices.flatMap((vertex, index) => sourceOf(vertex, index, options));
  }

  /** With the splits of the checkpoint, by node id. */
  async start(
    restored: Readonly<Record<string, readonly SourceSplit[]>> | null,
    receiver: SplitReceiver,
  ): Promise<void> {
    for (const source of this.#sources) {
      const splits = await source.enumerator.start(restored?.[source.nodeId] ?? null);
      deal(source, splits, receiver);
      if (source.enumerator.discoveryIntervalMs === null) receiver.noMoreSplits(source.vertex);
    }
  }

  /** Looks for new splits until `signal` aborts. A failure is a warning: what is there goes on being read. */
  discover(receiver: SplitReceiver, signal: AbortSignal): void {
    for (const source of this.#sources) {
      const interval = source.enumerator.discoveryIntervalMs;
      if (interval !== null) void this.#discoverEvery(interval, source, receiver, signal);
    }
  }

  async #discoverEvery(ms: number, source: Source, receiver: SplitReceiver, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(ms, signal);
      if (signal.aborted) return;
      try {
        const splits = await source.enumerator.discover();
        if (!signal.aborted && splits.length > 0) deal(source, splits, receiver);
      } catch (error) {
        this.#warn(`source ${source.table}: looking for new splits failed: ${(error as Error).message}`);
      }
    }
  }

  /** Tells the outside (a consumer group, for lag tools) how far a durable checkpoint is. */
  async checkpointComplete(splits: Readonly<Record<string, readonly SourceSplit[]>>): Promise<void> {
    for (const { nodeId, table, enumerator } of this.#sources) {
      try {
        await enumerator.checkpointComplete?.(splits[nodeId] ?? []);
      } catch (error) {
        this.#warn(`source ${table}: committing offsets for lag tools failed: ${(error as Error).message}`);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#sources.map(({ enumerator }) => enumerator.close().catch(() => {})));
  }
}

function sourceOf(
  vertex: JobVertex,
  index: number,
  { connectors, ctx }: { connectors: ConnectorRegistry; ctx: ConnectorContext },
): Source[] {
  const node = vertex.nodes[0]!;
  const common = { vertex: index, nodeId: node.id, parallelism: vertex.parallelism };
  if (node.spec.kind === 'values') return [{ ...common, table: 'VALUES', enumerator: valuesEnumerator() }];
  if (node.spec.kind !== 'source') return [];
  const enumerator = connectors[node.spec.connector]!.source!.enumerator(node.spec.config, ctx);
  return [{ ...common, table: node.spec.table, enumerator }];
}

function deal(source: Source, splits: readonly SourceSplit[], receiver: SplitReceiver): void {
  for (let subtask = 0; subtask < source.parallelism; subtask++) {
    const own = splits.filter((split) => source.enumerator.assign(split, source.parallelism) === subtask);
    if (own.length > 0) receiver.addSplits(source.vertex, subtask, own);
  }
}
