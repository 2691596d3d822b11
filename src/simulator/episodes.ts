/** The anomalies of a fleet as they come: which episode each device is in, what it does to a reading, and when it has ended. */
import { type AnomalySchedule, AnomalySlot, anomalyCode, anomalyOffset, anomalySchedule } from './anomaly.ts';
import type { FleetSettings } from './fleet-options.ts';
import type { StreamKey } from './random.ts';
import { Readings } from './readings.ts';
import type { Sensors } from './sensors.ts';

/** Readings `fromTick` to `toTick` (exclusive) of a device. */
export type EndedEpisode = Readonly<{
  code: number;
  fromTick: number;
  toTick: number;
  firstSequence: number;
  nextSequence: number;
}>;

const spikeTenths = [180, 300] as const; // °C · 10
const spikePowerTenths = [1200, 2400] as const; // W · 10
const driftTenths = [150, 300] as const; // °C · 10, at the end of the episode

export class Episodes {
  readonly schedule: AnomalySchedule;
  readonly #keys: readonly StreamKey[];
  readonly #offsets: Float64Array;
  /** In slot coordinates (tick + offset). */
  readonly #slotEnd: Float64Array;
  readonly #start: Float64Array;
  readonly #end: Float64Array;
  readonly #code: Uint8Array;
  readonly #strength: Int32Array;
  /** The code in force at the reading moved to last; 0 = none. */
  readonly #active: Uint8Array;
  readonly #fromTick: Float64Array;
  readonly #toTick: Float64Array;
  readonly #firstSequence: Float64Array;
  readonly #nextSequence: Float64Array;
  readonly #frozen: Readings;
  readonly #slot = new AnomalySlot();

  constructor(keys: readonly StreamKey[], settings: FleetSettings) {
    const schedule = anomalySchedule(settings.anomalyRate, settings.anomalyLength, settings.anomalyKinds);
    const count = keys.length;
    this.schedule = schedule;
    this.#keys = keys;
    this.#offsets = Float64Array.from(keys, ({ a, b }) => anomalyOffset(schedule, a, b));
    this.#slotEnd = new Float64Array(count).fill(-1);
    this.#start = new Float64Array(count);
    this.#end = new Float64Array(count);
    this.#code = new Uint8Array(count);
    this.#strength = new Int32Array(count);
    this.#active = new Uint8Array(count);
    this.#fromTick = new Float64Array(count);
    this.#toTick = new Float64Array(count);
    this.#firstSequence = new Float64Array(count);
    this.#nextSequence = new Float64Array(count);
    this.#frozen = new Readings(count);
  }

  offsetOf(device: number): number {
    return this.#offsets[device]!;
  }

  /** The next reading of a device is `tick`. Gives the episode that ended before it. */
  moveTo(device: number, tick: number): EndedEpisode | null {
    const place = tick + this.#offsets[device]!;
    let ended: EndedEpisode | null = null;
    if (this.#active[device] !== 0 && place >= this.#end[device]!) ended = this.close(device);
    if (place >= this.#slotEnd[device]!) this.#readSlot(device, place);
    const inside = this.#code[device] !== 0 && place >= this.#start[device]! && place < this.#end[device]!;
    if (inside && this.#active[device] === 0) {
      this.#active[device] = this.#code[device]!;
      this.#fromTick[device] = tick;
      this.#firstSequence[device] = -1;
    }
    this.#toTick[device] = tick + 1;
    return ended;
  }

  /** Whether the device sends the reading. */
  sends(device: number): boolean {
    return this.#active[device] !== anomalyCode['drop-out'];
  }

  /** The reading has this sequence number and the next event that one: equal where it is not sent. */
  count(device: number, sequence: number, next: number): void {
    if (this.#firstSequence[device]! < 0) this.#firstSequence[device] = sequence;
    this.#nextSequence[device] = next;
  }

  /** The episode that the device is in ends here. null where it is in none. */
  close(device: number): EndedEpisode | null {
    const code = this.#active[device]!;
    if (code === 0) return null;
    this.#active[device] = 0;
    return {
      code,
      fromTick: this.#fromTick[device]!,
      toTick: this.#toTick[device]!,
      firstSequence: this.#firstSequence[device]!,
      nextSequence: this.#nextSequence[device]!,
    };
  }

  /** What the anomaly makes of a reading that was measured. */
  distort(device: number, tick: number, out: Readings, row: number): void {
    const code = this.#active[device]!;
    out.anomaly[row] = code;
    if (code === 0) return;
    const strength = this.#strength[device]!;
    if (code === anomalyCode.spike) {
      out.temperature[row]! += within(spikeTenths, strength >>> 8);
      out.power[row]! += within(spikePowerTenths, strength >>> 16);
    } else if (code === anomalyCode.drift) {
      const place = tick + this.#offsets[device]!;
      const start = this.#start[device]!;
      const part = (place - start + 1) / (this.#end[device]! - start);
      out.temperature[row]! += Math.round(within(driftTenths, strength >>> 8) * part);
    } else if (tick === this.#frozenTick(device)) this.#frozen.copyValues(out, row, device);
    else out.copyValues(this.#frozen, device, row);
  }

  /** As if every reading before `tick` had been taken. */
  seek(device: number, tick: number, sensors: Sensors): void {
    const place = tick + this.#offsets[device]!;
    this.#active[device] = 0;
    this.#readSlot(device, place);
    const stuck = this.#code[device] === anomalyCode.stuck;
    if (!stuck || place <= this.#start[device]! || place >= this.#end[device]! || this.#frozenTick(device) >= tick) {
      return;
    }
    sensors.setRound(this.#frozenTick(device));
    sensors.measure(device, this.#frozen, device);
    this.#frozen.anomaly[device] = anomalyCode.stuck;
  }

  /** The reading that a stuck device repeats: the first of the episode that was taken. */
  #frozenTick(device: number): number {
    return Math.max(0, this.#start[device]! - this.#offsets[device]!);
  }

  #readSlot(device: number, place: number): void {
    const { a, b } = this.#keys[device]!;
    const index = Math.floor(place / this.schedule.slotTicks);
    this.#slot.read(this.schedule, a, b, index);
    this.#slotEnd[device] = (index + 1) * this.schedule.slotTicks;
    this.#code[device] = this.#slot.code;
    this.#start[device] = this.#slot.start;
    this.#end[device] = this.#slot.end;
    this.#strength[device] = this.#slot.strength;
  }
}

/** A whole number of the range, chosen by eight bits. */
function within([low, high]: readonly [number, number], bits: number): number {
  return low + Math.round(((high - low) * (bits & 255)) / 255);
}
