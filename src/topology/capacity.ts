/** From messages a day to machines, step by step: each step says what was done with what, so that a person can do it again. */
import type { CapacityInput } from './capacity-input.ts';
import { ceiling, decimalText, floor, fraction, largest, over, plus, type Rational, times } from './rational.ts';

type StepUnit = 'messages/s' | 'bytes' | 'bytes/s' | 'bits/s' | 'brokers' | 'processes';

export type CapacityStep = Readonly<{ name: string; formula: string; value: Rational; unit: StepUnit }>;

export type CapacityPart = Readonly<{ title: string; steps: readonly CapacityStep[] }>;

export type Capacity = Readonly<{
  input: CapacityInput;
  parts: readonly CapacityPart[];
  brokers: bigint;
  mirrors: bigint;
  /** At the peak, what is carried to aggregate clusters: bytes and messages a second. */
  mirrored: Readonly<{ messages: Rational; bytes: Rational }>;
  /** At the peak, what all brokers take in, replicas counted. */
  writes: Rational;
  /** Messages a second that one mirror process carries, by count and by bytes, whichever is less. */
  mirrorRate: Rational;
  /** How many mirror processes other rates would need: on average fully used, and at the peak. */
  atOtherRates: readonly Readonly<{ rate: bigint; average: bigint; peak: bigint }>[];
  /** Brokers by the messages a day that a broker had elsewhere. */
  atKnownDensities: readonly Readonly<{ density: string; brokers: bigint }>[];
}>;

const secondsPerDay = fraction(86_400n);
const one = fraction(1n);

/** Client processes as published, and some of our own; messages a second. */
const otherRates = [100_000n, 150_000n, 250_000n, 400_000n, 1_000_000n, 2_000_000n];

/** LinkedIn's: messages a day and brokers. */
const knownDensities = [
  { density: '7 trillion a day on 4,000 brokers (LinkedIn, 2019)', perBroker: fraction(7_000_000_000_000n, 4_000n) },
  {
    density: '32 trillion a day on 10,000 brokers (LinkedIn, 2025)',
    perBroker: fraction(32_000_000_000_000n, 10_000n),
  },
];

/** `clusters`: how many share the traffic, each with at least as many brokers as replicas; if not said, one and those for the copies. */
export function workOut(input: CapacityInput, clusters: bigint = 1n + ceiling(input.copies)): Capacity {
  const traffic = trafficOf(input);
  const mirrors = mirrorsOf(input, traffic);
  const brokers = brokersOf(input, traffic, fraction(clusters));
  return {
    input,
    parts: [
      { title: 'Traffic', steps: Object.values(traffic) },
      { title: 'Mirrors', steps: Object.values(mirrors) },
      { title: 'Brokers', steps: Object.values(brokers) },
    ],
    brokers: ceiling(brokers.brokers.value),
    mirrors: ceiling(mirrors.processes.value),
    mirrored: { messages: mirrors.messages.value, bytes: mirrors.bytes.value },
    writes: brokers.writes.value,
    mirrorRate: smaller(input.mirrorMessages, over(input.mirrorBytes, input.bytesPerMessage)),
    atOtherRates: otherRates.map((rate) => {
      const average = times(traffic.average.value, input.copies);
      const peak = over(times(traffic.peak.value, input.copies), input.load);
      return { rate, average: ceiling(over(average, fraction(rate))), peak: ceiling(over(peak, fraction(rate))) };
    }),
    atKnownDensities: knownDensities.map(({ density, perBroker }) => ({
      density,
      brokers: rounded(over(input.messagesPerDay, perBroker)),
    })),
  };
}

type Steps<Name extends string> = Readonly<Record<Name, CapacityStep>>;

function step(name: string, unit: StepUnit, formula: string, value: Rational): CapacityStep {
  return { name, unit, formula, value };
}

const text = (value: Rational): string => decimalText(value);

function counted(value: Rational, singular: string, plural: string): string {
  return `${text(value)} ${value.numerator === value.denominator ? singular : plural}`;
}

function trafficOf(input: CapacityInput): Steps<'average' | 'peak' | 'bytes' | 'peakBytes' | 'day'> {
  const { messagesPerDay, peakFactor, bytesPerMessage } = input;
  const average = over(messagesPerDay, secondsPerDay);
  const peak = times(average, peakFactor);
  const size = `${text(bytesPerMessage)} B`;
  return {
    average: step('messages a second', 'messages/s', `${text(messagesPerDay)} ÷ 86,400 s`, average),
    peak: step('… at the peak', 'messages/s', `${text(average)} × ${decimalText(peakFactor, 4)}`, peak),
    bytes: step('bytes a second', 'bytes/s', `${text(average)} × ${size}`, times(average, bytesPerMessage)),
    peakBytes: step('… at the peak', 'bytes/s', `${text(peak)} × ${size}`, times(peak, bytesPerMessage)),
    day: step('bytes a day', 'bytes', `${text(messagesPerDay)} × ${size}`, times(messagesPerDay, bytesPerMessage)),
  };
}

