/** Records as bytes: JSON values one behind the other, each with a newline after it, and what Kafka wants to know of each. */
import type { EventJson } from './event-json.ts';
import type { Readings } from './readings.ts';

const newline = 10;

export class RecordBuffer {
  readonly bytes: Uint8Array;
  /** Where each value begins and ends, without its newline. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Index in the range of devices: the key. */
  readonly devices: Int32Array;
  /** ms since 1970. */
  readonly timestamps: Float64Array;
  length = 0;
  /** Of all bytes. */
  end = 0;

  constructor(capacity: number, maxRecordBytes: number) {
    this.bytes = new Uint8Array(capacity * (maxRecordBytes + 1));
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.devices = new Int32Array(capacity);
    this.timestamps = new Float64Array(capacity);
  }

  /** Holds the records of `readings` from now on. */
  encode(readings: Readings, json: EventJson): void {
    let at = 0;
    for (let row = 0; row < readings.length; row++) {
      this.starts[row] = at;
      at = json.write(readings, row, this.bytes, at);
      this.ends[row] = at;
      this.bytes[at++] = newline;
      this.devices[row] = readings.device[row]!;
      this.timestamps[row] = readings.eventTime[row]!;
    }
    this.length = readings.length;
    this.end = at;
  }
}
