/** One job in the foreground: progress, signals, and how it ended. */
import { imbalanceText } from '../engine/balance.ts';
import type { JobResult, RunningJob } from '../engine/job.ts';
import type { JobStatus } from '../model/job-status.ts';
import type { CommandContext, JobToRun } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { durationText, groupedText } from './human.ts';
import { type Progress, sampleOf, showProgress } from './progress.ts';

export type ForegroundOptions = Readonly<{
  /** What the first signal does: keep what was done, or let it go. */
  onSignal: 'savepoint' | 'cancel';
  /** No progress, no closing line. */
  quiet: boolean;
  /** Hears of the job as soon as it runs. */
  started?: ((job: RunningJob) => void) | undefined;
  /** Hears how it ended, where it did not fail. */
  ended?: ((result: JobResult) => void) | undefined;
}>;

export type Hooks = Readonly<{
  print: (text: string) => Promise<void>;
  collect: (pipeline: number, lines: readonly string[]) => Promise<void>;
}>;

/** Resolves with the exit code; rejects with what the job failed of. */
export async function runInForeground(
  job: Omit<JobToRun, 'hooks'>,
  hooks: Hooks,
  options: ForegroundOptions,
  context: CommandContext,
): Promise<number> {
  let progress: Progress | null = null;
  const say = (text: string): void => (progress === null ? context.say(text) : progress.say(context.redact(text)));
  const running = context.runJob({ ...job, hooks: { ...hooks, warn: (message) => say(`warning: ${message}`) } });
  options.started?.(running);
  progress = showProgress(() => running.status(), context.stderr, context.clock, options.quiet);
  const release = context.onSignal(signalHandler(running, options, say, context));
  try {
    const result = await running.done;
    options.ended?.(result);
    await progress.stop();
    if (!options.quiet) context.say(closingLine(running, result));
    for (const line of imbalanceLines(running.status())) context.say(line);
    return result.kind === 'cancelled' ? exitCode.interrupted : exitCode.ok;
  } finally {
    release();
    await progress.stop();
  }
}

/** Said to the quiet, too: what is lost inside a job nobody else will find. */
function imbalanceLines({ name, audit }: JobStatus): string[] {
  const { findings } = audit;
  if (findings.length === 0) return [];
  const epochs = findings.toReversed();
  return [
    `error: ${name}: rows do not balance at ${findings.length === 1 ? 'one checkpoint' : `${findings.length} checkpoints`}: they are lost, or twice there`,
    ...epochs.flatMap(({ checkpointId, imbalances }) =>
      imbalances.map((imbalance) => `  checkpoint ${checkpointId}: ${imbalanceText(imbalance)}`),
    ),
    '  This is a fault of Millrace, not of the job: report it, with this text and the script. What was written since the checkpoint before may be wrong.',
  ];
}

/** The first signal ends the job in order, the second ends the process. */
function signalHandler(
  running: RunningJob,
  options: ForegroundOptions,
  say: (text: string) => void,
  context: CommandContext,
): () => void {
  let signals = 0;
  return () => {
    signals++;
    if (signals > 1) context.exitNow(exitCode.interrupted);
    else if (options.onSignal === 'cancel') running.cancel();
    else {
      say('stopping with a savepoint; the same signal again ends it at once …');
      running.stopWithSavepoint().catch(() => undefined); // `done` says it
    }
  };
}

function closingLine(running: RunningJob, result: JobResult): string {
  const status = running.status();
  const duration = durationText((status.endTime < 0 ? status.now : status.endTime) - status.startTime);
  const records = `${groupedText(sampleOf(status).records)} records in ${duration}`;
  switch (result.kind) {
    case 'finished':
      return `${status.name} finished: ${records}`;
    case 'stopped':
      return `${status.name} stopped: ${records}; savepoint ${result.savepoint}`;
    case 'cancelled':
      return `${status.name} cancelled: ${records}`;
  }
}
