/** Dead letters as JSON lines in a file of the subtask's own. */
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EngineError } from '../model/errors.ts';
import type { BadRecord } from '../model/source.ts';

/** One line. Bytes in base64; `text` where they are UTF-8. Times in ms since 1970. */
type DeadLetterLine = Readonly<{
  time: number;
  job: string;
  source: string;
  partition: number | null;
  /** Offset in the partition, or line number. */
  offset: number;
  timestamp: number | null;
  error: string;
  key: string | null;
  value: string;
  text: string | null;
}>;

type FileContext = Readonly<{ jobName: string; subtaskIndex: number; now: () => number }>;

const lineFeed = 10;
const bufferCharacters = 1 << 18; // beyond, lines are written at once

/** Writes synchronously: bad records are rare, and the handler that meets them can't wait. */
export class DeadLetterFile {
  readonly path: string;
  readonly #ctx: FileContext;
  #descriptor: number | null = null;
  #lines = '';
  /** A full disk or a crash has left half a line: it is ended before the next, which it would spoil. */
  #halfLine = false;

  constructor(directory: string, ctx: FileContext) {
    this.#ctx = ctx;
    const name = `${ctx.jobName.replace(/[^A-Za-z0-9._-]/g, '_')}-${ctx.subtaskIndex}.jsonl`;
    this.path = join(resolve(directory), name);
  }

  add(record: BadRecord): void {
    const line: DeadLetterLine = {
      time: this.#ctx.now(),
      job: this.#ctx.jobName,
      source: record.source,
      partition: record.partition ?? null,
      offset: record.offset,
      timestamp: record.timestamp ?? null,
      error: record.error,
      key: record.key == null ? null : Buffer.from(record.key).toString('base64'),
      value: Buffer.from(record.value).toString('base64'),
      text: utf8Text(record.value),
    };
    this.#lines += `${JSON.stringify(line)}\n`;
    if (this.#lines.length > bufferCharacters) this.#write();
  }

  /** Resolves when all lines are on the disk. */
  async flush(): Promise<void> {
    if (this.#lines !== '') this.#write();
    if (this.#descriptor !== null) fsyncSync(this.#descriptor);
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      if (this.#descriptor !== null) closeSync(this.#descriptor);
      this.#descriptor = null;
    }
  }

  #write(): void {
    try {
      this.#descriptor ??= this.#open();
      const bytes = Buffer.from(this.#halfLine ? `\n${this.#lines}` : this.#lines);
      this.#halfLine = true;
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
      this.#halfLine = false;
      this.#lines = '';
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new EngineError('IO', `${this.path}: dead letters can't be written: ${message}`, {
        cause,
        hint: "Set 'millrace.dead-letter.path' to a directory that can be written.",
      });
    }
  }

  #open(): number {
    mkdirSync(join(this.path, '..'), { recursive: true });
    const descriptor = openSync(this.path, 'a+');
    const { size } = fstatSync(descriptor);
    const last = Buffer.alloc(1);
    this.#halfLine = size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== lineFeed;
    return descriptor;
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8Text(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}
