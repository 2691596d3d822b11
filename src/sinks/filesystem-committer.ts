/**
 * Makes part files visible. A plan names them; renaming is idempotent. A hidden mark in the directory says which epoch landed last, so that
 * a job which falls back behind it is noticed.
 */
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EngineError } from '../model/errors.ts';
import type { CommitInfo, CommitPlan, Committable, Committer, Epoch } from '../model/sink.ts';
import { isInProgress, pendingName } from './filesystem-part.ts';
import { writeError } from './filesystem-writer.ts';
import { type PartitionCommit, type PartitionState, partitionState } from './partition-commit.ts';

/** What stands in a checkpoint. `base`: the epoch that had landed when this run began. `partitions`: absent in checkpoints of 0.1.0. */
type FilePlan = Readonly<{
  epoch: Epoch;
  base: Epoch | null;
  names: readonly string[];
  partitions?: PartitionState | undefined;
}>;

export type CommitTarget = Readonly<{
  table: string;
  directory: string;
  /** Of the job. */
  jobTag: string;
  /** Of the sink within the job's directory. */
  sinkTag: string;
  /** Whether part files stand in directories of their own. */
  partitioned: boolean;
  /** The empty file that a partition gets when it is complete; null: none. */
  successFile: string | null;
  partitionCommit: PartitionCommit;
}>;

export class FilesystemCommitter implements Committer {
  readonly #target: CommitTarget;
  #base: Epoch | null = null;
  #waiting: readonly string[] = [];

  constructor(target: CommitTarget) {
    this.#target = target;
  }

  async open(): Promise<void> {
    await this.#do(() => mkdir(this.#target.directory, { recursive: true }));
  }

  async recover(plan: CommitPlan | null, { force }: { force: boolean }): Promise<void> {
    const landed = await this.#do(() => this.#readMark());
    if (plan !== null) {
      const filePlan = plan as FilePlan;
      if (landed !== null && !force && !follows(filePlan, landed)) throw this.#fellBack(filePlan.epoch, landed);
      await this.commit(plan);
      this.#waiting = filePlan.partitions?.waiting ?? [];
    }
    this.#base = await this.#do(() => this.#readMark());
    await this.#do(() => this.#removeInProgress());
  }

  async prepare(epoch: Epoch, committables: readonly Committable[], info: CommitInfo): Promise<CommitPlan> {
    const names = committables.map(({ name }) => name as string);
    const watermark = info.final === true ? Infinity : info.watermark;
    const written = this.#target.successFile === null ? [] : names.map((name) => dirname(name));
    const partitions = partitionState(this.#target.partitionCommit, this.#waiting, written, watermark);
    this.#waiting = partitions.waiting;
    const plan: FilePlan = { epoch, base: this.#base, names, partitions };
    return plan;
  }

  async commit(plan: CommitPlan): Promise<void> {
    const { names, epoch, partitions } = plan as FilePlan;
    for (const name of names) await this.#do(() => this.#show(name));
    await this.#do(async () => {
      for (const folder of new Set(names.map((name) => dirname(name))))
        await syncDirectory(join(this.#target.directory, folder));
      for (const folder of partitions?.complete ?? []) await this.#completed(folder);
      await this.#writeMark(epoch);
    });
  }

  async close(): Promise<void> {}

  async #completed(below: string): Promise<void> {
    const { directory, successFile } = this.#target;
    const folder = join(directory, below);
    if (successFile !== null) await writeFile(join(folder, successFile), '');
    await syncDirectory(folder);
  }

  async #show(name: string): Promise<void> {
    const { directory, table } = this.#target;
    const visible = join(directory, name);
    if (await exists(visible)) return;
    try {
      await rename(join(directory, dirname(name), pendingName(basename(name))), visible);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
      throw new EngineError(
        'COMMIT',
        `${table}: expected the part file ${name}, still hidden, in ${directory}, found none`,
        {
          cause,
          hint: 'Something removed it: its rows are lost here. Restore an older checkpoint, or start the job afresh.',
        },
      );
    }
  }

  /** Nobody's files, of an attempt that crashed. No writer of this job runs yet. */
  async #removeInProgress(): Promise<void> {
    const { directory, jobTag, partitioned } = this.#target;
    for (const name of await readdir(directory, { recursive: partitioned })) {
      if (isInProgress(basename(name), jobTag)) await rm(join(directory, name), { force: true });
    }
  }

  get #markPath(): string {
    return join(this.#target.directory, `.millrace-${this.#target.jobTag}-${this.#target.sinkTag}.json`);
  }

  async #readMark(): Promise<Epoch | null> {
    try {
      return JSON.parse(await readFile(this.#markPath, 'utf8')) as Epoch;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw cause;
    }
  }

  async #writeMark(epoch: Epoch): Promise<void> {
    const temporary = `${this.#markPath}.tmp`;
    await using file = await open(temporary, 'w');
    await file.writeFile(JSON.stringify({ runId: epoch.runId, checkpointId: epoch.checkpointId }));
    await file.sync();
    await rename(temporary, this.#markPath);
  }

  #fellBack(restored: Epoch, landed: Epoch): EngineError {
    const { table, directory } = this.#target;
    return new EngineError(
      'CONFLICT',
      `${table}: expected to go on behind checkpoint ${landed.checkpointId} of run ${landed.runId}, which ${directory} shows, ` +
        `got checkpoint ${restored.checkpointId} of run ${restored.runId}: rows would be written twice`,
      { hint: 'Restore the newest checkpoint, remove the files that came later, or force it.' },
    );
  }

  async #do<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (cause) {
      throw writeError(this.#target.directory, cause);
    }
  }
}

/** Whether a restored epoch is not behind the one that landed: it is that one, a later one of its run, or its run began there. */
function follows({ epoch, base }: FilePlan, landed: Epoch): boolean {
  if (landed.runId === epoch.runId) return landed.checkpointId <= epoch.checkpointId;
  return base !== null && base.runId === landed.runId && base.checkpointId === landed.checkpointId;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw cause;
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}
