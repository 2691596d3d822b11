/** The sending end of a channel: from one subtask to one subtask of the next vertex, with credits. */
import type { ColumnBatch } from '../model/column.ts';
import { encodeBatch } from '../state/batch-codec.ts';
import type { PeerMessage } from './protocol.ts';
import type { SlabPool } from './slab-pool.ts';

/** Slabs that may be under way on one channel. At the limit the sender's subtask stops until one comes back. */
const credits = 8;

export type SendMessage = (message: PeerMessage) => void;

export class OutputChannel {
  readonly #edge: number;
  readonly #send: SendMessage;
  readonly #slabs: SlabPool;
  /** Rows sent so far. */
  rows = 0;
  #credits = credits;
  /** What one call of an operator emitted beyond the credits. Bounded by that: a blocked subtask makes no further call. */
  readonly #waiting: PeerMessage[] = [];

  constructor(edge: number, send: SendMessage, slabs: SlabPool) {
    this.#edge = edge;
    this.#send = send;
    this.#slabs = slabs;
  }

  get blocked(): boolean {
    return this.#waiting.length > 0;
  }

  /** Copies the rows. Returns their bytes. */
  sendBatch(batch: ColumnBatch, selection: Int32Array | null, count: number): number {
    const { buffer, byteLength } = encodeBatch(batch, selection, count, (bytes) => this.#slabs.take(bytes));
    this.rows += count;
    this.#post({ edge: this.#edge, kind: 'batch', slab: buffer, byteLength });
    return byteLength;
  }

  /** Anything that needs no credit: it stays in order with the batches. A watermark replaces one that still waits right before it. */
  sendControl(message: PeerMessage): void {
    if (message.kind === 'watermark' && this.#waiting.at(-1)?.kind === 'watermark') this.#waiting.pop();
    this.#post(message);
  }

  /** A slab came back. */
  credit(slab: ArrayBuffer): void {
    this.#slabs.give(slab);
    this.#credits++;
    while (this.#waiting.length > 0 && this.#mayGo(this.#waiting[0]!)) this.#go(this.#waiting.shift()!);
  }

  #post(message: PeerMessage): void {
    if (this.#waiting.length === 0 && this.#mayGo(message)) this.#go(message);
    else this.#waiting.push(message);
  }

  #mayGo(message: PeerMessage): boolean {
    return message.kind !== 'batch' || this.#credits > 0;
  }

  #go(message: PeerMessage): void {
    if (message.kind === 'batch') this.#credits--;
    this.#send(message);
  }
}
