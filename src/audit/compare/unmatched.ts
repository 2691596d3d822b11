import type { Sighting } from './record-cursor.ts';

/** Records of one side that have no partner yet, found by content; of several alike, the first is taken first. */
export class Unmatched {
  /** One or several of a number; as a rule one, so that a list for it would only take room. */
  readonly #byContent = new Map<number, Sighting | Sighting[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(sighting: Sighting): void {
    const number = contentNumber(sighting.contentHigh, sighting.contentLow);
    const alike = this.#byContent.get(number);
    if (alike === undefined) this.#byContent.set(number, sighting);
    else if (Array.isArray(alike)) alike.push(sighting);
    else this.#byContent.set(number, [alike, sighting]);
    this.#size++;
  }

  /** Takes the first of that content out; null when there is none. */
  take(contentHigh: number, contentLow: number): Sighting | null {
    const number = contentNumber(contentHigh, contentLow);
    const alike = this.#byContent.get(number);
    if (alike === undefined) return null;
    const list = Array.isArray(alike) ? alike : [alike];
    const found = list.findIndex((each) => each.contentHigh === contentHigh && each.contentLow === contentLow);
    if (found < 0) return null;
    const [sighting] = list.splice(found, 1);
    if (list.length === 0) this.#byContent.delete(number);
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
