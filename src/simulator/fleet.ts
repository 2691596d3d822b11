/**
 * A range of devices and the records that they send, in the order of delivery. Every device takes a reading each period, at a phase of
 * its own; what becomes of a reading (its values, an anomaly, a delay, a duplicate, garbage beside it) follows from seed, device and the
 * number of the reading alone. So ranges can be cut at will, and a position is two numbers.
 */
import { droppedBefore } from './anomaly.ts';
import { Delivery } from './delivery.ts';
import { longestDelayMs } from './delivery-options.ts';
import { Episodes } from './episodes.ts';
import { deviceRange, type FleetSettings } from './fleet-options.ts';
import { HeldRecords } from './held-records.ts';
import { draw, purpose, type StreamKey, streamKey, uniform } from './random.ts';
import { Readings, recordCode } from './readings.ts';
import { Sensors } from './sensors.ts';

/** Readings taken, sent or not, and how many held records were delivered since the last of them. */
export type FleetPosition = Readonly<{ ticks: number; held: number }>;

/** Is told of every episode of an anomaly that has ended: which readings of which device, `to` exclusive. */
export type EpisodeListener = (episode: Episode) => void;
export type Episode = Readonly<{
  device: number;
  code: number;
  fromMs: number;
  toMs: number;
  readings: number;
  /** The sequence numbers of its events; equal where nothing was sent. */
  firstSequence: number;
  nextSequence: number;
}>;

export class Fleet {
  /** The device of index 0 here. */
  readonly from: number;
  readonly size: number;
  /** When simulated time began, ms since 1970. */
  readonly startMs: number;
  readonly #settings: FleetSettings;
  readonly #endMs: number;
  readonly #keys: readonly StreamKey[];
  readonly #phases: Float64Array;
  /** Indexes of devices by phase: the order within a round. */
  readonly #order: Int32Array;
  readonly #sensors: Sensors;
  readonly #episodes: Episodes | null;
  readonly #delivery: Delivery;
  readonly #held = new HeldRecords();
  readonly #sequence: Float64Array;
  readonly #quota: Float64Array;
  readonly #listener: EpisodeListener | null;
  #unfinished: number;
  #round = 0;
  #rank = 0;
  #tickMs = Infinity;
  #heldSinceTick = 0;

