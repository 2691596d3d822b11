/** The committers of a job's sinks, together: claimed and recovered at the start, prepared before a checkpoint is durable, committed after. */
import type { ConnectorContext, ConnectorRegistry, SinkFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { JobGraph } from '../model/job-graph.ts';
import type { CommitInfo, CommitPlan, Committable, Committer, Epoch } from '../model/sink.ts';

type SinkCommitter = Readonly<{ nodeId: string; table: string; committer: Committer }>;

export class SinkCommits {
  readonly #sinks: readonly SinkCommitter[];
  /** Of sinks that can say how many rows are in what they commit. */
  readonly #counters: readonly Readonly<{ nodeId: string; rowsIn: NonNullable<SinkFactory['rowsIn']> }>[];

  constructor(graph: JobGraph, connectors: ConnectorRegistry, ctx: ConnectorContext) {
    const nodes = graph.vertices.flatMap((vertex) => vertex.nodes);
    this.#sinks = nodes.flatMap(({ id, spec }) => {
      if (spec.kind !== 'sink' || spec.target !== 'table') return [];
      const committer = connectors[spec.connector]!.sink!.committer(spec.config, { ...ctx, sinkId: id });
      return committer === null ? [] : [{ nodeId: id, table: spec.table, committer }];
    });
    this.#counters = nodes.flatMap(({ id: nodeId, spec }) => {
      if (spec.kind !== 'sink' || spec.target !== 'table') return [];
      const { rowsIn } = connectors[spec.connector]!.sink!;
      return rowsIn === undefined ? [] : [{ nodeId, rowsIn }];
    });
  }

  /** Claims each target for this run and commits what of the checkpoint's plans has not landed. */
  async open(runId: string, plans: Readonly<Record<string, CommitPlan>> | null, force: boolean): Promise<void> {
    await this.#each(async ({ nodeId, committer }) => {
      await committer.open(runId);
      await committer.recover(plans?.[nodeId] ?? null, { force });
    });
  }

  async prepare(
    epoch: Epoch,
    committables: ReadonlyMap<string, readonly Committable[]>,
    info: CommitInfo,
  ): Promise<Record<string, CommitPlan>> {
    const plans: Record<string, CommitPlan> = {};
    await this.#each(async ({ nodeId, committer }) => {
      plans[nodeId] = await committer.prepare(epoch, committables.get(nodeId) ?? [], info);
    });
    return plans;
  }

  /** Rows in what is to be committed, by node. */
  rowsIn(committables: ReadonlyMap<string, readonly Committable[]>): Record<string, number> {
    return Object.fromEntries(
      this.#counters.map(({ nodeId, rowsIn }) => [nodeId, rowsIn(committables.get(nodeId) ?? [])]),
    );
  }

  async commit(plans: Readonly<Record<string, CommitPlan>>): Promise<void> {
    await this.#each(({ nodeId, committer }) => committer.commit(plans[nodeId]!));
  }

  async close(): Promise<void> {
    await Promise.all(this.#sinks.map(({ committer }) => committer.close().catch(() => {})));
  }

  /** One after the other: two sinks may write one table. */
  async #each(action: (sink: SinkCommitter) => Promise<void>): Promise<void> {
    for (const sink of this.#sinks) {
      try {
        await action(sink);
      } catch (cause) {
        if (cause instanceof EngineError) throw cause;
        const message = `sink ${sink.table}: cannot commit: ${(cause as Error).message}`;
        throw new EngineError('COMMIT', message, { cause, retryable: true });
      }
    }
  }
}
