/**
 * A deployment: one job of the catalogue in one environment, on one engine. The control plane (src/deploy/control) keeps what is wanted and
 * what is seen, and brings the second to the first. States are those of Flink's Kubernetes operator.
 */
import type { JobState } from './job-status.ts';

export type JobEngine = 'millrace' | 'flink';
export const jobEngines: readonly JobEngine[] = ['millrace', 'flink'];

/** Names of jobs and environments. */
export const deploymentNamePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;

export type DeploymentKey = Readonly<{ job: string; environment: string }>;

/** `staging/creator-analytics`: what logs, labels and the store call it. */
export function deploymentId({ job, environment }: DeploymentKey): string {
  return `${environment}/${job}`;
}

export const lifecycleStates = [
  'CREATED', // wanted, nothing has been started yet
  'SUSPENDED', // stopped on purpose, with what it needs to go on
  'UPGRADING', // between two versions: the old one stops, the new one has not been submitted
  'DEPLOYED', // submitted, not known to be stable
  'STABLE', // ran for the time and with the checkpoints that make a version one to go back to
  'ROLLING_BACK', // was not stable in time: going back to the last stable version
  'ROLLED_BACK', // runs the last stable version in place of the wanted one
  'FAILED', // nothing more will be tried without a person
] as const;
export type LifecycleState = (typeof lifecycleStates)[number];

/**
 * What is run: all of it, so that an old one can be run again without the files it came from. Immutable; secrets are not in it (parameters
 * of the type `secret` are read where the job starts).
 */
export type Release = Readonly<{
  job: string;
  environment: string;
  engine: JobEngine;
  /** sha256 in hex over everything else here. */
  digest: string;
  /** The job spec's YAML and the script's SQL, as they were; `directory` is where they stood, for files that they name. */
  spec: string;
  script: string;
  directory: string;
  /** Given values by parameter; what is not here has the spec's default. */
  parameters: Readonly<Record<string, string>>;
  parallelism: number | null;
  team: string | null;
}>;

/** From where a start takes its state. `latest`: the newest checkpoint or savepoint of the deployment, if there is one. */
export type RestoreFrom =
  | Readonly<{ kind: 'latest' }>
  | Readonly<{ kind: 'none' }>
  | Readonly<{ kind: 'savepoint'; path: string }>;

/** One start of a release. */
export type Submission = Readonly<{
  /** 32 hex digits, chosen by us: the same submission again finds the job that is there. */
  jobId: string;
  release: Release;
  restore: RestoreFrom;
}>;

/** What an engine says of a job, in one form for both. Times in ms since 1970. */
export type TargetJob = Readonly<{
  jobId: string;
  name: string;
  /** `ABSENT`: the engine does not know it (any more). */
  state: JobState | 'ABSENT';
  startTime: number | null;
  endTime: number | null;
  parallelism: number | null;
  restarts: number;
  checkpoints: Readonly<{ completed: number; failed: number; latestTime: number | null; latestPath: string | null }>;
  /** Records behind the ends of the sources; null where it is not known. */
  lagRecords: number | null;
  recordsIn: number | null;
  recordsOut: number | null;
  /** ms; null: none. */
  watermark: number | null;
  /** Newest first, at the most 16. */
  exceptions: readonly Readonly<{ time: number; task: string | null; text: string }>[];
  /** Where people look at it: a URL. */
  view: string | null;
}>;

export type StopOptions = Readonly<{
  savepoint: boolean;
  /** Lets windows fire before the end. */
  drain: boolean;
  /** 32 hex digits: the same again asks for the same savepoint. */
  triggerId: string;
}>;

/**
 * An engine that runs jobs: this process's children, a remote `millrace serve`, a Flink cluster. Every call may be repeated with the same ids
 * after a time-out or a crash and then has happened once. Errors: CONNECTION and TIMEOUT are retryable and say nothing of whether it was
 * done; NOT_FOUND, INVALID_OPTION, PERMISSION, UNSUPPORTED will come again.
 */
export interface JobTarget {
  readonly engine: JobEngine;
  /** Resolves when the engine has taken the job; not when it runs. */
  start(submission: Submission): Promise<void>;
  observe(jobId: string): Promise<TargetJob>;
  /** All that this engine runs, ours or not. */
  list(): Promise<readonly TargetJob[]>;
  /** Resolves when the job has ended, with the path of the savepoint, or null without one. */
  stop(jobId: string, options: StopOptions): Promise<string | null>;
  /** Resolves with its path. */
  savepoint(jobId: string, triggerId: string): Promise<string>;
  /** The last lines of its log, oldest first. UNSUPPORTED where the engine gives none. */
  logs(jobId: string, lines: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The health of a deployment, a verdict for each thing looked at. */
export type HealthCheck = Readonly<{
  name: 'liveness' | 'progress' | 'checkpoint-age' | 'lag' | 'restarts';
  verdict: 'ok' | 'warning' | 'failing' | 'unknown';
  text: string;
}>;

/** What anyone who may see a deployment is shown. */
export type DeploymentView = Readonly<{
  job: string;
  environment: string;
  engine: JobEngine;
  team: string | null;
  state: LifecycleState;
  wanted: 'running' | 'suspended';
  /** Counts each change of what is wanted; plans name the one they saw. */
  version: number;
  release: Readonly<{
    number: number;
    digest: string;
    parameters: Readonly<Record<string, string>>;
    parallelism: number | null;
  }>;
  lastStableRelease: number | null;
  jobId: string | null;
  observed: TargetJob | null;
  health: readonly HealthCheck[];
  savepoints: readonly Readonly<{ path: string; time: number }>[];
  /** Of the last thing that went wrong; null while nothing does. */
  error: string | null;
  updatedAt: number;
}>;