  constructor(
    settings: FleetSettings,
    share: Readonly<{ index: number; count: number }>,
    startMs: number,
    listener: EpisodeListener | null = null,
  ) {
    const { from, to } = deviceRange(settings.devices, share.index, share.count);
    this.from = from;
    this.size = to - from;
    this.#settings = settings;
    this.startMs = startMs;
    this.#endMs = settings.durationMs === null ? Infinity : startMs + settings.durationMs;
    this.#keys = Array.from({ length: this.size }, (_, i) => streamKey(settings.seed, from + i));
    this.#phases = Float64Array.from(this.#keys, ({ a, b }) =>
      Math.floor(uniform(draw(a, b, purpose.device, 0)) * settings.periodMs),
    );
    this.#order = Int32Array.from(this.#keys, (_, i) => i).sort((a, b) => this.#phases[a]! - this.#phases[b]! || a - b);
    this.#sensors = new Sensors(this.#keys, settings.periodMs);
    this.#episodes = settings.anomalyRate === 0 ? null : new Episodes(this.#keys, settings);
    this.#delivery = new Delivery(settings);
    this.#sequence = new Float64Array(this.size);
    this.#quota = Float64Array.from(this.#keys, (_, i) => quotaOf(settings, from + i));
    this.#listener = listener;
    this.#unfinished = this.#quota.filter((quota) => quota > 0).length;
    this.#sensors.setRound(0);
    this.#findTick();
  }

  /** When the next record is due, in ms of simulated time; Infinity when none will come. */
  get nextDueMs(): number {
    return Math.min(this.#tickMs, this.#held.nextDueMs);
  }

  /**
   * Appends the records that are due until then, as many as there is room for. Where none is appended and there is room, none is due.
   */
  fill(out: Readings, untilMs: number): void {
    while (out.length < out.capacity && this.#advance(out, untilMs));
    if (this.#tickMs === Infinity) this.closeEpisodes();
  }

  position(): FleetPosition {
    return { ticks: this.#round * this.size + this.#rank, held: this.#heldSinceTick };
  }

  /**
   * Goes to a position of the same settings: takes the readings again from which a record may still be held, and discards what was
   * handed out.
   */
  seek(position: FleetPosition): void {
    if (this.size === 0 || position.ticks === 0) return;
    const lastRound = Math.floor((position.ticks - 1) / this.size);
    const rounds = Math.ceil(longestDelayMs(this.#settings) / this.#settings.periodMs) + 1;
    this.#jump(Math.max(0, lastRound - rounds));
    const discarded = new Readings(1);
    const again = (): void => {
      discarded.length = 0;
      this.#advance(discarded, Infinity);
    };
    while (this.position().ticks < position.ticks) again();
    while (this.#heldSinceTick < position.held) again();
  }

  /** Tells of the episodes that are open: the run ends here. */
  closeEpisodes(): void {
    if (this.#episodes === null || this.#listener === null) return;
    for (let device = 0; device < this.size; device++) {
      const open = this.#episodes.close(device);
      if (open !== null) this.#tell(device, open);
    }
  }

  /** One step: delivers a held record, or takes a reading. False when nothing is due. */
  #advance(out: Readings, untilMs: number): boolean {
    const heldMs = this.#held.nextDueMs;
    if (heldMs <= this.#tickMs) {
      if (heldMs > untilMs || heldMs === Infinity) return false;
      this.#held.popInto(out);
      this.#heldSinceTick++;
      return true;
    }
    if (this.#tickMs > untilMs) return false;
    this.#tick(out);
    this.#heldSinceTick = 0;
    if (++this.#rank === this.size) {
      this.#rank = 0;
      this.#sensors.setRound(++this.#round);
    }
    this.#findTick();
    return true;
  }

  #findTick(): void {
    if (this.#unfinished === 0) {
      this.#tickMs = Infinity;
      return;
    }
    const tickMs = this.startMs + this.#round * this.#settings.periodMs + this.#phases[this.#order[this.#rank]!]!;
    this.#tickMs = tickMs < this.#endMs ? tickMs : Infinity;
  }

  #tick(out: Readings): void {
    const device = this.#order[this.#rank]!;
    const sequence = this.#sequence[device]!;
    if (sequence >= this.#quota[device]!) return;
    const row = out.length;
    const episodes = this.#episodes;
    if (episodes !== null) {
      const ended = episodes.moveTo(device, this.#round);
      if (ended !== null) this.#tell(device, ended);
      const sent = episodes.sends(device);
      episodes.count(device, sequence, sent ? sequence + 1 : sequence);
      if (!sent) return;
    }
    out.device[row] = device;
    out.sequence[row] = sequence;
    out.eventTime[row] = this.#tickMs;
    this.#sensors.measure(device, out, row);
    if (episodes !== null) episodes.distort(device, this.#round, out, row);
    else out.anomaly[row] = 0;
    this.#sequence[device] = sequence + 1;
    if (sequence + 1 === this.#quota[device]) this.#finish(device);
    this.#deliver(device, out, row);
  }

  /** Hands the row out, or holds it back; and what comes beside it. */
  #deliver(device: number, out: Readings, row: number): void {
    const delivery = this.#delivery;
    const tickMs = this.#tickMs;
    delivery.decide(this.#keys[device]!, this.#round);
    const dueMs = tickMs + delivery.delayMs;
    out.createdAt[row] = dueMs;
    out.dueMs[row] = dueMs;
    out.kind[row] = delivery.kind;
    if (delivery.garbage) this.#held.push(out, row, recordCode.garbage, tickMs);
    if (delivery.duplicateMs > 0) this.#held.push(out, row, recordCode.duplicate, dueMs + delivery.duplicateMs);
    if (delivery.delayMs > 0) this.#held.push(out, row, delivery.kind, dueMs);
    else out.length++;
  }

  #finish(device: number): void {
    this.#unfinished--;
    const open = this.#episodes?.close(device) ?? null;
    if (open !== null) this.#tell(device, open);
  }

  #tell(device: number, ended: NonNullable<ReturnType<Episodes['close']>>): void {
    const { periodMs } = this.#settings;
    const firstMs = this.startMs + this.#phases[device]!;
    this.#listener?.({
      device,
      code: ended.code,
      fromMs: firstMs + ended.fromTick * periodMs,
      toMs: firstMs + ended.toTick * periodMs,
      readings: ended.toTick - ended.fromTick,
      firstSequence: ended.firstSequence,
      nextSequence: ended.nextSequence,
    });
  }

  /** To the beginning of a round, nothing held. */
  #jump(round: number): void {
    this.#round = round;
    this.#rank = 0;
    for (let device = 0; device < this.size; device++) {
      const { a, b } = this.#keys[device]!;
      const episodes = this.#episodes;
      const dropped = episodes === null ? 0 : droppedBefore(episodes.schedule, a, b, episodes.offsetOf(device), round);
      this.#sequence[device] = Math.min(this.#quota[device]!, round - dropped);
      episodes?.seek(device, round, this.#sensors);
    }
    this.#unfinished = this.#quota.filter((quota, device) => this.#sequence[device]! < quota).length;
    this.#sensors.setRound(round);
    this.#findTick();
  }
}

/** The fleet's events, dealt evenly to its devices. */
function quotaOf(settings: FleetSettings, device: number): number {
  const { events, devices } = settings;
  if (events === null) return Infinity;
  return Math.floor(events / devices) + (device < events % devices ? 1 : 0);
}
