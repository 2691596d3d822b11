import { Hash64 } from './hash64.ts';
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
  readonly #hash = new Hash64();

  of(digest: RecordDigest): void {
    this.set(digest.identityHigh, digest.identityLow, digest.contentHigh, digest.contentLow);
  }

  set(identityHigh: number, identityLow: number, contentHigh: number, contentLow: number): void {
    this.identityHigh = identityHigh;
    this.identityLow = identityLow;
    this.contentHigh = contentHigh;
    this.contentLow = contentLow;
    const hash = this.#hash;
    hash.begin(entrySeed);
    hash.word(identityHigh);
    hash.word(identityLow);
    hash.word(contentHigh);
    hash.word(contentLow);
    hash.end();
    this.high = hash.high;
    this.low = hash.low;
    const mixed = Math.imul(hash.high ^ (hash.low >>> 15), 0x9e3779b1) + hash.low;
    this.check = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  }
}
