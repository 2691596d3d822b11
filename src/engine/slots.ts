/** The slots of one attempt, seen from the main thread: starts them, talks to them, answers what they ask. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { EngineError, fromErrorData, toErrorData } from '../model/errors.ts';
import type { JobGraph } from '../model/job-graph.ts';
import type { SourceSplit } from '../model/source.ts';
import type { CheckpointAck, MainToSlot, SlotPayload, SlotToMain, StateFile } from './protocol.ts';
import type { WorkerPool } from './worker-pool.ts';

/** How long slots may take to come up, and to end after they were told to, ms. */
const startTimeoutMs = 60_000;

export type SlotEvents = Readonly<{
  acknowledge: (ack: CheckpointAck) => void;
  decline: (message: Extract<SlotToMain, { kind: 'decline' }>) => void;
  ended: (vertex: number, subtask: number) => void;
  failed: (error: EngineError, task: string) => void;
  status: (subtasks: Extract<SlotToMain, { kind: 'status' }>['subtasks']) => void;
  warn: (message: string) => void;
  print: (text: string) => Promise<void>;
  collect: (pipeline: number, rows: readonly string[]) => Promise<void>;
}>;

export type SlotsOptions = Readonly<{
  graph: JobGraph;
  runId: string;
  deadLetter: Readonly<Record<string, unknown>>;
  restore: Readonly<Record<string, readonly StateFile[]>> | null;
  pool: WorkerPool;
  events: SlotEvents;
}>;

export class Slots {
  readonly #options: SlotsOptions;
  readonly #controls: MessagePort[] = [];
  readonly #tasks: Promise<void>[] = [];
  readonly #ready: PromiseWithResolvers<void> = Promise.withResolvers();
  #readyCount = 0;

  constructor(options: SlotsOptions) {
    this.#options = options;
  }

  /** Resolves when every slot is built and its state restored. */
  async start(): Promise<void> {
    const { graph, pool, events } = this.#options;
    const ports = connectAll(graph.parallelism);
    for (let slot = 0; slot < graph.parallelism; slot++) {
      const { port1, port2 } = new MessageChannel();
      port1.on('message', (message: SlotToMain) => this.#receive(slot, message));
      this.#controls.push(port1);
      const task = pool.runSlot(this.#payload(slot, port2, ports[slot]!));
      this.#tasks.push(
        task.catch((error: EngineError) => {
          events.failed(error, `slot ${slot + 1}`);
          this.#ready.reject(error);
        }),
      );
    }
    const timer = setTimeout(() => {
      const message = `expected ${graph.parallelism} slots within ${startTimeoutMs} ms, ${this.#readyCount} came up`;
      this.#ready.reject(new EngineError('TIMEOUT', message));
    }, startTimeoutMs);
    await this.#ready.promise.finally(() => clearTimeout(timer));
  }

  begin(): void {
    this.#broadcast({ kind: 'start' });
  }

  addSplits(vertex: number, subtask: number, splits: readonly SourceSplit[]): void {
    this.#controls[subtask]!.postMessage({ kind: 'add_splits', vertex, splits } satisfies MainToSlot);
  }

  noMoreSplits(vertex: number): void {
    this.#broadcast({ kind: 'no_more_splits', vertex });
  }

  trigger(checkpointId: number, directory: string, pause: boolean): void {
    this.#broadcast({ kind: 'trigger', checkpointId, directory, pause });
  }

  align(vertex: number, limitMs: number): void {
    this.#broadcast({ kind: 'align', vertex, limitMs });
  }

  /** Ends every slot and waits for them: their readers and writers are closed then. */
  async cancel(): Promise<void> {
    this.#broadcast({ kind: 'cancel' });
    await Promise.all(this.#tasks);
    for (const control of this.#controls) control.close();
  }

  #payload(slot: number, control: MessagePort, peers: readonly (MessagePort | null)[]): SlotPayload {
    const { graph, runId, deadLetter, restore } = this.#options;
    return { slot, jobName: graph.name, runId, graph, deadLetter, control, peers, restore };
  }

  #broadcast(message: MainToSlot): void {
    for (const control of this.#controls) control.postMessage(message);
  }

  #receive(slot: number, message: SlotToMain): void {
    const { events, graph } = this.#options;
    switch (message.kind) {
      case 'ready':
        this.#readyCount++;
        if (this.#readyCount === graph.parallelism) this.#ready.resolve();
        return;
      case 'ack':
        events.acknowledge(message.ack);
        return;
      case 'decline':
        events.decline(message);
        return;
      case 'ended':
        events.ended(message.vertex, message.subtask);
        return;
      case 'failed': {
        const error = fromErrorData(message.error);
        events.failed(error, message.task);
        this.#ready.reject(error);
        return;
      }
      case 'status':
        events.status(message.subtasks);
        return;
      case 'warning':
        events.warn(message.message);
        return;
      case 'request':
        void this.#answer(slot, message);
    }
  }

  async #answer(slot: number, { id, method, args }: Extract<SlotToMain, { kind: 'request' }>): Promise<void> {
    const control = this.#controls[slot]!;
    try {
      const value = await this.#call(method, args);
      control.postMessage({ kind: 'reply', id, value } satisfies MainToSlot);
    } catch (error) {
      control.postMessage({ kind: 'reply', id, error: toErrorData(error) } satisfies MainToSlot);
    }
  }

  #call(method: Extract<SlotToMain, { kind: 'request' }>['method'], args: readonly unknown[]): Promise<unknown> {
    const { events, pool } = this.#options;
    switch (method) {
      case 'print':
        return events.print(args[0] as string);
      case 'collect':
        return events.collect(args[0] as number, args[1] as readonly string[]);
      case 'runTask':
        return pool.runTask(args[0] as string, args[1], args[2] as readonly ArrayBuffer[]);
    }
  }
}

/** A port from each slot to each other one; null to itself. */
function connectAll(slots: number): (MessagePort | null)[][] {
  const ports = Array.from({ length: slots }, () => new Array<MessagePort | null>(slots).fill(null));
  for (let i = 0; i < slots; i++) {
    for (let j = i + 1; j < slots; j++) {
      const { port1, port2 } = new MessageChannel();
      ports[i]![j] = port1;
      ports[j]![i] = port2;
    }
  }
  return ports;
}
