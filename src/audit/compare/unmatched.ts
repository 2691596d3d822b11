import type { Sighting } from './record-cursor.ts';

/** Records of one side that have no partner yet, found by content; of several alike, the first is taken first. */
export class Unmatched {
  readonly #byContent = new Map<number, Sighting[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(sighting: Sighting): void {
    const number = contentNumber(sighting.contentHigh, sighting.contentLow);
    const alike = this.#byContent.get(number);
    if (alike === undefined) this.#byContent.set(number, [sighting]);
    else alike.push(sighting);
    this.#size++;
  }

  /** Takes the first of that content out; null when there is none. */
  take(contentHigh: number, contentLow: number): Sighting | null {
    const number = contentNumber(contentHigh, contentLow);
    const alike = this.#byContent.get(number);
    const found = alike?.findIndex((each) => each.contentHigh === contentHigh && each.contentLow === contentLow) ?? -1;
    if (found < 0) return null;
    const [sighting] = alike!.splice(found, 1);
    if (alike!.length === 0) this.#byContent.delete(number);
    this.#size--;
    return sighting!;
  }

  /** All of them, by their place. */
  list(): Sighting[] {
    const all = [...this.#byContent.values()].flat();
    return all.sort((a, b) => a.partition - b.partition || a.index - b.index);
  }
}

/** 53 bits of a content: a key for maps, whose findings are checked against all 64. */
export function contentNumber(high: number, low: number): number {
  return (high & 0x1fffff) * 4294967296 + (low >>> 0);
}
