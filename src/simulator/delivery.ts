/** What becomes of a reading on its way: at once, in disorder, late; a second time; with garbage beside it. */
import type { DeliverySettings } from './delivery-options.ts';
import { draw, isBelow, purpose, type StreamKey, threshold } from './random.ts';
import { recordCode } from './readings.ts';

/** The decision stands in the fields until the next call of `decide`: nothing is allocated a reading. */
export class Delivery {
  /** A code of `recordKinds`: event, held or late. */
  kind: number = recordCode.event;
  /** 0: at once. */
  delayMs = 0;
  /** Time from its first delivery to its second; 0 = there is none. */
  duplicateMs = 0;
  garbage = false;
  readonly #settings: DeliverySettings;
  readonly #late: number;
  readonly #held: number;
  readonly #duplicate: number;
  readonly #garbage: number;

  constructor(settings: DeliverySettings) {
    this.#settings = settings;
    this.#late = threshold(settings.lateRate);
    this.#held = threshold(settings.lateRate + settings.disorderRate);
    this.#duplicate = threshold(settings.duplicateRate);
    this.#garbage = threshold(settings.garbageRate);
  }

  /** Of reading `tick` of a device. */
  decide({ a, b }: StreamKey, tick: number): void {
    this.kind = recordCode.event;
    this.delayMs = 0;
    if (this.#held > 0) this.#delay(a, b, tick);
    this.duplicateMs = 0;
    if (this.#duplicate > 0 && isBelow(draw(a, b, purpose.duplicate, tick * 2), this.#duplicate)) {
      const bits = draw(a, b, purpose.duplicate, tick * 2 + 1);
      this.duplicateMs = between(1, this.#settings.duplicateMaxMs, bits);
    }
    this.garbage = this.#garbage > 0 && isBelow(draw(a, b, purpose.garbage, tick), this.#garbage);
  }

  #delay(a: number, b: number, tick: number): void {
    const fate = draw(a, b, purpose.fate, tick);
    if (!isBelow(fate, this.#held)) return;
    const { lateMinMs, lateMaxMs, disorderMaxMs } = this.#settings;
    const bits = draw(a, b, purpose.delay, tick);
    if (isBelow(fate, this.#late)) {
      this.kind = recordCode.late;
      this.delayMs = between(lateMinMs, lateMaxMs, bits);
    } else {
      this.kind = recordCode.held;
      this.delayMs = between(1, disorderMaxMs, bits);
    }
  }
}

/** A whole number from low to high, both inclusive. */
function between(low: number, high: number, bits: number): number {
  return low + ((bits >>> 0) % (high - low + 1));
}
