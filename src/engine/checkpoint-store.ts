/**
 * Checkpoints on disk. `<checkpoints>/<job>/chk-<n>/` and `<savepoints>/<job>/savepoint-<n>/` hold state files and, written last and by an
 * atomic rename, `metadata.json`: a directory without it is no checkpoint. `<checkpoints>/<job>/run.json` says which run they belong
 * to, so that a fresh start does not fall back on its predecessor's.
 */
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { RecordedAccount } from '../model/account.ts';
import { EngineError } from '../model/errors.ts';
import type { NodeSignature } from '../model/job-graph.ts';
import type { CommitPlan } from '../model/sink.ts';
import type { SourceSplit } from '../model/source.ts';
import type { StateTableFields } from '../model/state.ts';
import type { StateFile } from './protocol.ts';

export type CheckpointMetadata = Readonly<{
  version: 1;
  jobName: string;
  checkpointId: number;
  runId: string;
  savepoint: boolean;
  /** Taken when every source had ended: what is left to do is to commit it. */
  final: boolean;
  /** ms since 1970. */
  time: number;
  /** ms; null: none yet, or past every time. */
  watermark: number | null;
  /** The name of every node of the job, by id. */
  nodes: Readonly<Record<string, string>>;
  /** By what a changed job finds its state, by id of the node; absent in checkpoints of 0.1.0. */
  signatures?: Readonly<Record<string, RecordedNode>> | undefined;
  sources: Readonly<Record<string, readonly SourceSplit[]>>;
  /** Paths relative to the checkpoint's directory. */
  states: Readonly<Record<string, readonly StateFile[]>>;
  sinks: Readonly<Record<string, CommitPlan>>;
  /** The accounts of the rows up to here; absent in checkpoints of former versions. */
  account?: RecordedAccount | undefined;
}>;

/** What a checkpoint knows of a node: `tables` of the state that it wrote. */
export type RecordedNode = Omit<NodeSignature, 'formerId'> & Readonly<{ tables: readonly StateTableFields[] }>;

export type Checkpoint = Readonly<{ path: string; metadata: CheckpointMetadata }>;

/** `firstCheckpointId`: lower ones belong to former runs. `restoredFrom`: where this run began, when not empty. */
export type Run = Readonly<{
  runId: string;
  firstCheckpointId: number;
  restoredFrom: string | null;
  finished: boolean;
}>;

const metadataName = 'metadata.json';
const restoreAnother = 'Restore another with --restore PATH, or start afresh with --restore none.';

export class CheckpointStore {
  readonly #checkpoints: string;
  readonly #savepoints: string;
  readonly #retained: number;

  constructor(options: { checkpointDirectory: string; savepointDirectory: string; jobName: string; retained: number }) {
    this.#checkpoints = join(options.checkpointDirectory, options.jobName);
    this.#savepoints = join(options.savepointDirectory, options.jobName);
    this.#retained = options.retained;
  }

