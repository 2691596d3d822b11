/** One subtask: a chain of nodes behind a source or behind channels. Synchronous but for its reader, its writers and its snapshots. */
import type { EdgeAccount, NodeAccount, RowAccount } from '../model/account.ts';
import { minWatermark } from '../model/column.ts';
import { toErrorData } from '../model/errors.ts';
import type { SubtaskStatus } from '../model/job-status.ts';
import type { OperatorSnapshot } from '../model/operator.ts';
import type { Committable } from '../model/sink.ts';
import type { SourceSplit } from '../model/source.ts';
import { decodeBatch } from '../state/batch-codec.ts';
import { BarrierAligner } from './barrier-aligner.ts';
import type { EdgeOutput } from './edge-output.ts';
import type { FanOut } from './fan-out.ts';
import type { InputChannel } from './input-channel.ts';
import type { NamedCounters } from './named-counters.ts';
import type { OperatorNode, Receiver } from './operator-node.ts';
import type { SlotToMain, SubtaskId, WrittenState } from './protocol.ts';
import type { SinkNode } from './sink-node.ts';
import type { SourceDriver } from './source-driver.ts';
import { writeStateFile } from './state-file.ts';
import { TaskTimes } from './task-times.ts';

/** Messages that one turn takes before the other subtasks of the slot have theirs. */
const messagesPerTurn = 16;

/** A channel and the receivers behind it: `channel` is its place among a receiver's channels. */
export type WiredInput = Readonly<{
  channel: InputChannel;
  receivers: readonly Readonly<{ receiver: Receiver; input: number; channel: number }>[];
}>;

export type SubtaskParts = Readonly<{
  id: SubtaskId;
  name: string;
  source: Readonly<{ nodeId: string; driver: SourceDriver }> | null;
  /** In the order of the chain. */
  nodes: readonly (OperatorNode | SinkNode)[];
  outputs: readonly FanOut[];
  edges: readonly EdgeOutput[];
  inputs: readonly WiredInput[];
  counters: NamedCounters;
}>;

export type SubtaskHost = Readonly<{
  post: (message: SlotToMain) => void;
  /** Dead letters that were handed over have to be safe before a checkpoint says that their rows are behind it. */
  flushDeadLetters: () => Promise<void>;
  monotonic: () => number;
  now: () => number;
  fail: (error: unknown, task: string) => void;
}>;

type TakenSnapshot = Readonly<{
  checkpointId: number;
  directory: string;
  splits: Readonly<Record<string, readonly SourceSplit[]>>;
  watermark: number | null;
  states: readonly Readonly<{ nodeId: string; snapshot: OperatorSnapshot }>[];
  commits: readonly Readonly<{ nodeId: string; commit: Promise<readonly Committable[]> }>[];
  account: RowAccount;
}>;

export class Subtask {
  readonly parts: SubtaskParts;
  readonly #host: SubtaskHost;
  readonly #aligner: BarrierAligner;
  readonly #times: TaskTimes;
  readonly #startTime: number;
  #next = 0;
  /** Asked for and not yet sent, in order. More than one only while checkpoints time out: every barrier goes out, so that all align. */
  readonly #triggers: { checkpointId: number; directory: string; pause: boolean }[] = [];
  #openInputs: number;
  #endReported = false;
  #recordsIn = 0;
  #bytesIn = 0;
  /** Rows by input. */
  readonly #received: number[];
  /** Snapshots are written one after the other. */
  #snapshots: Promise<void> = Promise.resolve();

  constructor(parts: SubtaskParts, host: SubtaskHost) {
    this.parts = parts;
    this.#host = host;
    this.#aligner = new BarrierAligner(parts.inputs.length);
    this.#times = new TaskTimes(host.monotonic());
    this.#startTime = host.now();
    this.#openInputs = parts.inputs.length;
    this.#received = parts.inputs.map(() => 0);
  }

  get blocked(): boolean {
    return this.parts.edges.some((edge) => edge.blocked) || this.parts.nodes.some((node) => node.blocked);
  }

  /** The main thread asks for a checkpoint: sources send its barrier as soon as they can. */
  trigger(checkpointId: number, directory: string, pause: boolean): void {
    if (this.parts.source !== null) this.#triggers.push({ checkpointId, directory, pause });
  }

