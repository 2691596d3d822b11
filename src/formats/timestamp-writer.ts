/** Timestamps into a record, without a string between: the date's text is kept, as most rows have that of the row before. */
import { formatDate, formatTimestamp, msPerDay, type TimestampFormat } from '../model/calendar.ts';
import { unitsPerMillisecond } from '../model/types.ts';
import type { ByteWriter } from './byte-writer.ts';

const colon = 58;
const point = 46;
const nanosPerMs = 1_000_000;
const maxDigits = 9;

export class TimestampWriter {
  readonly #precision: number;
  readonly #units: number;
  readonly #format: TimestampFormat;
  readonly #separator: number;
  #day = Number.NaN;
  #date = '';

  /** The fraction is written without zeros at its end. */
  constructor(precision: number, separator: ' ' | 'T', suffix: 'Z' | '') {
    this.#precision = precision;
    this.#units = unitsPerMillisecond(precision);
    this.#format = { separator, fraction: 'trim', suffix };
    this.#separator = separator.charCodeAt(0);
  }

  /** A value in the unit of the precision. */
  write(out: ByteWriter, value: number | bigint): void {
    if (typeof value === 'bigint') {
      out.text(formatTimestamp(value, this.#precision, this.#format));
      return;
    }
    const ms = this.#units === 1 ? value : Math.floor(value / this.#units);
    const day = Math.floor(ms / msPerDay);
    if (day !== this.#day) {
      this.#day = day;
      this.#date = formatDate(day);
    }
    const msOfDay = ms - day * msPerDay;
    const second = (msOfDay / 1000) | 0;
    out.text(this.#date);
    out.byte(this.#separator);
    out.digits((second / 3600) | 0, 2);
    out.byte(colon);
    out.digits(((second / 60) | 0) % 60, 2);
    out.byte(colon);
    out.digits(second % 60, 2);
    this.#fraction(out, (msOfDay % 1000) * nanosPerMs + (value - ms * this.#units) * (nanosPerMs / this.#units));
    if (this.#format.suffix === 'Z') out.text('Z');
  }

  #fraction(out: ByteWriter, nanos: number): void {
    if (nanos === 0 || this.#precision === 0) return;
    let [rest, width] = [nanos, maxDigits];
    for (; width > this.#precision; width--) rest = Math.floor(rest / 10);
    if (rest === 0) return;
    for (; rest % 10 === 0; width--) rest /= 10;
    out.byte(point);
    out.digits(rest, width);
  }
}
