/** The fields of one CSV record. */
import type { CsvRules } from './csv-options.ts';
import { isUtf8 } from './utf8.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const maxFields = 65_536; // a record with more is no record
const carriageReturn = 13;
const lineFeed = 10;

export class CsvFields {
  readonly #rules: CsvRules;
  bytes: Uint8Array = new Uint8Array(0);
  /** The range of field i is `[starts[i], ends[i])`, without its quotes. */
  starts = new Int32Array(16);
  ends = new Int32Array(16);
  count = 0;
  /** Fields that are not just their range: with escapes or doubled quotes. */
  readonly #texts = new Map<number, string>();

  constructor(rules: CsvRules) {
    this.#rules = rules;
  }

  /** Whether the bytes of its range are the field's text. */
  isPlain(field: number): boolean {
    return this.#texts.size === 0 || !this.#texts.has(field);
  }

  text(field: number): string {
    return this.#texts.get(field) ?? decoder.decode(this.bytes.subarray(this.starts[field], this.ends[field]));
  }

  /** Finds the fields of `bytes[start, end)`; a line end at its end does not count. What is wrong, or null. */
  split(bytes: Uint8Array, start: number, end: number): string | null {
    this.bytes = bytes;
    this.count = 0;
    if (this.#texts.size > 0) this.#texts.clear();
    if (!isUtf8(bytes, start, end)) return 'expected UTF-8, found other bytes';
    const last = withoutLineEnd(bytes, start, end);
    const { quote, delimiter } = this.#rules;
    let at = start;
    while (this.count < maxFields) {
      const next = at < last && bytes[at] === quote ? this.#quoted(at, last) : this.#plain(at, last);
      if (next < 0) return `expected a closing quote behind byte ${at - start}, found the record's end`;
      if (next === last) return null;
      if (bytes[next] !== delimiter) {
        const [expected, found] = [delimiter, bytes[next]!].map((code) => String.fromCharCode(code));
        return `expected '${expected}' at byte ${next - start}, found '${found}'`;
      }
      at = next + 1;
    }
    return `expected at most ${maxFields} fields, found more`;
  }

  #plain(start: number, end: number): number {
    const { delimiter, escapeCode } = this.#rules;
    const bytes = this.bytes;
    let at = start;
    while (at < end && bytes[at] !== delimiter && bytes[at] !== escapeCode) at++;
    if (at < end && bytes[at] === escapeCode) return this.#escaped(start, end);
    this.#add(start, at);
    return at;
  }

  #escaped(start: number, end: number): number {
    const { delimiter, escapeCode } = this.#rules;
    let at = start;
    while (at < end && this.bytes[at] !== delimiter) at += this.bytes[at] === escapeCode ? 2 : 1;
    at = Math.min(at, end);
    this.#texts.set(this.count, this.#unescape(start, at, -1));
    this.#add(start, at);
    return at;
  }

  /** −1 where the closing quote is missing. */
  #quoted(start: number, end: number): number {
    const { quote, escapeCode } = this.#rules;
    const bytes = this.bytes;
    let irregular = false;
    for (let at = start + 1; at < end; at++) {
      const byte = bytes[at];
      if (byte === escapeCode && escapeCode !== quote) {
        irregular = true;
        at++;
      } else if (byte === quote) {
        if (bytes[at + 1] !== quote || at + 1 >= end) {
          if (irregular) this.#texts.set(this.count, this.#unescape(start + 1, at, quote));
          this.#add(start + 1, at);
          return at + 1;
        }
        irregular = true;
        at++;
      }
    }
    return -1;
  }

  #add(start: number, end: number): void {
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }

  #grow(): void {
    const [starts, ends] = [new Int32Array(this.count * 2), new Int32Array(this.count * 2)];
    starts.set(this.starts);
    ends.set(this.ends);
    [this.starts, this.ends] = [starts, ends];
  }

  #unescape(start: number, end: number, quote: number): string {
    const source = decoder.decode(this.bytes.subarray(start, end));
    const { escapeCode } = this.#rules;
    let text = '';
    for (let i = 0; i < source.length; i++) {
      const code = source.charCodeAt(i);
      if (code === escapeCode && i + 1 < source.length) text += meanings.get(source[++i]!) ?? source[i];
      else {
        text += source[i];
        if (code === quote && source.charCodeAt(i + 1) === quote) i++;
      }
    }
    return text;
  }
}

/** What Jackson makes of a character behind the escape character; others stand for themselves. */
const meanings: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function withoutLineEnd(bytes: Uint8Array, start: number, end: number): number {
  let last = end;
  if (last > start && bytes[last - 1] === lineFeed) last--;
  if (last > start && bytes[last - 1] === carriageReturn) last--;
  return last;
}
