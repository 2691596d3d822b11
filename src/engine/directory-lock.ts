/**
 * One process owns a data directory: an exclusive SQLite transaction held open. The operating system lets go of it when the process ends,
 * however it ends.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EngineError } from '../model/errors.ts';

/** How long a successor waits for the owner to go, ms. */
const defaultWaitMs = 5_000;

/** Keeps the databases alive: the lock of one that the garbage collector takes is gone. */
const held = new Set<DatabaseSync>();

export interface DirectoryLock {
  release(): void;
}

/** Makes the directory when it isn't there. CONFLICT when another process owns it after `waitMs`; IO when it can't be written. */
export function lockDirectory(directory: string, waitMs: number = defaultWaitMs): DirectoryLock {
  const path = join(directory, 'lock.sqlite');
  try {
    mkdirSync(directory, { recursive: true });
    const database = new DatabaseSync(path, { timeout: waitMs });
    try {
      database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw error;
    }
    held.add(database);
    return {
      release: () => {
        held.delete(database);
        database.close();
      },
    };
  } catch (cause) {
    const message = (cause as Error).message;
    if (/locked|busy/i.test(message)) {
      throw new EngineError('CONFLICT', `data directory ${directory}: another process owns it (waited ${waitMs} ms)`, {
        cause,
        hint: 'Stop that process, or give this one its own directory with --data-dir.',
      });
    }
    throw new EngineError('IO', `data directory ${directory}: cannot be written: ${message}`, {
      cause,
      hint: 'Check that it exists, is writable and has free space, or choose another with --data-dir.',
    });
  }
}
