import type { Sighting } from './record-cursor.ts';

/** Records of one side that have no partner yet, found by content; of several alike, the first is taken first. */
export class Unmatched {
  /** One or several of a number; as a rule one, so that a list for it would only take room. */
  readonly #byContent = new Map<number, Sighting | Alike>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(sighting: Sighting): void {
    const number = contentNumber(sighting.contentHigh, sighting.contentLow);
    const present = this.#byContent.get(number);
    if (present === undefined) this.#byContent.set(number, sighting);
    else if (present instanceof Alike) present.sightings.push(sighting);
    else this.#byContent.set(number, new Alike([present, sighting]));
    this.#size++;
  }

  /** Takes the first of that content out; null when there is none. */
  take(contentHigh: number, contentLow: number): Sighting | null {
    const number = contentNumber(contentHigh, contentLow);
    const present = this.#byContent.get(number);
    if (present === undefined) return null;
    const found = present instanceof Alike ? present.take(contentHigh, contentLow) : present;
    if (found === null || found.contentHigh !== contentHigh || found.contentLow !== contentLow) return null;
    if (!(present instanceof Alike) || present.left === 0) this.#byContent.delete(number);
    this.#size--;
    return found;
  }

  /** Lets go of all but those that fulfil the condition. */
  retain(isWanted: (sighting: Sighting) => boolean): void {
    const kept = this.list().filter(isWanted);
    this.#byContent.clear();
    this.#size = 0;
    for (const sighting of kept) this.add(sighting);
  }

  /** All of them, by their place. */
  list(): Sighting[] {
    const all = [...this.#byContent.values()].flatMap((each) => (each instanceof Alike ? each.rest() : each));
    return all.sort((a, b) => a.partition - b.partition || a.index - b.index);
  }
}

/** Records of one number: a queue that is not moved up each time its first is taken, since thousands may be alike. */
class Alike {
  readonly sightings: Sighting[];
  #taken = 0;

  constructor(sightings: Sighting[]) {
    this.sightings = sightings;
  }

  get left(): number {
    return this.sightings.length - this.#taken;
  }

  take(contentHigh: number, contentLow: number): Sighting | null {
    const { sightings } = this;
    for (let i = this.#taken; i < sightings.length; i++) {
      const sighting = sightings[i]!;
      if (sighting.contentHigh !== contentHigh || sighting.contentLow !== contentLow) continue;
      sightings[i] = sightings[this.#taken]!; // of another content, if it is not the same one: rare enough to lose its turn
      this.#taken++;
      return sighting;
    }
    return null;
  }

  rest(): Sighting[] {
    return this.sightings.slice(this.#taken);
  }
}

/** 53 bits of a content: a key for maps, whose findings are checked against all 64. */
export function contentNumber(high: number, low: number): number {
  return (high & 0x1fffff) * 4294967296 + (low >>> 0);
}
