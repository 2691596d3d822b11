/** Records as they leave the fleet, in columns: what JSON is written from and what the columns of a table are filled from. */

/** What a record is. `held` and `late`: delivered after its time. `duplicate`: the second delivery. `garbage`: not an event. */
export const recordKinds = ['event', 'held', 'late', 'duplicate', 'garbage'] as const;
export type RecordKind = (typeof recordKinds)[number];
export const recordCode: Readonly<Record<RecordKind, number>> = {
  event: 0,
  held: 1,
  late: 2,
  duplicate: 3,
  garbage: 4,
};

/** `capacity` rows of which `length` are filled. Numbers are scaled to integers, so that text and columns say exactly the same. */
export class Readings {
  length = 0;
  readonly capacity: number;
  /** Index in the range of devices. */
  readonly device: Int32Array;
  /** Counts the events of the device from 0, without gaps. */
  readonly sequence: Float64Array;
  /** ms since 1970. */
  readonly eventTime: Float64Array;
  /** When the producer gave the event out the first time, on the simulation's clock, ms since 1970. */
  readonly createdAt: Float64Array;
  /** When this record is delivered: `createdAt`, but for duplicates. */
  readonly dueMs: Float64Array;
  /** Tenths of a degree Celsius. */
  readonly temperature: Int32Array;
  /** Thousandths. */
  readonly utilization: Int32Array;
  /** Tenths of a watt. */
  readonly power: Int32Array;
  /** MiB. */
  readonly memoryUsed: Int32Array;
  /** Percent. */
  readonly fanSpeed: Int32Array;
  /** 0 = none, else as `anomalyCode`. */
  readonly anomaly: Uint8Array;
  readonly kind: Uint8Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.device = new Int32Array(capacity);
    this.sequence = new Float64Array(capacity);
    this.eventTime = new Float64Array(capacity);
    this.createdAt = new Float64Array(capacity);
    this.dueMs = new Float64Array(capacity);
    this.temperature = new Int32Array(capacity);
    this.utilization = new Int32Array(capacity);
    this.power = new Int32Array(capacity);
    this.memoryUsed = new Int32Array(capacity);
    this.fanSpeed = new Int32Array(capacity);
    this.anomaly = new Uint8Array(capacity);
    this.kind = new Uint8Array(capacity);
  }

  copyRow(source: Readings, from: number, to: number): void {
    this.device[to] = source.device[from]!;
    this.sequence[to] = source.sequence[from]!;
    this.eventTime[to] = source.eventTime[from]!;
    this.createdAt[to] = source.createdAt[from]!;
    this.dueMs[to] = source.dueMs[from]!;
    this.kind[to] = source.kind[from]!;
    this.copyValues(source, from, to);
  }

  /** The measured values alone. */
  copyValues(source: Readings, from: number, to: number): void {
    this.temperature[to] = source.temperature[from]!;
    this.utilization[to] = source.utilization[from]!;
    this.power[to] = source.power[from]!;
    this.memoryUsed[to] = source.memoryUsed[from]!;
    this.fanSpeed[to] = source.fanSpeed[from]!;
    this.anomaly[to] = source.anomaly[from]!;
  }

  /** The same rows with room for more. */
  grown(capacity: number): Readings {
    const larger = new Readings(capacity);
    for (let row = 0; row < this.capacity; row++) larger.copyRow(this, row, row);
    return larger;
  }
}
