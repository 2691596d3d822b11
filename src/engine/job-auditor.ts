/**
 * Keeps the accounts of an attempt: what each checkpoint adds to the one before it has to balance. Sums go on where the restored checkpoint
 * stood, so that they are those of the rows that count, however often the job was started.
 */
import {
  addAccounts,
  type EdgeAccount,
  type EpochAudit,
  type FigureName,
  type NodeAccount,
  type NodeAudit,
  noRows,
  type RecordedAccount,
  type RowAccount,
} from '../model/account.ts';
import type { JobGraph } from '../model/job-graph.ts';
import type { Epoch } from '../model/sink.ts';
import { imbalancesOf } from './balance.ts';

/** An epoch that is audited and whose checkpoint is not durable yet. */
export type AuditedEpoch = Readonly<{ audit: EpochAudit; record: RecordedAccount; account: RowAccount }>;

const nothing: RowAccount = { nodes: {}, edges: {} };

export class JobAuditor {
  readonly #graph: JobGraph;
  /** Of the last checkpoint. `null`: it kept none, and how many rows wait in its state is not known. */
  #recorded: RecordedAccount | null;
  /** Since the attempt's start, at the last checkpoint. */
  #last = nothing;

  /** `recorded`: of the checkpoint that the attempt goes on from; null: it has none. `isFresh`: there is no such checkpoint. */
  constructor(graph: JobGraph, recorded: RecordedAccount | null, isFresh: boolean) {
    this.#graph = graph;
    this.#recorded = recorded ?? (isFresh ? { nodes: {}, epochs: 0, unbalanced: 0 } : null);
  }

  /**
   * The epoch up to a checkpoint. `account`: of all subtasks, since the attempt's start; `committed`: rows in what sinks are to commit, by
   * node.
   */
  audit(epoch: Epoch, time: number, account: RowAccount, committed: Readonly<Record<string, number>>): AuditedEpoch {
    const before = this.#recorded;
    const nodes: Record<string, NodeAccount> = {};
    const sums: Record<string, NodeAccount> = {};
    for (const [id, own] of Object.entries(account.nodes)) {
      const rise = this.#rise(id, own);
      nodes[id] =
        committed[id] === undefined ? rise : { ...rise, figures: { ...rise.figures, committed: committed[id] } };
      const sum = addAccounts(before?.nodes[id] ?? noRows, nodes[id]);
      const { waiting } = own.figures;
      sums[id] = waiting === undefined ? sum : { ...sum, figures: { ...sum.figures, waiting } };
    }
    const imbalances = imbalancesOf(this.#graph, { nodes, edges: this.#edges(account.edges) });
    const balanced = imbalances.length === 0;
    const { epochs, unbalanced } = before ?? { epochs: 0, unbalanced: 0 };
    return {
      audit: { ...epoch, time, balanced, nodes: this.#named(nodes), imbalances },
      record: { nodes: sums, epochs: epochs + 1, unbalanced: unbalanced + (balanced ? 0 : 1) },
      account,
    };
  }

  /** The checkpoint of the epoch is durable. */
  advance({ record, account }: AuditedEpoch): void {
    this.#recorded = record;
    this.#last = account;
  }

  #rise(id: string, now: NodeAccount): NodeAccount {
    const { in: inputs, out, figures } = this.#last.nodes[id] ?? noRows;
    const risen = (Object.entries(now.figures) as [FigureName, number][]).map(([name, value]) => [
      name,
      value - (figures[name] ?? 0),
    ]);
    const rise: NodeAccount = {
      in: now.in.map((rows, i) => rows - (inputs[i] ?? 0)),
      out: now.out - out,
      figures: Object.fromEntries(risen) as NodeAccount['figures'],
    };
    const { waiting } = now.figures;
    if (waiting === undefined) return rise;
    // A level, which goes on over a restore: what waited before is in the state.
    if (this.#recorded !== null)
      return {
        ...rise,
        figures: { ...rise.figures, waiting: waiting - (this.#recorded.nodes[id]?.figures.waiting ?? 0) },
      };
    const { waiting: _, made: __, ...others } = rise.figures;
    return { ...rise, figures: others };
  }

  #edges(edges: RowAccount['edges']): Record<string, EdgeAccount> {
    return Object.fromEntries(
      Object.entries(edges).map(([edge, { sent, received }]) => {
        const last = this.#last.edges[edge] ?? { sent: 0, received: 0 };
        return [edge, { sent: sent - last.sent, received: received - last.received }];
      }),
    );
  }

  /** In the order of the graph. */
  #named(nodes: Readonly<Record<string, NodeAccount>>): NodeAudit[] {
    return this.#graph.vertices
      .flatMap((vertex) => vertex.nodes)
      .flatMap(({ id, name }) => (nodes[id] === undefined ? [] : [{ id, name, ...nodes[id] }]));
  }
}
