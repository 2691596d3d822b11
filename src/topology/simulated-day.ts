/**
 * A day in steps of a minute that checks the arithmetic: messages arrive along a daily curve, mirrors and brokers take what they can, the rest
 * waits, and in the middle of the peak one machine is away. Counts are whole numbers, and every message that comes in goes out or still waits.
 */
import { assert } from '../model/errors.ts';
import type { Capacity } from './capacity.ts';
import { floor, fraction, over, type Rational, times } from './rational.ts';

export const minutesPerDay = 1_440;
const peakMinute = 20 * 60; // in the evening
const failureMinutes = 30;
/** One machine is away from here on: around the peak. */
export const failure = { from: peakMinute - failureMinutes / 2, to: peakMinute + failureMinutes / 2 };

export type FleetDay = Readonly<{
  machines: bigint;
  /** Work that came in and that was done, in the fleet's unit; they differ by `waiting`. */
  arrived: bigint;
  done: bigint;
  /** At the end of the day. */
  waiting: bigint;
  /** Largest share of the machines that a minute's work needs, all machines running: 0.7 where the arithmetic meets its target. */
  peakLoad: number;
  /** The same of the machines that were left while one was away; Infinity when none was. */
  peakLoadInFailure: number;
  peakWaiting: bigint;
  /** Age of the oldest work that waited, at its largest. */
  peakLagSeconds: number;
  /** First minute from the failure on in which nothing waits; null: not on this day. */
  caughtUpAt: number | null;
}>;

export type SimulatedDay = Readonly<{ mirrors: FleetDay; brokers: FleetDay }>;

/** `machines` in place of those of the arithmetic, to see what fewer would mean. */
export function simulateDay(
  capacity: Capacity,
  machines: Readonly<{ mirrors?: bigint | undefined; brokers?: bigint | undefined }> = {},
): SimulatedDay {
  const { input } = capacity;
  const messages = floor(times(input.messagesPerDay, input.copies));
  const bytesWritten = over(times(capacity.writes, fraction(BigInt(86_400))), input.peakFactor);
  const curve = dailyCurve(Number(input.peakFactor.numerator) / Number(input.peakFactor.denominator));
  return {
    mirrors: fleetDay(messages, curve, machines.mirrors ?? capacity.mirrors, capacity.mirrorRate),
    brokers: fleetDay(floor(bytesWritten), curve, machines.brokers ?? capacity.brokers, brokerRate(capacity)),
  };
}

/** What of its share a broker writes a second: its disks' rate, or what its network lets in. */
function brokerRate({ input: { brokerWrites, brokerNetwork } }: Capacity): Rational {
  return brokerWrites.numerator * brokerNetwork.denominator < brokerNetwork.numerator * brokerWrites.denominator
    ? brokerWrites
    : brokerNetwork;
}

/**
 * A weight for each minute; their mean is 1 and the largest, in the minute of the peak, is `peakFactor`. Up to 2 a cosine around the mean; beyond,
 * a power of one, as night is then no deeper than zero and the peak has to be narrower.
 */
export function dailyCurve(peakFactor: number): readonly number[] {
  const angle = (minute: number): number => (2 * Math.PI * (minute - peakMinute)) / minutesPerDay;
  const minutes = Array.from({ length: minutesPerDay }, (_, minute) => angle(minute));
  if (peakFactor <= 2) return minutes.map((at) => 1 + (peakFactor - 1) * Math.cos(at));
  const shape = (power: number): number[] => minutes.map((at) => ((1 + Math.cos(at)) / 2) ** power);
  const meanOf = (weights: readonly number[]): number => weights.reduce((sum, each) => sum + each, 0) / minutesPerDay;
  let [low, high] = [1, 2];
  while (1 / meanOf(shape(high)) < peakFactor && high < narrowest) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (1 / meanOf(shape(middle)) < peakFactor) low = middle;
    else high = middle;
  }
  const weights = shape(high);
  const mean = meanOf(weights);
  return weights.map((each) => each / mean);
}

