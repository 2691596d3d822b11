import { finishHigh, finishLow, murmurStep, xxStep } from './hash64.ts';
import type { RecordDigest } from './record-hash.ts';

/**
 * What the sums and tables take of a record: the pair of its identity and its content, and hashes of that pair. Hash64, seed 3, of the four
 * words (identity high and low, content high and low); `check` is one more mix of both halves, for the tables.
 */
const entrySeed = 3;

export class EntryHash {
  identityHigh = 0;
  identityLow = 0;
  contentHigh = 0;
  contentLow = 0;
  high = 0;
  low = 0;
  check = 0;

  of(digest: RecordDigest): void {
    this.set(digest.identityHigh, digest.identityLow, digest.contentHigh, digest.contentLow);
  }

  set(identityHigh: number, identityLow: number, contentHigh: number, contentLow: number): void {
    this.identityHigh = identityHigh;
    this.identityLow = identityLow;
    this.contentHigh = contentHigh;
    this.contentLow = contentLow;
    let high = murmurStep(entrySeed, identityHigh);
    let low = xxStep(~entrySeed, identityHigh);
    high = murmurStep(high, identityLow);
    low = xxStep(low, identityLow);
    high = murmurStep(high, contentHigh);
    low = xxStep(low, contentHigh);
    high = murmurStep(high, contentLow);
    low = finishLow(xxStep(low, contentLow));
    this.high = high = (finishHigh(high) + low) | 0;
    this.low = low = (low + high) | 0;
    const mixed = (Math.imul(high ^ (low >>> 15), 0x9e3779b1) + low) | 0;
    this.check = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  }
}
