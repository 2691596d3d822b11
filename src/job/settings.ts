/**
 * The SET keys, one table. Three classes: *obeyed*; known but *without effect* on results here (`withoutEffect`: said once, and in
 * `explain`); everything else is refused: a key that is known to change results and is not built by UNSUPPORTED with the reason, an
 * unknown one by INVALID_OPTION with the nearest known.
 */
import { EngineError } from '../model/errors.ts';
import { checkOptions, nearest, type OptionSpec, type Options } from '../model/options.ts';
import { timeZone } from '../model/time-zone.ts';
import { millraceSettings } from './millrace-settings.ts';

const largestParallelism = 32_768; // Flink's KeyGroupRangeAssignment.UPPER_BOUND_MAX_PARALLELISM

const pipelineSettings: readonly OptionSpec[] = [
  {
    key: 'parallelism.default',
    kind: 'integer',
    min: 1,
    max: largestParallelism,
    description: 'Subtasks of each operator. Unset: 4, for a source at the most its partitions.',
  },
  {
    key: 'table.exec.resource.default-parallelism',
    kind: 'integer',
    min: -1,
    max: largestParallelism,
    default: '-1',
    description: "Subtasks of each operator; wins over 'parallelism.default'. -1: unset.",
  },
  {
    key: 'pipeline.name',
    kind: 'string',
    description: 'The name of the job: its checkpoints are found by it.',
  },
  {
    key: 'pipeline.max-parallelism',
    kind: 'integer',
    min: 1,
    max: largestParallelism,
    default: '128',
    description: 'Key groups: the largest parallelism at which a savepoint can be restored.',
  },
  {
    key: 'pipeline.auto-watermark-interval',
    kind: 'duration',
    min: 0,
    default: '200 ms',
    description: 'Time between watermarks. 0: one after each row, exact to the record.',
  },
  {
    key: 'execution.runtime-mode',
    kind: 'enum',
    values: ['STREAMING', 'BATCH', 'AUTOMATIC'],
    default: 'STREAMING',
    description: 'Only STREAMING is run.',
  },
  {
    key: 'execution.state-recovery.path',
    kind: 'string',
    description: 'A checkpoint or savepoint to start from.',
  },
];

const checkpointSettings: readonly OptionSpec[] = [
  {
    key: 'execution.checkpointing.interval',
    kind: 'duration',
    min: 10,
    default: '10 s',
    description: 'Time between checkpoints.',
  },
  {
    key: 'execution.checkpointing.timeout',
    kind: 'duration',
    min: 10,
    default: '10 min',
    description: 'A checkpoint that takes longer has failed.',
  },
  {
    key: 'execution.checkpointing.dir',
    kind: 'string',
    description: "Where checkpoints are kept: a path or file: URL. Unset: 'checkpoints' in the data directory.",
  },
  {
    key: 'execution.checkpointing.savepoint-dir',
    kind: 'string',
    description: "Where savepoints are kept: a path or file: URL. Unset: 'savepoints' in the data directory.",
  },
  {
    key: 'execution.checkpointing.num-retained',
    kind: 'integer',
    min: 1,
    max: 1_000,
    default: '1',
    description: 'Whole checkpoints that are kept.',
  },
  {
    key: 'execution.checkpointing.tolerable-failed-checkpoints',
    kind: 'integer',
    min: 0,
    max: 1_000_000,
    default: '0',
    description: 'Checkpoints that may fail in a row before the job does.',
  },
];

