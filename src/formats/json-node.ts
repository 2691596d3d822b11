/**
 * JSON values as they stand in a record, and the reader that makes them: the slow, complete way (RFC 8259, with what Flink allows beyond
 * it: control characters inside strings). Numbers keep their text, so that nothing of them is lost.
 */
import { isUtf8 } from './utf8.ts';

export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Of a name that comes twice, the last value counts. */
export type JsonNode = null | boolean | string | JsonNumber | JsonNode[] | Map<string, JsonNode>;

/** What is wrong with a record or a field of it. Never leaves the decoder. */
export class JsonFault extends Error {}

/** Jackson's bounds (StreamReadConstraints). Beyond them a record is faulty. */
export const maxDepth = 1000;
const maxNumberLength = 1000;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const quote = 34;
const backslash = 92;

/** Reads one value at `position`; afterwards `position` is behind it. */
export class JsonReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #start = 0;
  #depth = 0;
  position = 0;

  /** `depth`: how many levels the value lies below the record. */
  reset(bytes: Uint8Array, position: number, end: number, depth = 0): void {
    this.#bytes = bytes;
    this.#start = position;
    this.#end = end;
    this.#depth = depth;
    this.position = position;
  }

  read(): JsonNode {
    this.blanks();
    const byte = this.#peek();
    switch (byte) {
      case 123:
        return this.#nested(() => this.#object());
      case 91:
        return this.#nested(() => this.#array());
      case quote:
        return this.#string();
      case 116:
        return this.#literal('true', true);
      case 102:
        return this.#literal('false', false);
      case 110:
        return this.#literal('null', null);
      default:
        if (byte === 45 || isDigit(byte)) return this.#number();
        throw this.#fault('a value');
    }
  }

  /** Skips blanks; true where the record ends. */
  blanks(): boolean {
    const bytes = this.#bytes;
    let p = this.position;
    while (p < this.#end) {
      const byte = bytes[p]!;
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) break;
      p++;
    }
    this.position = p;
    return p >= this.#end;
  }

  /** Nothing but blanks may follow. */
  end(): void {
    if (!this.blanks()) throw this.#fault('the end of the record');
  }

  #peek(): number {
    return this.position < this.#end ? this.#bytes[this.position]! : -1;
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > maxDepth) throw new JsonFault(`expected at most ${maxDepth} levels of nesting, found more`);
    const node = read();
    this.#depth--;
    return node;
  }

  #object(): Map<string, JsonNode> {
    const fields = new Map<string, JsonNode>();
    this.position++;
    this.blanks();
    if (this.#accept(125)) return fields;
    for (;;) {
      this.blanks();
      if (this.#peek() !== quote) throw this.#fault("'\"'");
      const name = this.#string();
      this.blanks();
      if (!this.#accept(58)) throw this.#fault("':'");
      fields.set(name, this.read());
      this.blanks();
      if (this.#accept(125)) return fields;
      if (!this.#accept(44)) throw this.#fault("',' or '}'");
    }
  }

  #array(): JsonNode[] {
    const items: JsonNode[] = [];
    this.position++;
    this.blanks();
    if (this.#accept(93)) return items;
    for (;;) {
      items.push(this.read());
      this.blanks();
      if (this.#accept(93)) return items;
      if (!this.#accept(44)) throw this.#fault("',' or ']'");
    }
  }

  #accept(byte: number): boolean {
    if (this.#peek() !== byte) return false;
    this.position++;
    return true;
  }

  #literal<T>(word: string, value: T): T {
    for (let i = 0; i < word.length; i++) {
      if (this.#peek() !== word.charCodeAt(i)) throw this.#fault(`'${word}'`);
      this.position++;
    }
    return value;
  }

  #number(): JsonNumber {
    const start = this.position;
    this.#accept(45);
    const zero = this.#accept(48);
    if (!zero) this.#digits();
    if (this.#accept(46)) this.#digits();
    if (this.#accept(101) || this.#accept(69)) {
      if (!this.#accept(43)) this.#accept(45);
      this.#digits();
    }
    if (this.position - start > maxNumberLength) {
      throw new JsonFault(`expected a number of at most ${maxNumberLength} characters, found more`);
    }
    return new JsonNumber(utf8.decode(this.#bytes.subarray(start, this.position)));
  }

  #digits(): void {
    if (!isDigit(this.#peek())) throw this.#fault('a digit');
    while (isDigit(this.#peek())) this.position++;
  }

  #string(): string {
    this.position++;
    let text = '';
    let from = this.position;
    for (;;) {
      const byte = this.#peek();
      if (byte < 0) throw this.#fault("'\"'");
      if (byte === quote || byte === backslash) {
        text += this.#text(from, this.position);
        this.position++;
        if (byte === quote) return text.replace(loneSurrogate, '?');
        text += this.#escape();
        from = this.position;
      } else this.position++;
    }
  }

  #text(start: number, end: number): string {
    if (!isUtf8(this.#bytes, start, end)) {
      throw new JsonFault(`expected UTF-8, found other bytes in the string that ends at byte ${end - this.#start}`);
    }
    return utf8.decode(this.#bytes.subarray(start, end));
  }

  #escape(): string {
    const byte = this.#peek();
    const plain = escapes.get(byte);
    if (plain !== undefined) {
      this.position++;
      return plain;
    }
    if (byte !== 117) throw this.#fault('an escape that JSON knows');
    this.position++;
    const hex = utf8.decode(this.#bytes.subarray(this.position, Math.min(this.position + 4, this.#end)));
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#fault('four hexadecimal digits');
    this.position += 4;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  #fault(expected: string): JsonFault {
    const at = this.position - this.#start;
    if (this.position >= this.#end) return new JsonFault(`expected ${expected} at byte ${at}, found the record's end`);
    const byte = this.#bytes[this.position]!;
    const found = byte > 32 && byte < 127 ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16)}`;
    return new JsonFault(`expected ${expected} at byte ${at}, found ${found}`);
  }
}

/** Text in Java would carry it on; UTF-8 has no form for it, and Java then writes a question mark. */
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const escapes: ReadonlyMap<number, string> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(([key, text]) => [
    key.charCodeAt(0),
    text,
  ]),
);

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}
