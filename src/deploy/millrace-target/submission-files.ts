/**
 * What the target remembers on disk, so that the same submission is known again by a later process:
 *
 *     submissions/<job id>/submission.json   which deployment, and the run that its checkpoints were of before it
 *     submissions/<job id>/job.yaml          what is run: the spec with its script
 *     submissions/<job id>/report.json       by the job's process (run-report.ts)
 *     submissions/<job id>/end.json          how that process ended
 *     jobs/<environment>/<job>/              the job's data directory: checkpoints, savepoints, lake, log/
 *     jobs/<environment>/<job>/starts.json   ids of its submissions, newest first
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointStore } from '../../engine/checkpoint-store.ts';
import { inlineSpec } from '../../job/inline-spec.ts';
import type { DeploymentKey, RestoreFrom, Submission, TargetJob } from '../../model/deployment.ts';
import {
  type CheckpointPlace,
  type RunOutcome,
  type RunReport,
  readJson,
  readRunReport,
  writeWhole,
} from './run-report.ts';

const keptSubmissions = 8; // of a deployment

export type SubmissionRecord = Readonly<{
  jobId: string;
  job: string;
  environment: string;
  parallelism: number | null;
  /** ms since 1970. */
  time: number;
  restore: RestoreFrom;
  /** Of the checkpoints as they were found; null: none. `newest`: path of the newest checkpoint. */
  formerRun: Readonly<{ runId: string; finished: boolean; newest: string | null }> | null;
}>;

/** How a process ended. `last`: what was seen of the job before. */
export type SubmissionEnd = Readonly<{ time: number; outcome: RunOutcome; last: TargetJob | null }>;

/** What the checkpoints say of a submission. */
export type RunState = Readonly<{
  /** It has a run or a checkpoint of its own: from here on it goes on from that, and not from where it was told to start. */
  begun: boolean;
  finished: boolean;
  /** The newest checkpoint or savepoint that it can go on from, or would have started from. */
  newest: string | null;
  newestTime: number | null;
}>;

export class SubmissionFiles {
  readonly #root: string;

  /** `root`: the data directory of the control plane, absolute. */
  constructor(root: string) {
    this.#root = root;
  }

  dataDirectory({ environment, job }: DeploymentKey): string {
    return join(this.#root, 'jobs', environment, job);
  }

  specPath(jobId: string): string {
    return join(this.#directory(jobId), 'job.yaml');
  }

  reportPath(jobId: string): string {
    return join(this.#directory(jobId), 'report.json');
  }

  find(jobId: string): SubmissionRecord | null {
    return readJson(join(this.#directory(jobId), 'submission.json')) as SubmissionRecord | null;
  }

  report(jobId: string): RunReport | null {
    return readRunReport(this.reportPath(jobId));
  }

  end(jobId: string): SubmissionEnd | null {
    return readJson(join(this.#directory(jobId), 'end.json')) as SubmissionEnd | null;
  }

  writeEnd(jobId: string, end: SubmissionEnd): void {
    writeWhole(join(this.#directory(jobId), 'end.json'), JSON.stringify(end));
  }

  /** Writes it down, its record last, and forgets the oldest ones of the deployment. */
  async create({ jobId, release, restore }: Submission, time: number): Promise<SubmissionRecord> {
    const { job, environment, parallelism } = release;
    const formerRun = await this.#formerRun(release);
    const record: SubmissionRecord = { jobId, job, environment, parallelism, time, restore, formerRun };
    mkdirSync(this.#directory(jobId), { recursive: true, mode: 0o700 });
    writeFileSync(this.specPath(jobId), inlineSpec(release.spec, release.script), { mode: 0o600 });
    const starts = [jobId, ...this.starts(release)];
    mkdirSync(this.dataDirectory(release), { recursive: true });
    writeWhole(this.#startsPath(release), JSON.stringify(starts.slice(0, keptSubmissions)));
    writeWhole(join(this.#directory(jobId), 'submission.json'), JSON.stringify(record));
    for (const old of starts.slice(keptSubmissions)) rmSync(this.#directory(old), { recursive: true, force: true });
    return record;
  }

  /** Ids of a deployment's submissions, newest first. */
  starts(key: DeploymentKey): readonly string[] {
    return (readJson(this.#startsPath(key)) ?? []) as string[];
  }

  async runState({ jobId, formerRun, restore, ...key }: SubmissionRecord): Promise<RunState> {
    const store = new CheckpointStore(this.report(jobId)?.checkpoints ?? this.#placeOf(key));
    const run = await store.readRun();
    const checkpoint = run === null ? null : await store.latestOf(run);
    const isSameRun = run?.runId === formerRun?.runId;
    const begun = run !== null && (!isSameRun || (checkpoint?.path ?? null) !== (formerRun?.newest ?? null));
    const finished = run?.finished === true && !(isSameRun && formerRun?.finished === true);
    const goesOn = (begun || restore.kind === 'latest') && run?.finished !== true;
    if (goesOn)
      return { begun, finished, newest: checkpoint?.path ?? null, newestTime: checkpoint?.metadata.time ?? null };
    return { begun, finished, newest: restore.kind === 'savepoint' ? restore.path : null, newestTime: null };
  }

  async #formerRun(key: DeploymentKey): Promise<SubmissionRecord['formerRun']> {
    const store = new CheckpointStore(this.#placeOf(key));
    const run = await store.readRun();
    if (run === null) return null;
    const newest = await store.latestOf(run);
    return { runId: run.runId, finished: run.finished, newest: newest?.path ?? null };
  }

  /** Where its last process said that its checkpoints are; where they are by default. */
  #placeOf(key: DeploymentKey): CheckpointPlace {
    const reported = this.starts(key).map((jobId) => this.report(jobId)?.checkpoints ?? null);
    const directory = this.dataDirectory(key);
    const preset = {
      checkpointDirectory: join(directory, 'checkpoints'),
      savepointDirectory: join(directory, 'savepoints'),
      jobName: key.job,
      retained: 1,
    };
    return reported.find((place) => place !== null) ?? preset;
  }

  #directory(jobId: string): string {
    return join(this.#root, 'submissions', jobId);
  }

  #startsPath(key: DeploymentKey): string {
    return join(this.dataDirectory(key), 'starts.json');
  }
}
