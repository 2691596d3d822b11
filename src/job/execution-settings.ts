/** From checked settings to what the engine and the job builder take. */
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../model/errors.ts';
import type { ExecutionSettings, RestartStrategy } from '../model/job-graph.ts';
import type { Options } from '../model/options.ts';
import { timeZone } from '../model/time-zone.ts';
import { deadLetterTarget } from '../sinks/dead-letter-options.ts';
import { deadLetterPrefix } from './millrace-settings.ts';

const deadLetterPathKey = `${deadLetterPrefix}path`;

export type ExecutionOptions = Readonly<{
  /** Absolute. */
  dataDirectory: string;
  /** Absolute; relative paths in settings are resolved against it. */
  workingDirectory: string;
}>;

/** How a job is run. Throws UNSUPPORTED for checkpoints that are not local files. */
export function executionSettings(settings: Options, options: ExecutionOptions): ExecutionSettings {
  const directory = (key: string, fallback: string): string =>
    directoryOf(settings.optionalString(key), fallback, key, options);
  return {
    checkpointIntervalMs: settings.number('execution.checkpointing.interval'),
    checkpointTimeoutMs: settings.number('execution.checkpointing.timeout'),
    retainedCheckpoints: settings.number('execution.checkpointing.num-retained'),
    tolerableFailedCheckpoints: settings.number('execution.checkpointing.tolerable-failed-checkpoints'),
    checkpointDirectory: directory('execution.checkpointing.dir', 'checkpoints'),
    savepointDirectory: directory('execution.checkpointing.savepoint-dir', 'savepoints'),
    restart: restartStrategy(settings),
    deadLetter: deadLetterSettings(settings, options),
  };
}

function directoryOf(text: string | undefined, fallback: string, key: string, options: ExecutionOptions): string {
  if (text === undefined) return join(options.dataDirectory, fallback);
  if (text.startsWith('file:')) return pathOfUrl(text, key);
  if (/^[a-z][a-z0-9+.-]+:/i.test(text)) {
    throw new EngineError('UNSUPPORTED', `SET '${key}': expected a local path or file: URL, got '${text}'`, {
      hint: 'Checkpoints on object stores are not built: keep them on a disk that outlives the process.',
    });
  }
  return isAbsolute(text) ? text : resolve(options.workingDirectory, text);
}

function pathOfUrl(text: string, key: string): string {
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw new EngineError('INVALID_OPTION', `SET '${key}': expected a file: URL of this machine, got '${text}'`, {
      cause,
      hint: 'Write file:///absolute/path.',
    });
  }
}

function restartStrategy(settings: Options): RestartStrategy {
  const of = (name: string) => settings.number(`restart-strategy.${name}`);
  switch (settings.string('restart-strategy.type')) {
    case 'fixed-delay':
      return { kind: 'fixed-delay', attempts: of('fixed-delay.attempts'), delayMs: of('fixed-delay.delay') };
    case 'failure-rate':
      return {
        kind: 'failure-rate',
        maxFailures: of('failure-rate.max-failures-per-interval'),
        intervalMs: of('failure-rate.failure-rate-interval'),
        delayMs: of('failure-rate.delay'),
      };
    case 'exponential-delay':
      return exponentialDelay(of, settings);
    default:
      return { kind: 'none' };
  }
}

function exponentialDelay(of: (name: string) => number, settings: Options): RestartStrategy {
  const initialMs = of('exponential-delay.initial-backoff');
  const maxMs = of('exponential-delay.max-backoff');
  if (initialMs > maxMs) {
    throw new EngineError(
      'INVALID_OPTION',
      `SET 'restart-strategy.exponential-delay.initial-backoff': expected at the most max-backoff (${maxMs} ms), got ${initialMs} ms`,
    );
  }
  return {
    kind: 'exponential-delay',
    initialMs,
    maxMs,
    multiplier: of('exponential-delay.backoff-multiplier'),
    resetMs: of('exponential-delay.reset-backoff-threshold'),
    jitter: of('exponential-delay.jitter-factor'),
    attempts: settings.optionalNumber('restart-strategy.exponential-delay.attempts-before-reset-backoff') ?? Infinity,
  };
}

function deadLetterSettings(
  settings: Options,
  { workingDirectory }: ExecutionOptions,
): Readonly<Record<string, unknown>> {
  const own = Object.fromEntries([...settings.entries()].filter(([key]) => key.startsWith(deadLetterPrefix)));
  const target = deadLetterTarget(own); // refuses a mode that lacks what it needs
  return target.mode === 'file' ? { ...own, [deadLetterPathKey]: resolve(workingDirectory, target.path) } : own;
}

/** `table.local-time-zone`, checked. `default` is the machine's zone, as in Flink. */
export function sessionTimeZone(settings: Options, machineZone: string): string {
  const name = settings.string('table.local-time-zone');
  return name === 'default' ? machineZone : timeZone(name).name;
}

/** The parallelism that someone set, by precedence: command line, script (with the job spec's below it); null: nobody did. */
export function requestedParallelism(settings: Options, commandLine: number | null): number | null {
  if (commandLine !== null) return commandLine;
  const ofTables = settings.number('table.exec.resource.default-parallelism');
  return ofTables > 0 ? ofTables : (settings.optionalNumber('parallelism.default') ?? null);
}
