import { backoffMs, pause } from '../kafka/retry.ts';
import { isEngineError } from '../model/errors.ts';
import type { PartitionMirror } from './partition-mirror.ts';
import type { ShardContext } from './shard-context.ts';
import { type Place, ShardSession } from './shard-session.ts';

/** A share of the mirrored partitions, for as long as this process has it. */
export class Shard {
  readonly index: number;
  readonly #ctx: ShardContext;
  readonly #places: () => readonly Place[];
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  #session: ShardSession | null = null;
  #over = false;

  /** `places` gives what belongs to it just now. `failed` is told of what does not pass. */
  constructor(
    ctx: ShardContext,
    index: number,
    places: () => readonly Place[],
    once: boolean,
    failed: (error: unknown) => void,
  ) {
    this.#ctx = ctx;
    this.index = index;
    this.#places = places;
    this.#done = this.#run(once).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted || !isEngineError(error) || error.code !== 'INTERRUPTED') failed(error);
    });
  }

  /** Whether all its partitions have been read up to their ends; never with a mirror that runs on. */
  get over(): boolean {
    return this.#over;
  }

  get partitions(): readonly PartitionMirror[] {
    return this.#session?.partitions ?? [];
  }

  /** Ends in good order. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #run(once: boolean): Promise<void> {
    const { signal } = this.#stopping;
    for (let faults = 0; !signal.aborted; faults++) {
      try {
        this.#session = await ShardSession.open(this.#ctx, this.index);
        await this.#session.begin(this.#places());
        await this.#session.run(signal, this.#places, once);
        await this.#session.end();
        this.#over = !signal.aborted;
        return;
      } catch (error) {
        this.#session?.close();
        if (this.#ctx.target.signal.aborted) return;
        if (!passes(error)) throw error;
        this.#ctx.warn(`shard ${this.index} starts again: ${(error as Error).message}`);
        await pause(backoffMs(this.#ctx.target.config, faults), signal);
      }
    }
  }
}

/** Also when another process has shut this one out: which of the two goes on, the lease says. */
function passes(error: unknown): boolean {
  if (!isEngineError(error)) return false;
  return error.retryable || /PRODUCER_FENCED|INVALID_PRODUCER_EPOCH|INVALID_TXN_STATE/.test(error.message);
}
