/** Records as bytes: JSON values one behind the other, each with a newline after it, and what Kafka wants to know of each. */

const newline = 10;

export class RecordBuffer {
  readonly capacity: number;
  readonly bytes: Uint8Array;
  /** Where each value begins and ends, without its newline. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Index of the member of the shard whose record it is: its name is the key. */
  readonly members: Int32Array;
  /** ms since 1970. */
  readonly timestamps: Float64Array;
  /** A code of `recordKinds`. */
  readonly kinds: Uint8Array;
  length = 0;
  /** Of all bytes. */
  end = 0;

  constructor(capacity: number, maxRecordBytes: number) {
    this.capacity = capacity;
    this.bytes = new Uint8Array(capacity * (maxRecordBytes + 1));
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.members = new Int32Array(capacity);
    this.timestamps = new Float64Array(capacity);
    this.kinds = new Uint8Array(capacity);
  }

  clear(): void {
    this.length = 0;
    this.end = 0;
  }

  /** Closes the record whose value was written from `end` up to `valueEnd`. */
  add(valueEnd: number, member: number, timestamp: number, kind: number): void {
    const row = this.length++;
    this.starts[row] = this.end;
    this.ends[row] = valueEnd;
    this.members[row] = member;
    this.timestamps[row] = timestamp;
    this.kinds[row] = kind;
    this.bytes[valueEnd] = newline;
    this.end = valueEnd + 1;
  }
}