function mirrorsOf(input: CapacityInput, traffic: ReturnType<typeof trafficOf>) {
  const { copies, load, mirrorMessages, mirrorBytes } = input;
  const messages = times(traffic.peak.value, copies);
  const bytes = times(traffic.peakBytes.value, copies);
  const byMessages = ceiled(over(messages, times(mirrorMessages, load)));
  const byBytes = ceiled(over(bytes, times(mirrorBytes, load)));
  const carried = (value: Rational): string => `${text(value)} × ${counted(copies, 'copy', 'copies')}`;
  const share = (value: Rational, rate: Rational): string => `${text(value)} ÷ (${text(rate)} × ${text(load)})`;
  return {
    messages: step('mirrored at the peak', 'messages/s', carried(traffic.peak.value), messages),
    bytes: step('mirrored at the peak', 'bytes/s', carried(traffic.peakBytes.value), bytes),
    wire: step('on the wire at the peak', 'bits/s', `${text(bytes)} B × 8`, times(bytes, fraction(8n))),
    byMessages: step('processes by messages', 'processes', share(messages, mirrorMessages), byMessages),
    byBytes: step('processes by bytes', 'processes', share(bytes, mirrorBytes), byBytes),
    processes: step('mirror processes', 'processes', 'the larger of the two', largest(byMessages, byBytes)),
  } satisfies Steps<string>;
}

function brokersOf(input: CapacityInput, traffic: ReturnType<typeof trafficOf>, sites: Rational) {
  const { copies, replication, fanOut, load, retention } = input;
  const clusters = plus(one, copies);
  const peak = traffic.peakBytes.value;
  const writes = times(times(peak, clusters), replication);
  const followers = times(times(peak, clusters), plus(replication, fraction(-1n)));
  const reads = times(peak, plus(fanOut, copies));
  const leaving = plus(followers, reads);
  const stored = times(times(times(traffic.bytes.value, retention), clusters), replication);
  const replicated = `(1 + ${counted(copies, 'copy', 'copies')}) × ${counted(replication, 'replica', 'replicas')}`;
  const needed = (value: Rational, of: Rational): Rational => ceiled(over(value, times(of, load)));
  const share = (value: Rational, rate: Rational): string => `${text(value)} ÷ (${text(rate)} × ${text(load)})`;
  const byWrites = needed(writes, input.brokerWrites);
  const byNetwork = needed(largest(writes, leaving), input.brokerNetwork);
  const byDisk = needed(stored, input.brokerDisk);
  const days = counted(over(retention, secondsPerDay), 'day', 'days');
  const readers = `${counted(fanOut, 'reader', 'readers')} + ${counted(copies, 'mirror', 'mirrors')}`;
  const left = `${text(followers)} to replicas + ${text(peak)} × (${readers})`;
  return {
    writes: step('written at the peak', 'bytes/s', `${text(peak)} × ${replicated}`, writes),
    leaving: step('sent at the peak', 'bytes/s', left, leaving),
    stored: step('on disk', 'bytes', `${text(traffic.day.value)} × ${days} × ${replicated}`, stored),
    byWrites: step('brokers by writes', 'brokers', share(writes, input.brokerWrites), byWrites),
    byNetwork: step('brokers by network', 'brokers', share(largest(writes, leaving), input.brokerNetwork), byNetwork),
    byDisk: step('brokers by disk', 'brokers', share(stored, input.brokerDisk), byDisk),
    brokers: step(
      'brokers',
      'brokers',
      `the largest of the three, and no fewer than ${counted(sites, 'cluster', 'clusters')} × ${counted(replication, 'replica', 'replicas')}`,
      largest(byWrites, byNetwork, byDisk, ceiled(times(sites, replication))),
    ),
  } satisfies Steps<string>;
}

function ceiled(value: Rational): Rational {
  return fraction(ceiling(value));
}

/** To the nearest, and at least one. */
function rounded(value: Rational): bigint {
  const nearest = floor(plus(value, fraction(1n, 2n)));
  return nearest === 0n ? 1n : nearest;
}

function smaller(a: Rational, b: Rational): Rational {
  return largest(a, b) === a ? b : a;
}
