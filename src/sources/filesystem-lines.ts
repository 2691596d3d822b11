/** The lines of a file, from a position on, read in chunks. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { EngineError } from '../model/errors.ts';
import { fileError } from './filesystem-listing.ts';

const chunkBytes = 1024 * 1024;
const maxLineBytes = 256 * 1024 * 1024; // a longer line fails the job: it is none

const lineFeed = 10;
const carriageReturn = 13;

/** Bytes in order. `read` gives how many it put into `target` from `from` on; 0 at the end. */
interface ByteInput {
  read(target: Buffer, from: number): Promise<number>;
  close(): Promise<void>;
}

/** The line at `bytes[start, end)`, without its end; `position` is behind it, in bytes of the uncompressed file. */
export class LineReader {
  bytes: Buffer = Buffer.allocUnsafe(chunkBytes);
  start = 0;
  end = 0;
  position: number;
  readonly #path: string;
  readonly #input: ByteInput;
  /** The byte between an odd number of which a line feed ends no line (CSV); −1: there is none. */
  readonly #quote: number;
  #next = 0;
  #filled = 0;
  #atEnd = false;

  private constructor(path: string, input: ByteInput, position: number, quote: number) {
    this.#path = path;
    this.#input = input;
    this.position = position;
    this.#quote = quote;
  }

  static async open(path: string, position: number, quote: number): Promise<LineReader> {
    return new LineReader(path, await openInput(path, position), position, quote);
  }

  /** Whether every line was given. */
  get atEnd(): boolean {
    return this.#atEnd && this.#next >= this.#filled;
  }

  /** Goes to the next line; false: `fill` first, or, at the end, there is none. */
  next(): boolean {
    const lineEnd = this.#lineEnd();
    if (lineEnd < 0 && !(this.#atEnd && this.#next < this.#filled)) return false;
    const last = lineEnd < 0 ? this.#filled : lineEnd;
    const after = lineEnd < 0 ? last : last + 1;
    this.start = this.#next;
    this.end = last > this.start && this.bytes[last - 1] === carriageReturn && lineEnd >= 0 ? last - 1 : last;
    this.position += after - this.#next;
    this.#next = after;
    return true;
  }

  #lineEnd(): number {
    let from = this.#next;
    for (;;) {
      const at = this.bytes.subarray(0, this.#filled).indexOf(lineFeed, from);
      if (at < 0 || this.#quote < 0 || this.#isOutsideQuotes(at)) return at;
      from = at + 1;
    }
  }

  #isOutsideQuotes(end: number): boolean {
    let quotes = 0;
    for (let i = this.#next; i < end; i++) if (this.bytes[i] === this.#quote) quotes++;
    return quotes % 2 === 0;
  }

  /** Reads on. At the end of the file `next` then gives a last line without a line feed. */
  async fill(): Promise<void> {
    if (this.#atEnd) return;
    this.bytes.copyWithin(0, this.#next, this.#filled);
    this.#filled -= this.#next;
    this.#next = 0;
    if (this.#filled === this.bytes.length) this.#grow();
    const count = await this.#read();
    this.#filled += count;
    this.#atEnd = count === 0;
  }

  async #read(): Promise<number> {
    try {
      return await this.#input.read(this.bytes, this.#filled);
    } catch (cause) {
      throw fileError(this.#path, cause);
    }
  }

  #grow(): void {
    if (this.bytes.length >= maxLineBytes) {
      throw new EngineError(
        'LIMIT',
        `${this.#path}: expected lines of at most ${maxLineBytes} bytes, found a longer one`,
        {
          hint: 'Is it a file of lines?',
        },
      );
    }
    const bytes = Buffer.allocUnsafe(this.bytes.length * 2);
    this.bytes.copy(bytes, 0, 0, this.#filled);
    this.bytes = bytes;
  }

  close(): Promise<void> {
    return this.#input.close();
  }
}

const unreadable = ['.bz2', '.deflate', '.xz', '.zst'] as const;

async function openInput(path: string, position: number): Promise<ByteInput> {
  const suffix = unreadable.find((ending) => path.endsWith(ending));
  if (suffix !== undefined) {
    throw new EngineError('UNSUPPORTED', `${path}: files compressed as ${suffix} are not read`, {
      hint: 'Decompress it, or compress it as .gz.',
    });
  }
  if (path.endsWith('.gz') || path.endsWith('.gzip')) return new GzipInput(path, position);
  try {
    return new PlainInput(await open(path, 'r'), position);
  } catch (cause) {
    throw fileError(path, cause);
  }
}

class PlainInput implements ByteInput {
  readonly #file: FileHandle;
  #position: number;

  constructor(file: FileHandle, position: number) {
    this.#file = file;
    this.#position = position;
  }

  async read(target: Buffer, from: number): Promise<number> {
    const { bytesRead } = await this.#file.read(target, from, target.length - from, this.#position);
    this.#position += bytesRead;
    return bytesRead;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** There is no way into the middle of a compressed file: what lies before the position is read and dropped. */
class GzipInput implements ByteInput {
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #stop: () => void;
  #piece: Buffer = Buffer.alloc(0);
  #skip: number;

  constructor(path: string, position: number) {
    const source = createReadStream(path);
    const unzip = createGunzip();
    source.on('error', (error) => unzip.destroy(error));
    this.#stop = () => {
      source.destroy();
      unzip.destroy();
    };
    this.#pieces = source.pipe(unzip)[Symbol.asyncIterator]();
    this.#skip = position;
  }

  async read(target: Buffer, from: number): Promise<number> {
    while (this.#piece.length === 0) {
      const { value, done } = await this.#pieces.next();
      if (done === true) return 0;
      const skipped = Math.min(this.#skip, value.length);
      this.#skip -= skipped;
      this.#piece = value.subarray(skipped);
    }
    const count = this.#piece.copy(target, from);
    this.#piece = this.#piece.subarray(count);
    return count;
  }

  async close(): Promise<void> {
    this.#stop();
  }
}
