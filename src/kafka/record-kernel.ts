import { EngineError } from '../model/errors.ts';
import { recordKernelBinary } from './record-kernel-binary.ts';

/**
 * The WebAssembly side of reading record batches: CRC-32C, LZ4 and Snappy (record-kernel.as). One a reader. Its memory holds one
 * input and one output, both reused: `bytes` and what lies in it are valid until the next call.
 *
 * Measured against the same in JavaScript: LZ4 2 GB/s to 0.6 GB/s. That is a quarter of all the time a record takes.
 */

/** The most bytes that a batch may have when decompressed; more is an error, so that a small lie can't take all memory. */
export const maxBatchBytes = 256 * 1024 * 1024;

const pageBytes = 65_536;
const maxPages = 16_384; // 1 GB: an input and an output of `maxBatchBytes`, with room to grow by doubling
const tablesAt = 1_024; // for CRC-32C: 8 KB
const scratchAt = 9_216; // of CRC-32C: 20 KB
const roomAt = 32_768;
const slack = 64; // copies go in steps of 16 bytes and may go beyond an end

const resultCorrupt = -1;
const resultFull = -2;

type Codec = (input: number, inputEnd: number, output: number, capacity: number) => number;

type KernelExports = Readonly<{
  crcTables(tables: number): void;
  crc32c(tables: number, scratch: number, start: number, end: number): number;
  lz4Frame: Codec;
  snappyBlock: Codec;
}>;

/** The little of the WebAssembly API that is used; the types of Node leave it to the browser's. */
type Memory = Readonly<{ buffer: ArrayBuffer; grow(pages: number): number }>;
type WebAssemblyApi = Readonly<{
  Memory: new (limits: { initial: number; maximum: number }) => Memory;
  Module: new (binary: Uint8Array) => object;
  Instance: new (module: object, imports: object) => Readonly<{ exports: unknown }>;
}>;
const { WebAssembly: webAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };

/** A module out of its bytes in base64. */
export function compileKernel(binary: string): object {
  return new webAssembly.Module(Buffer.from(binary, 'base64'));
}

let compiled: object | undefined;
let shared: RecordKernel | undefined;

/** One for whoever needs one now and then, and is done with it before anything else runs: each has megabytes of its own. */
export function sharedKernel(): RecordKernel {
  shared ??= new RecordKernel();
  return shared;
}

export class RecordKernel {
  readonly #memory = new webAssembly.Memory({ initial: 32, maximum: maxPages });
  readonly #exports: KernelExports;
  readonly #input: number;
  #bytes: Uint8Array;
  #inputEnd: number;
  #output: number;

  /** `roomBytes`: of the memory, for somebody else, from `roomStart` on. */
  constructor(roomBytes = 0) {
    compiled ??= compileKernel(recordKernelBinary);
    this.#exports = this.link(compiled) as KernelExports;
    this.#exports.crcTables(tablesAt);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#input = roomAt + Math.ceil(roomBytes / pageBytes) * pageBytes;
    this.#inputEnd = this.#input;
    this.#output = this.#input;
    this.#reserve(this.#input + slack);
  }

  /** What another module exports that works on the same memory. */
  link(module: object): unknown {
    return new webAssembly.Instance(module, { env: { memory: this.#memory } }).exports;
  }

  get roomStart(): number {
    return roomAt;
  }

  /** Where the input begins in `bytes`. */
  get inputStart(): number {
    return this.#input;
  }

  /** The memory, in which outputs lie. Another object after it grew. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where the last output begins in `bytes`. */
  get outputStart(): number {
    return this.#output;
  }

  /** Lays `source[start, end)` down as the input of the calls that follow. */
  load(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > maxBatchBytes) throw tooLarge('compressed');
    this.#inputEnd = this.#input + length;
    this.#reserve(this.#inputEnd + slack);
    this.#bytes.set(source.subarray(start, end), this.#input);
    this.#output = (this.#inputEnd + slack + 15) & ~15;
  }

  /** Bytes `from` to `to` of the input, as a view. */
  input(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(this.#input + from, this.#input + to);
  }

  /** Of the whole input. */
  crc32c(): number {
    return this.#exports.crc32c(tablesAt, scratchAt, this.#input, this.#inputEnd) >>> 0;
  }

  /** Decompresses the input from byte `from` on, a frame. Returns the output's length. null: it is not LZ4. */
  lz4Frame(from: number): number | null {
    return this.#decompress(this.#exports.lz4Frame, this.#input + from, this.#inputEnd, this.#output);
  }

  /** Decompresses bytes `from` to `to` of the input, a raw block, to `written` bytes behind the output's begin. null: it is not Snappy. */
  snappyBlock(from: number, to: number, written: number): number | null {
    return this.#decompress(this.#exports.snappyBlock, this.#input + from, this.#input + to, this.#output + written);
  }

  #decompress(codec: Codec, from: number, to: number, output: number): number | null {
    for (;;) {
      const capacity = this.#bytes.length - slack - output;
      const written = codec(from, to, output, Math.max(capacity, 0));
      if (written >= 0) return written;
      if (written === resultCorrupt) return null;
      if (written !== resultFull || capacity >= maxBatchBytes) throw tooLarge('decompressed');
      this.#reserve(output + Math.max(capacity, pageBytes) * 2 + slack);
    }
  }

  #reserve(size: number): void {
    const missing = size - this.#bytes.length;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / pageBytes));
    this.#bytes = new Uint8Array(this.#memory.buffer);
  }
}

function tooLarge(how: string): EngineError {
  return new EngineError('LIMIT', `a record batch has more than ${maxBatchBytes} bytes ${how}, the most that is read`, {
    hint: 'Produce it with a smaller batch.size.',
  });
}
