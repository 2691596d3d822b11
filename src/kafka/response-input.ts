/**
 * The way from a socket to whole responses (the protocol guide, "Network": an int32 of bytes, then these). Once a response has begun, what
 * follows is read into its own buffer: megabytes of records are not copied from one place to another.
 */

/** Read at a time while it is not known what comes. What a response has of these is copied once. */
const headBytes = 16_384;

export type ResponseEvents = Readonly<{
  /** A response of so many bytes begins: the buffer for it, which may be larger; null ends all. */
  begin: (size: number) => Buffer | null;
  /** It is there, at the begin of that buffer. */
  end: (bytes: Buffer, size: number) => void;
}>;

export class ResponseInput {
  readonly #events: ResponseEvents;
  readonly #head = Buffer.allocUnsafeSlow(headBytes);
  readonly #sizeBytes = Buffer.alloc(4);
  #sizeRead = 0;
  #response: Buffer | null = null;
  #size = 0;
  #read = 0;
  #ended = false;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** Where the next bytes have to be put; then `filled` says how many came. Never empty. */
  get space(): Buffer {
    return this.#response?.subarray(this.#read, this.#size) ?? this.#head;
  }

  /** So many bytes are in `space`. */
  filled(length: number): void {
    if (this.#response === null) this.take(this.#head, length);
    else this.#advance(this.#response, length);
  }

  /** Bytes that stand somewhere else: the first `length` of `chunk`. */
  take(chunk: Buffer, length: number): void {
    for (let at = 0; at < length && !this.#ended; ) {
      if (this.#response === null) {
        this.#sizeBytes[this.#sizeRead++] = chunk[at++]!;
        if (this.#sizeRead === this.#sizeBytes.length) this.#begin(this.#sizeBytes.readInt32BE(0));
        continue;
      }
      const size = Math.min(length - at, this.#size - this.#read);
      chunk.copy(this.#response, this.#read, at, at + size);
      at += size;
      this.#advance(this.#response, size);
    }
  }

  #begin(size: number): void {
    this.#response = this.#events.begin(size);
    this.#ended = this.#response === null;
    this.#size = size;
    this.#read = 0;
    this.#sizeRead = 0;
  }

  #advance(response: Buffer, length: number): void {
    this.#read += length;
    if (this.#read < this.#size) return;
    this.#response = null;
    this.#events.end(response, this.#size);
  }
}
