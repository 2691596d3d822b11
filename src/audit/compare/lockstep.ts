/**
 * Two logs read side by side, as a person with two lists and two fingers would: while the records are the same, both go on; where they are
 * not, each that has no partner is kept until one comes, and the side that finds its partners in what is kept goes on alone until it has
 * caught up. What is kept at the end is what one side has more of. Exact by content; memory goes with what differs, not with what is read.
 */
import { EngineError } from '../../model/errors.ts';
import { MatchRuns } from './match-runs.ts';
import type { RecordCursor, Sighting } from './record-cursor.ts';
import { Unmatched } from './unmatched.ts';

/** Records without a partner, and runs, that are kept at the most: some 400 MB. */
export const mostUnmatched = 1_000_000;

type Side = Readonly<{ cursor: RecordCursor; unmatched: Unmatched }>;

export class Lockstep {
  readonly runs = new MatchRuns();
  readonly #source: Side;
  readonly #target: Side;
  readonly #where: string;
  readonly #most: number;

  /** `where` begins messages. */
  constructor(source: RecordCursor, target: RecordCursor, where: string, most = mostUnmatched) {
    this.#source = { cursor: source, unmatched: new Unmatched() };
    this.#target = { cursor: target, unmatched: new Unmatched() };
    this.#where = where;
    this.#most = most;
  }

  get missingCount(): number {
    return this.#source.unmatched.size;
  }

  /** Records of the source without a partner, by place. */
  missing(): Sighting[] {
    return this.#source.unmatched.list();
  }

  /** Records of the target without a partner, by place. */
  extra(): Sighting[] {
    return this.#target.unmatched.list();
  }

  /** Reads both to their ends. LIMIT when more differs than can be kept. */
  async run(): Promise<void> {
    do await this.#together();
    while (await this.#catchUp());
  }

  /**
   * Looks through what has come to the target since its end was taken for partners of records that lack one; other records are not of this
   * comparison. Returns the partners' timestamps and sizes.
   */
  async late(cursor: RecordCursor): Promise<{ timestamp: number; size: number }[]> {
    const ended = this.#target.cursor;
    const found: { timestamp: number; size: number }[] = [];
    while (this.#source.unmatched.size > 0 && (await next(cursor))) {
      const partner = this.#source.unmatched.take(cursor.digest.contentHigh, cursor.digest.contentLow);
      if (partner === null) continue;
      const index = ended.taken + cursor.index;
      this.runs.add(partner, { index, offset: cursor.offset, holes: ended.holes + cursor.holes });
      found.push({ timestamp: cursor.timestamp, size: cursor.digest.size });
    }
    return found;
  }

  /** While both bring the same. Returns where they do not, or one ends; what was read by then is kept. */
  async #together(): Promise<void> {
    const [source, target] = [this.#source.cursor, this.#target.cursor];
    for (;;) {
      if (source.step()) {
        if (!target.step() && !(await next(target))) return void this.#keep(this.#source, this.#target);
      } else {
        if (!(await source.load())) return;
        if (!target.step()) {
          if (!(await target.load())) return;
          if (source.sameBatch(target)) this.#passBatch();
          continue;
        }
        if (!(await next(source))) return void this.#keep(this.#target, this.#source);
      }
      if (!sameContent(source, target)) break;
      this.runs.add(source, target);
    }
    this.#keep(this.#source, this.#target);
    this.#keep(this.#target, this.#source);
  }

  #passBatch(): void {
    const [source, target] = [this.#source.cursor, this.#target.cursor];
    const [sourceFirst, targetFirst] = [source.batchStart(), target.batchStart()];
    source.passBatch(target);
    this.runs.addBatch(sourceFirst, source, targetFirst, target);
  }

  /** Until both stand at partners again (true), or at their ends (false). */
  async #catchUp(): Promise<boolean> {
    let [ahead, behind] = [this.#target, this.#source];
    for (;;) {
      if (!(await next(behind.cursor))) {
        if (!(await next(ahead.cursor))) return false;
        [ahead, behind] = [behind, ahead];
      }
      const partner = this.#keep(behind, ahead);
      if (partner !== null && partner.index === ahead.cursor.index) return true;
      if (partner === null) [ahead, behind] = [behind, ahead];
    }
  }

  /** Finds the partner of the record that `side` stands at among those kept of the other, or keeps it too. */
  #keep(side: Side, other: Side): Sighting | null {
    const { contentHigh, contentLow } = side.cursor.digest;
    const partner = other.unmatched.take(contentHigh, contentLow);
    if (partner === null) side.unmatched.add(side.cursor.sighting());
    else if (side === this.#source) this.runs.add(side.cursor, partner);
    else this.runs.add(partner, side.cursor);
    const kept = Math.max(this.#source.unmatched.size + this.#target.unmatched.size, this.runs.runs.length);
    if (kept > this.#most) throw tooDifferent(this.#where, this.#source.cursor.offset, this.#most);
    return partner;
  }
}

/** Goes to the next record, over batches of none. */
export async function next(cursor: RecordCursor): Promise<boolean> {
  while (!cursor.step()) if (!(await cursor.load())) return false;
  return true;
}

function sameContent(a: RecordCursor, b: RecordCursor): boolean {
  return a.digest.contentLow === b.digest.contentLow && a.digest.contentHigh === b.digest.contentHigh;
}

/** Marks the error that says so: the partitions may be laid out differently, or it takes several readings. */
const differenceLimit = 'difference-limit';

export function isTooDifferent(error: unknown): boolean {
  return error instanceof EngineError && error.details === differenceLimit;
}

export function tooDifferent(where: string, offset: number, most: number): EngineError {
  return new EngineError('LIMIT', `${where}: more records differ than can be kept (${most}), by offset ${offset}`, {
    hint: 'Compare less at a time, with --from and --to, or check that it is the right topic.',
    details: differenceLimit,
  });
}
