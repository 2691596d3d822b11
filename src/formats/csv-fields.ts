/** The fields of one CSV record. */
import type { CsvRules } from './csv-options.ts';
import { isUtf8 } from './utf8.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const maxFields = 65_536; // a record with more is no record
const carriageReturn = 13;
const lineFeed = 10;

export class CsvFields {
  readonly #rules: CsvRules;
  #bytes: Uint8Array = new Uint8Array(0);
  #starts: number[] = [];
  #ends: number[] = [];
  /** Texts of fields that are not just a range: with escapes or doubled quotes. */
  #texts: (string | null)[] = [];

  constructor(rules: CsvRules) {
    this.#rules = rules;
  }

  get count(): number {
    return this.#starts.length;
  }

  text(field: number): string {
    return this.#texts[field] ?? decoder.decode(this.#bytes.subarray(this.#starts[field], this.#ends[field]));
  }

  /** Finds the fields of `bytes[start, end)`; a line end at its end does not count. What is wrong, or null. */
  split(bytes: Uint8Array, start: number, end: number): string | null {
    this.#bytes = bytes;
    this.#starts = [];
    this.#ends = [];
    this.#texts = [];
    if (!isUtf8(bytes, start, end)) return 'expected UTF-8, found other bytes';
    const last = withoutLineEnd(bytes, start, end);
    let at = start;
    while (this.#starts.length < maxFields) {
      const next = bytes[at] === this.#rules.quote && at < last ? this.#quoted(at, last) : this.#plain(at, last);
      if (next < 0) return `expected a closing quote behind byte ${at - start}, found the record's end`;
      if (next === last) return null;
      if (bytes[next] !== this.#rules.delimiter) {
        const found = String.fromCharCode(bytes[next]!);
        return `expected '${String.fromCharCode(this.#rules.delimiter)}' at byte ${next - start}, found '${found}'`;
      }
      at = next + 1;
    }
    return `expected at most ${maxFields} fields, found more`;
  }

  #plain(start: number, end: number): number {
    const { delimiter, escapeCode } = this.#rules;
    let at = start;
    let escapes = false;
    while (at < end && this.#bytes[at] !== delimiter) {
      if (this.#bytes[at] === escapeCode && at + 1 < end) {
        escapes = true;
        at++;
      }
      at++;
    }
    this.#add(start, at, escapes ? this.#unescape(start, at, -1) : null);
    return at;
  }

  /** −1 where the closing quote is missing. */
  #quoted(start: number, end: number): number {
    const { quote, escapeCode } = this.#rules;
    let irregular = false;
    for (let at = start + 1; at < end; at++) {
      const byte = this.#bytes[at];
      if (byte === escapeCode && escapeCode !== quote) {
        irregular = true;
        at++;
      } else if (byte === quote) {
        if (this.#bytes[at + 1] !== quote || at + 1 >= end) {
          this.#add(start + 1, at, irregular ? this.#unescape(start + 1, at, quote) : null);
          return at + 1;
        }
        irregular = true;
        at++;
      }
    }
    return -1;
  }

  #add(start: number, end: number, text: string | null): void {
    this.#starts.push(start);
    this.#ends.push(end);
    this.#texts.push(text);
  }

  #unescape(start: number, end: number, quote: number): string {
    const source = decoder.decode(this.#bytes.subarray(start, end));
    const { escapeCode } = this.#rules;
    let text = '';
    for (let i = 0; i < source.length; i++) {
      const code = source.charCodeAt(i);
      if (code === escapeCode && i + 1 < source.length) text += escaped.get(source[++i]!) ?? source[i];
      else {
        text += source[i];
        if (code === quote && source.charCodeAt(i + 1) === quote) i++;
      }
    }
    return text;
  }
}

/** What Jackson makes of a character behind the escape character; others stand for themselves. */
const escaped: ReadonlyMap<string, string> = new Map([
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
