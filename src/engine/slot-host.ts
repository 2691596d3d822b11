/** What a slot asks of the main thread: print, collect, a task in the second pool. Each request has one reply. */
import { fromErrorData } from '../model/errors.ts';
import type { WorkerHost } from '../model/sink.ts';
import type { HostMethod, MainToSlot, SlotToMain } from './protocol.ts';

type Waiting = Readonly<{ resolve: (value: unknown) => void; reject: (error: unknown) => void }>;

export class SlotHost implements WorkerHost {
  readonly #post: (message: SlotToMain, transfer: readonly ArrayBuffer[]) => void;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(post: (message: SlotToMain, transfer: readonly ArrayBuffer[]) => void) {
    this.#post = post;
  }

  async print(text: string): Promise<void> {
    await this.#request('print', [text]);
  }

  async collect(pipeline: number, rows: readonly string[]): Promise<void> {
    await this.#request('collect', [pipeline, rows]);
  }

  runTask(task: string, payload: unknown, transfer: readonly ArrayBuffer[]): Promise<unknown> {
    return this.#request('runTask', [task, payload, transfer], transfer);
  }

  reply(message: Extract<MainToSlot, { kind: 'reply' }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.value);
    else waiting?.reject(fromErrorData(message.error));
  }

  #request(method: HostMethod, args: readonly unknown[], transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ kind: 'request', id, method, args }, transfer);
    });
  }
}
