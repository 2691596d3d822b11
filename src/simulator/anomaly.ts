/**
 * Anomalies: when a device is in an episode, and of which kind. The life of a device is cut into slots of `slotTicks` readings, the
 * first one cut short by an offset of the device's own; a slot holds one episode with probability `probability`, of a length and at a
 * place drawn for it. So the share of readings within episodes is `rate`, and any reading's episode is found without looking at others.
 */
import { draw, isBelow, purpose, threshold } from './random.ts';

/**
 * `spike`: temperature and power jump up for the episode. `drift`: temperature creeps away from what the load explains. `stuck`: every
 * reading repeats the first one of the episode. `drop-out`: the device sends nothing.
 */
export const anomalyKinds = ['spike', 'drift', 'stuck', 'drop-out'] as const;
export type AnomalyKind = (typeof anomalyKinds)[number];

/** Codes in columns: 0 = none, 1 … in the order of `anomalyKinds`. */
export const anomalyCode: Readonly<Record<AnomalyKind, number>> = { spike: 1, drift: 2, stuck: 3, 'drop-out': 4 };

export const maxAnomalyRate = 0.5; // beyond, what is called anomalous would be the rule

export type AnomalySchedule = Readonly<{
  slotTicks: number;
  shortest: number;
  longest: number;
  /** Of an episode in a slot, as a threshold of 32 bits. */
  limit: number;
  /** Codes that occur. */
  codes: readonly number[];
}>;

/** For a rate above 0. */
export function anomalySchedule(rate: number, meanLength: number, kinds: readonly AnomalyKind[]): AnomalySchedule {
  // A slot of at least twice the mean holds the longest episode, of one and a half times the mean.
  const slotTicks = Math.round((meanLength * Math.max(0.5, 2 * rate)) / rate);
  const shortest = Math.ceil(meanLength / 2);
  return {
    slotTicks,
    shortest,
    longest: 2 * meanLength - shortest,
    limit: threshold((rate * slotTicks) / meanLength),
    codes: kinds.map((kind) => anomalyCode[kind]),
  };
}

/**
 * One slot of a device, to be filled by `read`. Positions are counted in the device's slot coordinate: tick + offset.
 * `code` 0: no episode. `strength`: 32 bits that say how strong it is.
 */
export class AnomalySlot {
  code = 0;
  start = 0;
  end = 0;
  strength = 0;

  read(schedule: AnomalySchedule, a: number, b: number, slot: number): void {
    const base = slot * 4;
    this.code = 0;
    if (!isBelow(draw(a, b, purpose.anomaly, base), schedule.limit)) return;
    const shape = draw(a, b, purpose.anomaly, base + 1) >>> 0;
    const length = schedule.shortest + (shape % (schedule.longest - schedule.shortest + 1));
    const room = schedule.slotTicks - length + 1;
    this.start = slot * schedule.slotTicks + ((draw(a, b, purpose.anomaly, base + 2) >>> 0) % room);
    this.end = this.start + length;
    this.strength = draw(a, b, purpose.anomaly, base + 3);
    this.code = schedule.codes[(this.strength & 255) % schedule.codes.length]!;
  }
}

/** Where in its first slot a device begins. */
export function anomalyOffset(schedule: AnomalySchedule, a: number, b: number): number {
  return (draw(a, b, purpose.device, 8) >>> 0) % schedule.slotTicks;
}

/** How many of the readings before `tick` were dropped. */
export function droppedBefore(schedule: AnomalySchedule, a: number, b: number, offset: number, tick: number): number {
  const slot = new AnomalySlot();
  const last = Math.floor((tick + offset) / schedule.slotTicks);
  let dropped = 0;
  for (let index = 0; index <= last; index++) {
    slot.read(schedule, a, b, index);
    if (slot.code !== anomalyCode['drop-out']) continue;
    dropped += Math.max(0, Math.min(slot.end, tick + offset) - Math.max(slot.start, offset));
  }
  return dropped;
}