  /** Whether an operator wants to be called as time passes. */
  get hasTimers(): boolean {
    return this.parts.nodes.some((node) => !isSink(node) && node.hasTimers);
  }

  /** Processing time for the operators that go by it, in the order of the chain. Not while there is no room for what they may emit. */
  processTime(nowMs: number): void {
    if (this.blocked) return;
    for (const node of this.parts.nodes) if (!isSink(node)) node.processTime(nowMs);
  }

  /** Takes a turn; returns whether it did anything. `mayPoll`: whether its source may ask for more rows. */
  runOnce(mayPoll: boolean): boolean {
    if (this.blocked) {
      this.#times.spend('backPressured', this.#host.monotonic());
      this.parts.source?.driver.heldUp();
      return false;
    }
    this.#times.spend('idle', this.#host.monotonic());
    const worked = this.parts.source === null ? this.#takeMessages() : this.#runSource(mayPoll);
    this.#times.spend('busy', this.#host.monotonic());
    this.#reportEnd();
    return worked;
  }

  #runSource(mayPoll: boolean): boolean {
    const { driver } = this.parts.source!;
    const [trigger] = this.#triggers;
    const worked = driver.step(mayPoll && trigger === undefined);
    if (trigger === undefined || !driver.atRest || this.blocked) return worked;
    this.#triggers.shift();
    if (trigger.pause) driver.pause();
    this.#barrier(trigger.checkpointId, trigger.directory);
    return true;
  }

  #takeMessages(): boolean {
    let taken = 0;
    while (taken < messagesPerTurn && !this.blocked) {
      const index = this.#nextChannel();
      if (index < 0) break;
      this.#takeMessage(index);
      taken++;
    }
    return taken > 0;
  }

  /** In turn, so that no channel starves another; −1 when there is nothing to take. */
  #nextChannel(): number {
    const { inputs } = this.parts;
    for (let i = 0; i < inputs.length; i++) {
      const index = (this.#next + i) % inputs.length;
      if (inputs[index]!.channel.isEmpty || this.#aligner.isHeld(index)) continue;
      this.#next = index + 1;
      return index;
    }
    return -1;
  }

  #takeMessage(index: number): void {
    const { channel, receivers } = this.parts.inputs[index]!;
    const message = channel.take()!;
    switch (message.kind) {
      case 'batch': {
        const batch = decodeBatch(message.slab);
        this.#recordsIn += batch.length;
        this.#received[index]! += batch.length;
        this.#bytesIn += message.byteLength;
        for (const target of receivers) target.receiver.batch(batch, target.input, target.channel);
        channel.release(message.slab);
        return;
      }
      case 'watermark':
        for (const target of receivers) target.receiver.watermark(target.channel, message.watermark);
        return;
      case 'idle':
      case 'active':
        for (const target of receivers) target.receiver.idle(target.channel, message.kind === 'idle');
        return;
      case 'end':
        this.#openInputs--;
        for (const target of receivers) target.receiver.end(target.channel);
        return;
      case 'barrier':
        if (this.#aligner.barrier(index, message.checkpointId)) this.#barrier(message.checkpointId, message.directory);
        return;
      case 'credit':
        return;
    }
  }

  /** Every row before the barrier is in, none behind it: takes the snapshot, passes the barrier on, writes in the background. */
  #barrier(checkpointId: number, directory: string): void {
    const { nodes, edges, source } = this.parts;
    const states = nodes.flatMap((node) => {
      const snapshot = isSink(node) ? null : node.snapshot();
      return snapshot === null ? [] : [{ nodeId: node.id, snapshot }];
    });
    const taken: TakenSnapshot = {
      checkpointId,
      directory,
      splits: source === null ? {} : { [source.nodeId]: source.driver.snapshot() },
      watermark: this.#watermark(),
      states,
      account: this.#account(), // behind the snapshots: what was only buffered has gone out
      commits: this.#sinks().map((sink) => ({ nodeId: sink.id, commit: sink.prepareCommit(checkpointId) })),
    };
    for (const { commit } of taken.commits) commit.catch(() => {}); // awaited later: until then it is not "unhandled"
    for (const edge of edges) edge.barrier(checkpointId, directory);
    this.#snapshots = this.#snapshots
      .then(() => this.#write(taken))
      .catch((error: unknown) => this.#host.fail(error, this.parts.name));
  }

  /** Since the subtask's start. */
  #account(): RowAccount {
    const { source, nodes, inputs, edges } = this.parts;
    const own: Record<string, NodeAccount> = source === null ? {} : { [source.nodeId]: source.driver.account() };
    for (const node of nodes) own[node.id] = node.account();
    const ends: Record<string, EdgeAccount> = {};
    for (const { edge, rows } of edges) ends[edge] = { sent: rows, received: 0 };
    for (const [i, { channel }] of inputs.entries())
      ends[channel.edge] = { sent: 0, received: (ends[channel.edge]?.received ?? 0) + this.#received[i]! };
    return { nodes: own, edges: ends };
  }

  async #write({ checkpointId, directory, splits, watermark, states, commits, account }: TakenSnapshot): Promise<void> {
    const { id, source } = this.parts;
    const committables: Record<string, readonly Committable[]> = {};
    for (const { nodeId, commit } of commits) committables[nodeId] = await commit;
    if (source !== null) await this.#host.flushDeadLetters();
    const stateFiles: Record<string, WrittenState> = {};
    try {
      for (const { nodeId, snapshot } of states)
        stateFiles[nodeId] = await writeStateFile(`${directory}/${nodeId}-${id.subtask}.state`, snapshot);
    } catch (error) {
      return this.#host.post({ kind: 'decline', checkpointId, error: toErrorData(error), committables });
    }
    this.#host.post({
      kind: 'ack',
      ack: { ...id, checkpointId, splits, committables, stateFiles, watermark, account },
    });
  }

  #reportEnd(): void {
    if (this.#endReported) return;
    const { source, inputs } = this.parts;
    const ended = source === null ? inputs.length > 0 && this.#openInputs === 0 : source.driver.ended;
    if (!ended) return;
    this.#endReported = true;
    this.#host.post({ kind: 'ended', ...this.parts.id });
  }

  #sinks(): SinkNode[] {
    return this.parts.nodes.filter(isSink);
  }

  /** Of the chain's last word on time; null when there is none. */
  #watermark(): number | null {
    const { source, nodes } = this.parts;
    const watermark = source?.driver.watermark ?? nodes[0]?.currentWatermark ?? minWatermark;
    return watermark === minWatermark ? null : watermark;
  }

  status(): SubtaskStatus {
    const { source, nodes, outputs, edges, counters } = this.parts;
    const sinks = this.#sinks();
    return {
      index: this.parts.id.subtask,
      state: this.#endReported ? 'FINISHED' : 'RUNNING',
      startTime: this.#startTime,
      recordsIn: source?.driver.records ?? this.#recordsIn,
      recordsOut:
        sinks.length > 0 ? sinks.reduce((sum, sink) => sum + sink.records, 0) : (outputs.at(-1)?.records ?? 0),
      bytesIn: this.#bytesIn,
      bytesOut: edges.reduce((sum, edge) => sum + edge.bytes, 0),
      busyMs: this.#times.busyMs,
      idleMs: this.#times.idleMs,
      backPressuredMs: this.#times.backPressuredMs,
      watermark: this.#watermark(),
      stateBytes: nodes.reduce((sum, node) => sum + (isSink(node) ? 0 : (node.operator.stateBytes?.() ?? 0)), 0),
      counters: counters.toObject(),
      splits: source?.driver.lag() ?? [],
      splitTimes: source?.driver.splitTimes() ?? [],
    };
  }

  /** Waits for what is being written, then lets go of everything. Failures no longer matter. */
  async close(): Promise<void> {
    await this.#snapshots.catch(() => {});
    await this.parts.source?.driver.reader.close().catch(() => {});
    for (const node of this.parts.nodes) {
      const closing = isSink(node) ? node.writer.close() : Promise.resolve(node.operator.close?.());
      await closing.catch(() => {});
    }
  }
}

function isSink(node: OperatorNode | SinkNode): node is SinkNode {
  return 'writer' in node;
}
