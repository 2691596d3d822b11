/** Processing time that never goes back, whatever the machine's clock does. */
import type { SessionContext } from '../../model/function.ts';

export class ProcessingClock {
  readonly #session: SessionContext;
  #latest = -Infinity;

  constructor(session: SessionContext) {
    this.#session = session;
  }

  now(): number {
    return this.at(Math.floor(this.#session.now()));
  }

  /** The time that someone read, or a later one that was seen before. */
  at(ms: number): number {
    this.#latest = Math.max(this.#latest, ms);
    return this.#latest;
  }
}
