/**
 * Chance by counting: a draw is a pure function of (stream, purpose, counter), so that any place of any stream is reached at once,
 * in any order, and no device's draws depend on another's. Two rounds of MurmurHash3's finaliser, keyed by 64 bits a stream.
 */
import { mix } from '../model/hash.ts';

/** The key of one stream: two words, so that streams of large fleets do not meet. */
export type StreamKey = Readonly<{ a: number; b: number }>;

export function streamKey(seed: number, index: number): StreamKey {
  const a = mix(Math.imul(index + 1, 0x9e3779b1) ^ mix(seed));
  return { a, b: mix(a ^ Math.imul(seed | 0, 0x85ebca6b) ^ (index << 7)) };
}

/** What a draw is for; each purpose has its own sequence. */
export const purpose = {
  device: 0x1b873593,
  job: 0x2545f491,
  cell: 0x38d1c7a5,
  noise: 0x4cf5ad43,
  anomaly: 0x5bd1e995,
  fate: 0x6b43a9b5,
  delay: 0x7ed558cd,
  duplicate: 0x0da6f7b3,
  garbage: 0x165667b1,
  journey: 0x3c6ef372,
  pause: 0x510e527f,
  step: 0x1f83d9ab,
  wait: 0x5be0cd19,
  activity: 0x428a2f98,
} as const;

const twoTo32 = 4294967296;

/** 32 random bits as int32. `counter` is a whole number from 0 to 2^53 − 1. */
export function draw(a: number, b: number, use: number, counter: number): number {
  const high = counter >= twoTo32 ? Math.floor(counter / twoTo32) : 0;
  return mix(mix(Math.imul(counter, 0x9e3779b1) ^ a ^ Math.imul(high, 0xc2b2ae35)) + (b ^ use));
}

/** From 0 inclusive to 1 exclusive. */
export function uniform(bits: number): number {
  return (bits >>> 0) / twoTo32;
}

const sumMean = 510; // of four uniform bytes
const sumDeviation = Math.sqrt((4 * (256 ** 2 - 1)) / 12);

/** About normal, mean 0, deviation 1, within ±3.5: the sum of the four bytes. */
export function gaussian(bits: number): number {
  return ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - sumMean) / sumDeviation;
}

/** The threshold of `isBelow` for a probability. */
export function threshold(probability: number): number {
  return Math.round(probability * twoTo32);
}

export function isBelow(bits: number, limit: number): boolean {
  return bits >>> 0 < limit;
}