const restartSettings: readonly OptionSpec[] = [
  {
    key: 'restart-strategy.type',
    kind: 'enum',
    values: ['exponential-delay', 'fixed-delay', 'failure-rate', 'none', 'off', 'disable'],
    default: 'exponential-delay',
    description: 'What follows a failure.',
  },
  {
    key: 'restart-strategy.fixed-delay.attempts',
    kind: 'integer',
    min: 1,
    default: '1',
    description: 'Restarts before the job fails.',
  },
  {
    key: 'restart-strategy.fixed-delay.delay',
    kind: 'duration',
    default: '1 s',
    description: 'Pause before each restart.',
  },
  {
    key: 'restart-strategy.failure-rate.max-failures-per-interval',
    kind: 'integer',
    min: 1,
    default: '1',
    description: 'Failures within the interval before the job fails.',
  },
  {
    key: 'restart-strategy.failure-rate.failure-rate-interval',
    kind: 'duration',
    default: '1 min',
    description: 'The interval in which failures are counted.',
  },
  {
    key: 'restart-strategy.failure-rate.delay',
    kind: 'duration',
    default: '1 s',
    description: 'Pause before each restart.',
  },
  {
    key: 'restart-strategy.exponential-delay.initial-backoff',
    kind: 'duration',
    min: 1,
    default: '1 s',
    description: 'Pause before the first restart.',
  },
  {
    key: 'restart-strategy.exponential-delay.max-backoff',
    kind: 'duration',
    min: 1,
    default: '1 min',
    description: 'The longest pause.',
  },
  {
    key: 'restart-strategy.exponential-delay.backoff-multiplier',
    kind: 'double',
    min: 1,
    default: '1.5',
    description: 'Each pause is so many times the one before.',
  },
  {
    key: 'restart-strategy.exponential-delay.reset-backoff-threshold',
    kind: 'duration',
    min: 1,
    default: '1 h',
    description: 'Healthy for this long: the pauses start anew.',
  },
  {
    key: 'restart-strategy.exponential-delay.jitter-factor',
    kind: 'double',
    min: 0,
    max: 1,
    default: '0.1',
    description: 'A part of the pause that is added or taken away at random.',
  },
  {
    key: 'restart-strategy.exponential-delay.attempts-before-reset-backoff',
    kind: 'integer',
    min: 1,
    description: 'Restarts before the job fails. Unset: any number.',
  },
];

const tableSettings: readonly OptionSpec[] = [
  {
    key: 'table.local-time-zone',
    kind: 'string',
    default: 'default',
    description: "The session's time zone: a name such as Europe/Paris or GMT+08:00. 'default': the machine's.",
  },
  {
    key: 'table.exec.source.idle-timeout',
    kind: 'duration',
    min: 0,
    default: '0 ms',
    description: 'A split without a row for this long no longer holds the watermark back. 0: it always does.',
  },
  {
    key: 'table.exec.sink.not-null-enforcer',
    kind: 'enum',
    values: ['ERROR', 'DROP'],
    default: 'ERROR',
    description: 'A NULL for a NOT NULL column of a sink fails the job, or drops the row.',
  },
  {
    key: 'table.exec.sink.type-length-enforcer',
    kind: 'enum',
    values: ['IGNORE', 'TRIM_PAD', 'ERROR'],
    default: 'IGNORE',
    description:
      "TRIM_PAD: texts and bytes are cut to the length of a sink's column, and CHAR and BINARY filled up. ERROR: another length fails the job.",
  },
  {
    key: 'table.exec.sink.nested-constraint-enforcer',
    kind: 'enum',
    values: ['IGNORE', 'ROWS', 'ROWS_AND_COLLECTIONS'],
    default: 'IGNORE',
    description:
      "NOT NULL and lengths are enforced within the rows, and the arrays and maps, of a sink's columns, too. TRIM_PAD reaches into rows alone.",
  },
  {
    key: 'table.exec.legacy-cast-behaviour',
    kind: 'enum',
    values: ['DISABLED'],
    default: 'DISABLED',
    description: 'A CAST that fails fails the job; ENABLED is not built.',
  },
  {
    key: 'table.optimizer.non-deterministic-update.strategy',
    kind: 'enum',
    values: ['IGNORE'],
    default: 'IGNORE',
    description:
      'What was looked up, or drawn, for a row is not kept for when the row is taken back; TRY_RESOLVE is not built.',
  },
  {
    key: 'table.exec.state.ttl',
    kind: 'duration',
    default: '0 ms',
    description: 'How long state that is not written is kept, in operators without windows; 0 = for ever.',
  },
  {
    key: 'table.exec.emit.early-fire.enabled',
    kind: 'boolean',
    default: 'false',
    description: 'Results of a window in GROUP BY before its end, which are updated. Not of window functions.',
  },
  {
    key: 'table.exec.emit.early-fire.delay',
    kind: 'duration',
    min: 0,
    description: 'Processing time between early results, from the first row on; 0 = with every row.',
  },
  {
    key: 'table.exec.emit.late-fire.enabled',
    kind: 'boolean',
    default: 'false',
    description: 'Results of a window in GROUP BY after its end, when rows come late. Not of window functions.',
  },
  {
    key: 'table.exec.emit.late-fire.delay',
    kind: 'duration',
    min: 0,
    description: 'Processing time between late results; 0 = with every row.',
  },
  {
    key: 'table.exec.emit.allow-lateness',
    kind: 'duration',
    min: 0,
    description:
      'How late rows may be for late results, by the watermark. Without late results it does nothing, as in Flink.',
  },
  {
    key: 'table.exec.sink.upsert-materialize',
    kind: 'enum',
    values: ['NONE', 'AUTO', 'FORCE'],
    default: 'AUTO',
    description:
      'Whether rows are ordered before a sink by its primary key: never, where updates come by another key, or always.',
  },
  {
    key: 'table.exec.sink.keyed-shuffle',
    kind: 'enum',
    values: ['NONE', 'AUTO', 'FORCE'],
    default: 'AUTO',
    description:
      'Whether changes are dealt out by the primary key of a sink: never, where its parallelism is another one, or always.',
  },
  {
    key: 'table.exec.source.cdc-events-duplicate',
    kind: 'boolean',
    default: 'false',
    description:
      'Whether sources of changes may tell one twice: then the newest row by PRIMARY KEY is kept, and repetitions go.',
  },
  { key: 'table.sql-dialect', kind: 'enum', values: ['default'], description: "Flink's own SQL; hive is not built." },
];

