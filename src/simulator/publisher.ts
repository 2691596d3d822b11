/** Runs a scenario, or a shard of it: takes its subject's records at the scenario's pace and hands them to an outlet. */
import { simulatedNow } from '../sources/pace.ts';
import type { ByteSink, Outlet } from './outlet.ts';
import { recordKinds } from './readings.ts';
import { RecordBuffer } from './record-buffer.ts';
import type { RecordStream, Shard } from './record-stream.ts';
import type { Scenario } from './scenario.ts';
import { TruthLog } from './truth-log.ts';

export type PublisherClock = Readonly<{
  /** ms since 1970. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}>;

/** What was handed over by now. */
export type Totals = Readonly<{
  records: number;
  bytes: number;
  events: number;
  held: number;
  late: number;
  duplicates: number;
  garbage: number;
  /** By which delivery is behind the pace; 0 without one. */
  behindMs: number;
}>;

const batchRows = 2_048;
/** Records that are due are handed over at least this much apart: at 1 ms a system call a record would be what it does. */
const breathMs = 5;
const longestSleepMs = 1_000;

export class Publisher {
  readonly #scenario: Scenario;
  readonly #stream: RecordStream;
  readonly #outlet: Outlet;
  readonly #truth: TruthLog | null;
  readonly #clock: PublisherClock;
  readonly #startMs: number;
  readonly #anchorMs: number;
  readonly #buffer: RecordBuffer;
  readonly #kinds = new Float64Array(recordKinds.length);
  #bytes = 0;

  /** Simulated time begins now. The outlet and the file for the truth are closed by `run`. */
  constructor(scenario: Scenario, shard: Shard, outlet: Outlet, truth: ByteSink | null, clock: PublisherClock) {
    this.#scenario = scenario;
    this.#anchorMs = clock.now();
    this.#startMs = scenario.pace.startMs ?? this.#anchorMs;
    this.#outlet = outlet;
    const log = truth === null ? null : new TruthLog(truth);
    this.#truth = log;
    this.#stream = scenario.subject.open(shard, this.#startMs, log === null ? null : (line) => log.add(line));
    this.#clock = clock;
    this.#buffer = new RecordBuffer(batchRows, this.#stream.maxRecordBytes);
  }

  /** Resolves when the scenario is over or `signal` aborts, and everything handed over is written. */
  async run(signal: AbortSignal): Promise<Totals> {
    try {
      while (!signal.aborted && this.#stream.nextDueMs !== Infinity) {
        if (await this.#publishDue()) await nextTurn();
        else await this.#clock.sleep(this.#untilNextMs(), signal);
      }
      this.#stream.close();
      await this.#truth?.flush();
    } finally {
      await this.#outlet.close();
      const { behindMs: _, ...counts } = this.totals();
      await this.#truth?.end(counts);
    }
    return this.totals();
  }

  totals(): Totals {
    const [event, held, late, duplicates, garbage] = this.#kinds as unknown as [number, number, number, number, number];
    const events = event + held + late;
    const behindMs = this.#simulatedNow() - this.#stream.nextDueMs;
    return {
      records: events + duplicates + garbage,
      bytes: this.#bytes,
      events,
      held,
      late,
      duplicates,
      garbage,
      behindMs: Number.isFinite(behindMs) ? Math.max(0, behindMs) : 0,
    };
  }

  /** False when nothing was due. */
  async #publishDue(): Promise<boolean> {
    const buffer = this.#buffer;
    buffer.clear();
    this.#stream.fill(buffer, this.#simulatedNow());
    await this.#truth?.flush();
    if (buffer.length === 0) return false;
    await this.#outlet.write(buffer);
    for (let row = 0; row < buffer.length; row++) this.#kinds[buffer.kinds[row]!]!++;
    this.#bytes += buffer.end - buffer.length; // without newlines
    return true;
  }

  #simulatedNow(): number {
    return simulatedNow(this.#scenario.pace.speed, this.#startMs, this.#anchorMs, this.#clock.now());
  }

  #untilNextMs(): number {
    const realMs = (this.#stream.nextDueMs - this.#simulatedNow()) / (this.#scenario.pace.speed ?? 1);
    return Math.min(longestSleepMs, Math.max(breathMs, realMs));
  }
}

/** Lets signals and timers have their turn between two batches, also where no write ever waits. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
