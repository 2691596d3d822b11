import { type FetchedRecords, timestampOf } from '../kafka/fetched-records.ts';
import type { RecordRun } from '../kafka/record-run.ts';

/** What a record is but for its place: time, key, value and headers, as a hash of 53 bits. Two that are equal by it are taken for copies. */

/** The hash of record `i` of a run. */
export function contentHash(records: FetchedRecords, run: RecordRun, i: number): number {
  const time = timestampOf(records.header, run, i);
  const state: State = { a: time | 0, b: Math.floor(time / 4294967296) | 0 };
  fold(state, run.bytes, run.keyStarts[i]!, run.keyEnds[i]!);
  fold(state, run.bytes, run.valueStarts[i]!, run.valueEnds[i]!);
  fold(state, run.bytes, run.headerStarts[i]!, run.headerEnd(i));
  const high = mixed(state.a ^ Math.imul(state.b, 0x27d4eb2f)) & 0x1fffff;
  return high * 4294967296 + (mixed(state.b ^ (state.a >>> 7)) >>> 0);
}

type State = { a: number; b: number };

/** Lengths count too, so that bytes can't move from one field to the next unseen; null (−1, −1) has one of its own. */
function fold(state: State, bytes: Uint8Array, start: number, end: number): void {
  let a = Math.imul(state.a ^ (start < 0 ? -1 : end - start), 0x85ebca6b);
  let b = Math.imul(state.b + (start < 0 ? 0x51ed27 : end - start), 0xc2b2ae35) ^ (a >>> 15);
  for (let i = start; i < end; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x01000193);
    b = Math.imul(b + bytes[i]!, 0x85ebca77) ^ (b >>> 13);
  }
  state.a = a ^ (b >>> 16);
  state.b = b;
}

function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
