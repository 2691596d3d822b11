/**
 * `deploy-log.jsonl` in the data directory. Every entry is on the disk before what it speaks of goes on. Several processes write: the control
 * database's write lock orders them, and its row remembers where the file ended, so that lines cut off at the end are missed too.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../engine/clock.ts';
import { EngineError } from '../../model/errors.ts';
import { inTransaction, openControlDatabase } from '../store/database.ts';
import { type ChainEnd, chainStart, faultOfLine, type LogEntry, type LogEvent, nextEntry } from './log-entry.ts';

/** The end of the chain and of the file, bytes. */
type Head = ChainEnd & Readonly<{ size: number }>;

export function deployLogPath(dataDirectory: string): string {
  return join(dataDirectory, 'deploy-log.jsonl');
}

const headTable = `CREATE TABLE IF NOT EXISTS deploy_log_head (
  id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL
) STRICT`;

export class DeployLog {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, dataDirectory: string, clock: Clock) {
    this.#database = database;
    this.#path = deployLogPath(dataDirectory);
    this.#clock = clock;
    database.exec(headTable);
  }

  /** Returns when it is on the disk. Throws IO: then what it speaks of must not happen. */
  append(...events: readonly LogEvent[]): void {
    inTransaction(this.#database, () => {
      const file = this.#open();
      try {
        const { end, mended } = this.#endOf(file);
        this.#write(file, end, mended === null ? events : [mended, ...events]);
      } finally {
        closeSync(file);
      }
    });
  }

  #open(): number {
    try {
      return openSync(this.#path, existsSync(this.#path) ? 'r+' : 'w+', 0o600);
    } catch (cause) {
      throw new EngineError('IO', `deploy log ${this.#path}: it can't be written: ${(cause as Error).message}`, {
        cause,
        hint: 'Nothing is changed without the log.',
      });
    }
  }

  #head(): Head | null {
    return readHead(this.#database);
  }

  /** The last whole entry. What a killed process left behind it, an entry or a part of one, is taken in or taken away. */
  #endOf(file: number): { end: Head; mended: LogEvent | null } {
    let end: Head = this.#head() ?? { ...chainStart, size: 0 };
    const { size } = fstatSync(file);
    if (size < end.size) return { end: { ...end, size }, mended: null }; // was cut: the gap stays for verify to find
    const rest = Buffer.alloc(size - end.size);
    readSync(file, rest, 0, rest.length, end.size);
    let from = 0;
    for (let at = rest.indexOf(newline); at >= 0; at = rest.indexOf(newline, from)) {
      const line = rest.toString('utf8', from, at);
      from = at + 1;
      if (faultOfLine(line, end) === null) {
        const { sequence, hash } = JSON.parse(line) as LogEntry;
        end = { sequence, hash, size: 0 };
      }
    }
    end = { ...end, size: size - (rest.length - from) };
    if (from === rest.length) return { end, mended: null };
    const torn = rest.subarray(from);
    ftruncateSync(file, end.size);
    const sha256 = createHash('sha256').update(torn).digest('hex');
    return { end, mended: { event: 'mended', bytes: torn.length, sha256 } };
  }

  #write(file: number, start: Head, events: readonly LogEvent[]): void {
    let end: ChainEnd = start;
    let text = '';
    for (const event of events) {
      const entry = nextEntry(end, this.#clock.now(), event);
      text += `${JSON.stringify(entry)}\n`;
      end = entry;
    }
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(file, bytes, written, bytes.length - written, start.size + written);
    }
    fsyncSync(file);
    this.#database
      .prepare('INSERT OR REPLACE INTO deploy_log_head VALUES (1, ?, ?, ?)')
      .run(end.sequence, end.hash, start.size + bytes.length);
  }
}

const newline = 0x0a;

function readHead(database: DatabaseSync): Head | null {
  const row = database.prepare('SELECT sequence, hash, size FROM deploy_log_head WHERE id = 1').get();
  return (row as unknown as Head | undefined) ?? null;
}

/** Where the chain ended when the control database was last written; null: it never was. */
export function headOf(dataDirectory: string): ChainEnd | null {
  const database = openControlDatabase(dataDirectory);
  try {
    database.exec(headTable);
    return readHead(database);
  } finally {
    database.close();
  }
}