  /** Fails with IO when checkpoints can't be written there: better now than at the first one. */
  async open(): Promise<void> {
    try {
      await mkdir(this.#checkpoints, { recursive: true });
      await access(this.#checkpoints, constants.W_OK);
    } catch (cause) {
      throw new EngineError(
        'IO',
        `checkpoint directory ${this.#checkpoints}: cannot be written: ${(cause as Error).message}`,
        { cause, hint: "Check its rights, or SET 'execution.checkpointing.dir' to another." },
      );
    }
  }

  async readRun(): Promise<Run | null> {
    const path = join(this.#checkpoints, 'run.json');
    const text = await readIfThere(path);
    if (text === null) return null;
    try {
      return JSON.parse(text) as Run;
    } catch (cause) {
      throw new EngineError('CHECKPOINT', `${path}: expected JSON as it was written, found other text`, {
        cause,
        hint: 'It says which checkpoints are of the last run. Delete it, then go on from one of them with --restore PATH, or afresh without.',
      });
    }
  }

  async writeRun(run: Run): Promise<void> {
    await writeDurably(join(this.#checkpoints, 'run.json'), JSON.stringify(run));
  }

  /** The newest whole checkpoint or savepoint with an id from `firstId` on. */
  async newest(firstId: number): Promise<Checkpoint | null> {
    const found = (await this.#all()).filter(({ id }) => id >= firstId).sort((a, b) => b.id - a.id);
    for (const { path } of found) {
      const metadata = await readMetadata(path);
      if (metadata !== null) return { path, metadata };
    }
    return null;
  }

  /** Where the job goes on: at the newest of its last run, or where that began; null: it starts afresh. */
  async latest(): Promise<Checkpoint | null> {
    const run = await this.readRun();
    return run === null || run.finished ? null : await this.latestOf(run);
  }

  async latestOf({ firstCheckpointId, restoredFrom }: Run): Promise<Checkpoint | null> {
    const newest = await this.newest(firstCheckpointId);
    return newest ?? (restoredFrom === null ? null : await this.load(restoredFrom));
  }

  /** Above every id that was ever used here, whole or not. */
  async nextId(): Promise<number> {
    return Math.max(0, ...(await this.#all()).map(({ id }) => id)) + 1;
  }

  /** A checkpoint or savepoint by its directory (or its metadata file). */
  async load(path: string): Promise<Checkpoint> {
    const directory = resolve(path.endsWith(metadataName) ? dirname(path) : path);
    const metadata = await readMetadata(directory);
    if (metadata !== null) return { path: directory, metadata };
    throw new EngineError('NOT_FOUND', `checkpoint ${directory}: expected a ${metadataName} there, found none`, {
      hint: 'A checkpoint without it was never completed. List the directory above for others.',
    });
  }

  /** Makes the directory of a new one. */
  async create(checkpointId: number, savepoint: boolean): Promise<string> {
    const path = savepoint
      ? join(this.#savepoints, `savepoint-${checkpointId}`)
      : join(this.#checkpoints, `chk-${checkpointId}`);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** From here on the checkpoint counts. */
  async complete(path: string, metadata: CheckpointMetadata): Promise<void> {
    const states = Object.entries(metadata.states).map(([node, files]) => [
      node,
      files.map((file) => ({ ...file, path: file.path.slice(path.length + 1) })),
    ]);
    await writeDurably(
      join(path, metadataName),
      JSON.stringify({ ...metadata, states: Object.fromEntries(states) }, null, 1),
    );
  }

  async discard(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  /** Deletes what the retained count no longer covers, and what was never completed. Savepoints stay. */
  async expire(newestId: number): Promise<void> {
    const checkpoints = (await this.#all()).filter(({ savepoint, id }) => !savepoint && id <= newestId);
    const whole: typeof checkpoints = [];
    for (const checkpoint of checkpoints.sort((a, b) => b.id - a.id)) {
      const isWhole = await exists(join(checkpoint.path, metadataName));
      if (isWhole && whole.length < this.#retained) whole.push(checkpoint);
      else await this.discard(checkpoint.path);
    }
  }

  async #all(): Promise<{ id: number; path: string; savepoint: boolean }[]> {
    const list = async (directory: string, pattern: RegExp, savepoint: boolean) => {
      const names = await readdir(directory).catch((cause: unknown) => {
        if (isAbsent(cause)) return [] as string[];
        throw unreadable(directory, cause);
      });
      return names.flatMap((name) => {
        const match = pattern.exec(name);
        return match === null ? [] : [{ id: Number(match[1]), path: join(directory, name), savepoint }];
      });
    };
    return [
      ...(await list(this.#checkpoints, /^chk-(\d+)$/, false)),
      ...(await list(this.#savepoints, /^savepoint-(\d+)$/, true)),
    ];
  }
}

/** null where there is none. State paths become absolute. */
async function readMetadata(path: string): Promise<CheckpointMetadata | null> {
  const text = await readIfThere(join(path, metadataName));
  if (text === null) return null;
  let metadata: CheckpointMetadata;
  try {
    metadata = JSON.parse(text) as CheckpointMetadata;
    const states = Object.entries(metadata.states).map(([node, files]) => [
      node,
      files.map((file) => ({ ...file, path: isAbsolute(file.path) ? file.path : join(path, file.path) })),
    ]);
    metadata = { ...metadata, states: Object.fromEntries(states) };
  } catch (cause) {
    throw new EngineError('CHECKPOINT', `checkpoint ${path}: its ${metadataName} is not JSON as it was written`, {
      cause,
      hint: restoreAnother,
    });
  }
  if (metadata.version === 1) return metadata;
  throw new EngineError('CHECKPOINT', `checkpoint ${path}: expected version 1, found ${metadata.version}`, {
    hint: 'Another version of Millrace wrote it: go on with that one, or start afresh with --restore none.',
  });
}

/**
 * null only where there is nothing: what is there and can't be read must not pass for a job that has not begun, whose rows would then be
 * written again.
 */
async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isAbsent(cause)) return null;
    throw unreadable(path, cause);
  }
}

function isAbsent(cause: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');
}

function unreadable(path: string, cause: unknown): EngineError {
  return new EngineError('CHECKPOINT', `${path}: cannot be read: ${(cause as Error).message}`, {
    cause,
    hint: restoreAnother,
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The whole text or nothing: a new file, synced, renamed over the old one; the directory synced, so that the name is safe too. */
async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await using file = await open(temporary, 'w');
    await file.writeFile(text);
    await file.sync();
    await rename(temporary, path);
    await using directory = await open(dirname(path), 'r');
    await directory.sync();
  } catch (cause) {
    throw new EngineError('CHECKPOINT', `${path}: cannot be written: ${(cause as Error).message}`, {
      cause,
      retryable: true,
      hint: 'Check free space and rights of its directory.',
    });
  }
}