/** A key ending in a dot stands for all that begin with it. */
const withoutEffect: readonly (readonly [string, string])[] = [
  ['execution.attached', 'A job runs in the foreground.'],
  ['execution.buffer-timeout.', 'Batches are sent as soon as the receiver has room.'],
  ['execution.checkpointing.checkpoints-after-tasks-finish', 'Subtasks that have finished never stop checkpoints.'],
  ['execution.checkpointing.cleaner.', 'Old checkpoints are deleted one at a time.'],
  ['execution.checkpointing.data-inline-threshold', "The layout of checkpoint files is the engine's."],
  ['execution.checkpointing.externalized-checkpoint-retention', 'Checkpoints are always kept.'],
  ['execution.checkpointing.file-merging.', "The layout of checkpoint files is the engine's."],
  ['execution.checkpointing.incremental', 'Checkpoints are whole.'],
  ['execution.checkpointing.interval-during-backlog', 'The interval is always the same.'],
  ['execution.checkpointing.local-backup.', 'Checkpoints are local.'],
  ['execution.checkpointing.max-concurrent-checkpoints', 'One checkpoint is taken at a time.'],
  ['execution.checkpointing.min-pause', 'One checkpoint is taken at a time.'],
  ['execution.checkpointing.mode', 'Checkpoints are always exactly-once.'],
  ['execution.checkpointing.snapshot-compression', "The layout of checkpoint files is the engine's."],
  ['execution.checkpointing.storage', 'Checkpoints are files.'],
  ['execution.checkpointing.unaligned.', 'Barriers are aligned.'],
  ['execution.checkpointing.write-buffer-size', "The layout of checkpoint files is the engine's."],
  ['execution.shutdown-on-attached-exit', 'A job ends with its process.'],
  ['execution.state-recovery.claim-mode', 'A savepoint is never deleted.'],
  ['execution.state-recovery.ignore-unclaimed-state', 'Whether state may be left behind is asked on the command line.'],
  ['execution.target', 'A job runs in this process.'],
  ['heartbeat.', 'There is no cluster.'],
  ['jobmanager.', 'There is no cluster.'],
  ['kubernetes.', 'There is no cluster.'],
  ['metrics.', 'Metrics are served for Prometheus.'],
  ['pipeline.classpaths', 'There is no JVM.'],
  ['pipeline.generic-types', 'There is no JVM.'],
  ['pipeline.jars', 'There is no JVM: connectors and catalogs are built in.'],
  ['pipeline.object-reuse', 'Batches are always lent.'],
  ['pipeline.operator-chaining.', 'Operators without an exchange between them are always chained.'],
  ['rest.', "The address is the command line's."],
  ['sql-client.', "How rows are shown is the command line's."],
  ['state.', 'State lies in memory.'],
  ['table.display.', "How rows are shown is the command line's."],
  ['table.dml-sync', 'An INSERT runs in the foreground.'],
  ['table.exec.async-', 'There are no asynchronous look-ups.'],
  [
    'table.exec.mini-batch.',
    'Every row that changes a result gives the new one at once; windows aggregate before the exchange in any case.',
  ],
  ['table.exec.simplify-operator-name-enabled', 'Names are always short.'],
  ['table.exec.uid.', "Operators are found by the query's shape."],
  ['table.generated-code.', 'There is no JVM.'],
  ['table.optimizer.', 'Hints to the optimizer change no results.'],
  ['taskmanager.', 'There is no cluster.'],
];

