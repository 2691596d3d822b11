/** The control plane's SQLite file: plans, deployments and what was done of them. Several processes may have it open. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EngineError } from '../../model/errors.ts';

const busyMs = 5_000; // for another process's transaction

/** `control.db` in the data directory; made where there is none. Each store creates its own tables. */
export function openControlDatabase(dataDirectory: string): DatabaseSync {
  const path = join(dataDirectory, 'control.db');
  try {
    mkdirSync(dataDirectory, { recursive: true });
    const database = new DatabaseSync(path, { timeout: busyMs });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    return database;
  } catch (cause) {
    throw new EngineError('IO', `control database ${path}: expected a SQLite file, got: ${(cause as Error).message}`, {
      cause,
      hint: 'Move it away to begin afresh: running jobs go on from their own checkpoints.',
    });
  }
}

/** Runs `work` in one transaction that writes: all of it is kept, or nothing. Synchronous, so that nothing comes between. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