const narrowest = 2 ** 40; // all of a day's messages in one minute

/** What of `total` arrives in each minute: whole, and in sum exactly the total. */
export function arrivalsOf(total: bigint, curve: readonly number[]): readonly bigint[] {
  const scale = 1e12; // finer than a minute's share of anything that is simulated
  const weights = curve.map((each) => BigInt(Math.round(each * scale)));
  const sum = weights.reduce((all, each) => all + each, 0n);
  let [before, weight] = [0n, 0n];
  return weights.map((each) => {
    weight += each;
    const until = (total * weight) / sum;
    const arrived = until - before;
    before = until;
    return arrived;
  });
}

/** `rate`: work of one machine in a second. */
function fleetDay(total: bigint, curve: readonly number[], machines: bigint, rate: Rational): FleetDay {
  const arrivals = arrivalsOf(total, curve);
  const capacityOf = (running: bigint): bigint => floor(times(rate, fraction(running * 60n)));
  const [whole, less] = [capacityOf(machines), machines === 0n ? 0n : capacityOf(machines - 1n)];
  const queue = new MinuteQueue();
  let [done, peakWaiting, peakLagSeconds] = [0n, 0n, 0];
  let caughtUpAt: number | null = null;
  for (const [minute, arrived] of arrivals.entries()) {
    const isFailing = minute >= failure.from && minute < failure.to;
    queue.add(minute, arrived);
    done += queue.take(isFailing ? less : whole);
    peakLagSeconds = Math.max(peakLagSeconds, queue.lagSeconds(minute));
    if (queue.waiting > peakWaiting) peakWaiting = queue.waiting;
    if (caughtUpAt === null && minute >= failure.to && queue.waiting === 0n) caughtUpAt = minute;
  }
  const arrived = arrivals.reduce((all, each) => all + each, 0n);
  assert(arrived === done + queue.waiting, () => `${arrived} came, ${done} went, ${queue.waiting} wait`);
  const during = arrivals.slice(failure.from, failure.to);
  return {
    machines,
    arrived,
    done,
    waiting: queue.waiting,
    peakLoad: share(largestOf(arrivals), capacityOf(machines)),
    peakLoadInFailure: share(largestOf(during), less),
    peakWaiting,
    peakLagSeconds,
    caughtUpAt,
  };
}

function largestOf(values: readonly bigint[]): bigint {
  let best = 0n;
  for (const each of values) if (each > best) best = each;
  return best;
}

/** To six digits, whatever the size of the numbers. */
function share(work: bigint, capacity: bigint): number {
  if (capacity === 0n) return work === 0n ? 0 : Infinity;
  return Number((work * 1_000_000n) / capacity) / 1_000_000;
}

/** First in, first out, by the minute of arrival: at the most one entry a minute. */
class MinuteQueue {
  waiting = 0n;
  readonly #entries: { minute: number; arrived: bigint; left: bigint }[] = [];

  add(minute: number, arrived: bigint): void {
    this.waiting += arrived;
    if (arrived > 0n) this.#entries.push({ minute, arrived, left: arrived });
  }

  /** How much was taken: `most`, or all there was. */
  take(most: bigint): bigint {
    let taken = 0n;
    for (let first = this.#entries[0]; first !== undefined && taken < most; first = this.#entries[0]) {
      let part = most - taken;
      if (part > first.left) part = first.left;
      taken += part;
      first.left -= part;
      if (first.left === 0n) this.#entries.shift();
    }
    this.waiting -= taken;
    return taken;
  }

  /** At the end of `minute`: since when what is first in line has waited, as if each minute's work came evenly within it. */
  lagSeconds(minute: number): number {
    const [first] = this.#entries;
    if (first === undefined) return 0;
    const gone = Number(((first.arrived - first.left) * 1_000_000n) / first.arrived) / 1_000_000;
    return 60 * (minute + 1 - first.minute - gone);
  }
}
