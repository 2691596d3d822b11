/** An outage is warned of when it has lasted for so long, and then again each time so much has passed; ms. */
const firstWarningMs = 3_000;
const warningIntervalMs = 10_000;
/** Without a fault for so long, the outage is over: within one, faults come at the pauses and time-outs of the client. */
const quietMs = 45_000;

/** What a person sees of brokers that don't answer: the job itself only waits for them. */
export class RetryWarnings {
  readonly #where: string;
  readonly #now: () => number;
  readonly #warn: (message: string) => void;
  #since = -Infinity;
  #lastFault = -Infinity;
  #lastWarning = -Infinity;

  /** `where` begins each message: "table `t`, connector 'kafka'". `now`: ms since 1970. */
  constructor(where: string, now: () => number, warn: (message: string) => void) {
    this.#where = where;
    this.#now = now;
    this.#warn = warn;
  }

  /** Something failed, and is tried again. */
  retried(reason: string): void {
    const now = this.#now();
    if (now - this.#lastFault > quietMs) this.#since = now;
    this.#lastFault = now;
    if (now - this.#since < firstWarningMs || now - this.#lastWarning < warningIntervalMs) return;
    this.#lastWarning = now;
    const seconds = Math.round((now - this.#since) / 1_000);
    this.#warn(`${this.#where}: ${reason}; retrying since ${new Date(this.#since).toISOString()} (${seconds} s)`);
  }
}
