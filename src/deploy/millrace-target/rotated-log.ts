/** What a job's processes say, line by line with the time, in a few files of a bounded size. */
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { plainText } from '../../model/plain-text.ts';

const maxLineLength = 8_192; // UTF-16 units; the rest of a longer line is left out

export type LogLimits = Readonly<{
  /** Of one file, bytes. */
  fileBytes: number;
  /** Together with the one being written; the oldest is overwritten. */
  files: number;
}>;

export class RotatedLog {
  readonly #directory: string;
  readonly #limits: LogLimits;
  readonly #now: () => number;
  #file: number | null = null;
  #size = 0;

  constructor(directory: string, limits: LogLimits, now: () => number) {
    this.#directory = directory;
    this.#limits = limits;
    this.#now = now;
  }

  line(text: string): void {
    const bytes = Buffer.from(`${new Date(this.#now()).toISOString()} ${plainText(text, maxLineLength)}\n`);
    const file = this.#open(bytes.length);
    writeSync(file, bytes);
    this.#size += bytes.length;
  }

  /** Bytes of one stream to lines. `end` gives what stands after the last line break. */
  lines(): Readonly<{ write: (chunk: Buffer) => void; end: () => void }> {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    let isCut = false; // the beginning of this line is written, its rest is left out
    const take = (text: string): void => {
      const parts = text.split(/\r?\n/);
      for (const [index, part] of parts.entries()) {
        const isWhole = index < parts.length - 1;
        if (!isCut) rest += part;
        if (isWhole ? !isCut : rest.length > maxLineLength) this.line(rest);
        isCut = !isWhole && (isCut || rest.length > maxLineLength);
        if (isWhole || isCut) rest = '';
      }
    };
    return {
      write: (chunk) => take(decoder.write(chunk)),
      end: () => {
        take(decoder.end());
        if (rest !== '') this.line(rest);
        rest = '';
      },
    };
  }

  /** The last `count` lines, oldest first. */
  tail(count: number): string[] {
    const lines: string[] = [];
    for (let index = 0; index < this.#limits.files && lines.length < count; index++) {
      lines.unshift(...linesOf(this.#path(index)).slice(-(count - lines.length)));
    }
    return lines;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #open(needed: number): number {
    if (this.#file !== null && this.#size + needed > this.#limits.fileBytes && this.#size > 0) {
      this.close();
      for (let index = this.#limits.files - 2; index >= 0; index--)
        moveIfThere(this.#path(index), this.#path(index + 1));
    }
    if (this.#file === null) {
      mkdirSync(this.#directory, { recursive: true });
      this.#file = openSync(this.#path(0), 'a', 0o600);
      this.#size = fstatSync(this.#file).size;
    }
    return this.#file;
  }

  /** 0: the one being written; higher ones are older. */
  #path(index: number): string {
    return join(this.#directory, index === 0 ? 'job.log' : `job.${index}.log`);
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch {
    return []; // not that many files yet
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