/** Keys that change results and are not built. */
const refused: readonly (readonly [string, string])[] = [
  ['table.exec.rank.', 'ranking'],
  ['table.exec.deduplicate.', 'deduplication'],
  ['table.exec.interval-join.', 'interval joins'],
  ['table.exec.sort.', 'sorting'],
  ['table.exec.spill-', 'batch mode'],
  ['table.builtin-', 'other names of the built-in catalog and database'],
  ['table.column-expansion-strategy', 'hidden columns'],
];

/** Every key, for help, docs and the check. */
export const settingSpecs: readonly OptionSpec[] = [
  ...pipelineSettings,
  ...checkpointSettings,
  ...restartSettings,
  ...tableSettings,
  ...millraceSettings,
  ...withoutEffect.map(
    ([key, description]): OptionSpec => ({
      key,
      kind: isPrefix(key) ? 'map' : 'string',
      description,
      withoutEffect: true,
    }),
  ),
];

function isPrefix(key: string): boolean {
  return key.endsWith('.') || key.endsWith('-');
}

/** The declaration of a key: an exact one, or the prefix that it begins with. undefined where there is none. */
function settingSpec(key: string): OptionSpec | undefined {
  return (
    settingSpecs.find((spec) => spec.key === key) ??
    settingSpecs.find((spec) => spec.kind === 'map' && key.startsWith(spec.key))
  );
}

/**
 * One SET. Throws INVALID_OPTION for an unknown key or a wrong value, UNSUPPORTED for what is not built. Returns why it is without
 * effect, or null where it is obeyed.
 */
export function checkSetting(key: string, value: string): string | null {
  const spec = settingSpec(key);
  if (spec === undefined) throw refusal(key);
  if (spec.withoutEffect === true) return spec.description;
  checkSettings(new Map([[key, value]]));
  return null;
}

/** All settings at once, with the defaults of those that are not set. */
export function checkSettings(given: ReadonlyMap<string, string>): Options {
  const unknown = [...given.keys()].find((key) => settingSpec(key) === undefined);
  if (unknown !== undefined) throw refusal(unknown);
  const options = checkOptions(given, settingSpecs, 'SET');
  const zone = options.string('table.local-time-zone');
  if (zone !== 'default') timeZone(zone);
  checkName(options.optionalString('pipeline.name'));
  const mode = options.string('execution.runtime-mode');
  if (mode !== 'STREAMING') {
    throw new EngineError('UNSUPPORTED', `SET 'execution.runtime-mode': expected 'STREAMING', got '${mode}'`, {
      hint: 'Bounded tables are read in streaming mode too: the job ends after the last window has fired.',
    });
  }
  return options;
}

const longestName = 200; // it is a part of paths

function checkName(name: string | undefined): void {
  if (name === undefined || (/^[^/\\\p{Cc}]+$/u.test(name) && !/^\.+$/.test(name) && name.length <= longestName))
    return;
  throw new EngineError(
    'INVALID_OPTION',
    `SET 'pipeline.name': expected a name of at the most ${longestName} characters without / and \\, got '${name}'`,
    { hint: 'Checkpoints are kept in a directory of that name.' },
  );
}

function refusal(key: string): EngineError {
  const known = refused.find(([name]) => key === name || (isPrefix(name) && key.startsWith(name)));
  if (known !== undefined) {
    return new EngineError('UNSUPPORTED', `SET '${key}': ${known[1]} is not built in Millrace`, {
      hint: 'Leave the setting out, or run the job on Flink.',
    });
  }
  const near = nearest(
    key,
    settingSpecs.filter((spec) => spec.kind !== 'map').map((spec) => spec.key),
  );
  const hint =
    near === undefined ? "Settings that are Millrace's own begin with 'millrace.'." : `Did you mean '${near}'?`;
  return new EngineError('INVALID_OPTION', `SET '${key}': unknown setting`, { hint });
}
