/** The threads, by Piscina: one pool of slots with a long-running task each, and a small one of short tasks (Parquet encoding). */
import { availableParallelism } from 'node:os';
import { move, Piscina, transferableSymbol, valueSymbol } from 'piscina';
import { EngineError } from '../model/errors.ts';
import type { Clock } from './clock.ts';
import type { SlotPayload } from './protocol.ts';

/** Threads of short tasks: each holds a WebAssembly memory that never shrinks, so they are few and end when idle. */
const maxTaskThreads = 2;
const taskIdleMs = 30_000;
/** Tasks that may wait for a thread. The writers' budgets keep them few; more is a bug. */
const maxQueuedTasks = 256;
/** How long the tasks of a slot whose thread died may go on when the pool closes, ms. */
const taskGraceMs = 1000;

export class WorkerPool {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #slots: Piscina;
  readonly #tasks: Piscina;
  readonly #running = new Set<Promise<unknown>>();

  /** `url`: the worker's module, which exports `runSlot` and `runTask`. */
  constructor(url: URL, slots: number, clock: Clock) {
    this.#url = url.href;
    this.#clock = clock;
    // A slot's task waits for messages all its life: `atomics` would block its thread's event loop. As many threads as slots, so none queues.
    const common = { filename: this.#url, atomics: 'disabled', recordTiming: false } as const;
    this.#slots = new Piscina({ ...common, minThreads: slots, maxThreads: slots, maxQueue: slots });
    this.#tasks = new Piscina({
      ...common,
      minThreads: 0,
      maxThreads: Math.min(maxTaskThreads, availableParallelism()),
      idleTimeout: taskIdleMs,
      maxQueue: maxQueuedTasks,
    });
    // A thread that dies fails its task, which is where it is told; without a listener it would end the process as well.
    for (const pool of [this.#slots, this.#tasks]) pool.on('error', () => {});
  }

  /** Resolves when the slot was cancelled; rejects when its thread died. */
  async runSlot(payload: SlotPayload): Promise<void> {
    const ports = [payload.control, ...payload.peers.filter((port) => port !== null)];
    try {
      await this.#slots.run(payload, { name: 'runSlot', transferList: ports as never });
    } catch (cause) {
      throw new EngineError('INTERNAL', `slot ${payload.slot + 1}: its thread ended: ${(cause as Error).message}`, {
        cause,
        retryable: true,
      });
    }
  }

  /** A short task by the name that worker.ts knows it by. */
  runTask(task: string, payload: unknown, transfer: readonly ArrayBuffer[]): Promise<unknown> {
    const result = this.#tasks.run({ task, payload }, { name: 'runTask', transferList: [...transfer] as never });
    const settled: Promise<unknown> = result.catch(() => {}).finally(() => this.#running.delete(settled));
    this.#running.add(settled);
    return result;
  }

  /**
   * Slots have ended by now, each after its tasks: nothing runs, and what is terminated waits for messages. Only a slot whose thread died
   * leaves tasks behind. They are not cut short within WebAssembly, of whose code V8 shares parts between the threads of a process.
   */
  async close(): Promise<void> {
    if (this.#running.size > 0) {
      const grace = new AbortController();
      await Promise.race([Promise.all(this.#running), this.#clock.sleep(taskGraceMs, grace.signal)]);
      grace.abort();
    }
    await Promise.all([this.#slots.destroy(), this.#tasks.destroy()]);
  }
}

/** A task's result, of which `buffers` move to the main thread instead of being copied. */
export function moved<T extends object>(value: T, buffers: readonly ArrayBuffer[]): T {
  return move({ [transferableSymbol]: buffers, [valueSymbol]: value } as never) as never;
}
