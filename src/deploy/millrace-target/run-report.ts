/**
 * What a job's process tells the one that started it, in a file: where it listens, where its checkpoints lie, how it ended. Written by
 * rename, so that a reader finds a whole one or none.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ErrorCode, ErrorData } from '../../model/errors.ts';

export type RunOutcome =
  | Readonly<{ kind: 'finished' | 'cancelled' }>
  | Readonly<{ kind: 'stopped'; savepoint: string }>
  | Readonly<{ kind: 'failed'; error: ReportedError }>;

export type ReportedError = Readonly<{ code: ErrorCode; message: string; hint: string | null; retryable: boolean }>;

/** Where the checkpoints of a run lie: what a CheckpointStore is made with. */
export type CheckpointPlace = Readonly<{
  checkpointDirectory: string;
  savepointDirectory: string;
  jobName: string;
  retained: number;
}>;

export type RunReport = Readonly<{
  pid: number;
  /** Of its HTTP server; null: not yet. */
  port: number | null;
  /** null: not planned yet. */
  checkpoints: CheckpointPlace | null;
  outcome: RunOutcome | null;
}>;

export function reportedError({ code, message, hint, retryable }: ErrorData): ReportedError {
  return { code, message, hint: hint ?? null, retryable };
}

/** Adds to the report of a process as it becomes known. */
export class RunReporter {
  readonly #path: string;
  #report: RunReport;

  constructor(path: string, pid: number) {
    this.#path = path;
    this.#report = { pid, port: null, checkpoints: null, outcome: null };
  }

  add(more: Partial<Pick<RunReport, 'port' | 'checkpoints' | 'outcome'>>): void {
    this.#report = { ...this.#report, ...more };
    writeWhole(this.#path, JSON.stringify(this.#report));
  }
}

/** null where there is none. */
export function readRunReport(path: string): RunReport | null {
  return readJson(path) as RunReport | null;
}

/** The whole text or the former one. Only its owner may read it. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}

/** null where there is no such file, or none in JSON. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return null;
  }
}
