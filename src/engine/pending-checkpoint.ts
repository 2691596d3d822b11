/** A checkpoint under way: which subtasks have said their part, and what they said. */
import { addAccounts, type EdgeAccount, type NodeAccount, noRows, type RowAccount } from '../model/account.ts';
import { maxWatermark } from '../model/column.ts';
import type { CommitInfo, Committable } from '../model/sink.ts';
import type { SourceSplit } from '../model/source.ts';
import type { StateTableFields } from '../model/state.ts';
import type { CheckpointAck, StateFile } from './protocol.ts';

export type CheckpointKind = Readonly<{
  savepoint: boolean;
  /** Sources give no more rows behind it. */
  stop: boolean;
  /** Every source has ended before it. */
  final: boolean;
}>;

export class PendingCheckpoint {
  readonly id: number;
  readonly kind: CheckpointKind;
  readonly path: string;
  /** ms since 1970. */
  readonly triggerTime: number;
  readonly subtasks: number;
  readonly splits: Record<string, SourceSplit[]> = {};
  readonly stateFiles: Record<string, StateFile[]> = {};
  /** Of each node with state. */
  readonly stateTables: Record<string, StateTableFields[]> = {};
  readonly #nodes: Record<string, NodeAccount> = {};
  readonly #edges: Record<string, EdgeAccount> = {};
  readonly #committables = new Map<string, Committable[]>();
  readonly #acknowledged = new Set<string>();
  #watermark: number | null = null;

  constructor(options: { id: number; kind: CheckpointKind; path: string; triggerTime: number; subtasks: number }) {
    this.id = options.id;
    this.kind = options.kind;
    this.path = options.path;
    this.triggerTime = options.triggerTime;
    this.subtasks = options.subtasks;
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  get isWhole(): boolean {
    return this.#acknowledged.size === this.subtasks;
  }

  get committables(): ReadonlyMap<string, readonly Committable[]> {
    return this.#committables;
  }

  /** Bytes of state. */
  get byteLength(): number {
    const files = Object.values(this.stateFiles).flat();
    return files.reduce((sum, file) => sum + file.byteLength, 0);
  }

  acknowledge(ack: CheckpointAck): void {
    this.#acknowledged.add(`${ack.vertex}/${ack.subtask}`);
    for (const [node, splits] of Object.entries(ack.splits))
      this.splits[node] = [...(this.splits[node] ?? []), ...splits];
    for (const [node, { tables, ...file }] of Object.entries(ack.stateFiles)) {
      this.stateFiles[node] = [...(this.stateFiles[node] ?? []), file];
      const known = this.stateTables[node] ?? [];
      const other = tables.filter(({ table }) => known.every((each) => each.table !== table));
      this.stateTables[node] = [...known, ...other];
    }
    this.addCommittables(ack.committables);
    this.#addAccount(ack.account);
    if (ack.watermark !== null) this.#watermark = Math.min(this.#watermark ?? maxWatermark, ack.watermark);
  }

  /** Of all subtasks, since the attempt's start. */
  get account(): RowAccount {
    return { nodes: this.#nodes, edges: this.#edges };
  }

  #addAccount({ nodes, edges }: RowAccount): void {
    for (const [id, own] of Object.entries(nodes)) this.#nodes[id] = addAccounts(this.#nodes[id] ?? noRows, own);
    for (const [edge, { sent, received }] of Object.entries(edges)) {
      const known = this.#edges[edge] ?? { sent: 0, received: 0 };
      this.#edges[edge] = { sent: known.sent + sent, received: known.received + received };
    }
  }

  addCommittables(committables: Readonly<Record<string, readonly Committable[]>>): void {
    for (const [node, own] of Object.entries(committables))
      this.#committables.set(node, [...(this.#committables.get(node) ?? []), ...own]);
  }

  /** The least watermark of the job; null when there is none that is a time. */
  get watermark(): number | null {
    return this.#watermark !== null && Number.isFinite(this.#watermark) ? this.#watermark : null;
  }

  /** Where the sources stand, as far as they read topics. */
  get offsets(): CommitInfo['offsets'] {
    return Object.values(this.splits)
      .flat()
      .flatMap(({ position }) => {
        const { topic, partition, offset } = position;
        return typeof topic === 'string' && typeof partition === 'number' && typeof offset === 'number'
          ? [{ topic, partition, offset }]
          : [];
      });
  }
}
