/** When a partition of files is complete: what writes its success file (Flink's PartitionCommitTrigger). */
import { partitionValues } from '../formats/partition-path.ts';
import { parseSqlTimestamp } from '../model/calendar.ts';
import { EngineError } from '../model/errors.ts';

/** `process-time`: as soon as files appear. `partition-time`: when the watermark has passed the partition's time and the delay. */
export type PartitionCommit = Readonly<{
  trigger: 'process-time' | 'partition-time';
  delayMs: number;
  keys: readonly string[];
  defaultName: string;
  /** `$day $hour:00:00`: the partition's time from its columns; null: the first column is it. */
  timestampPattern: string | null;
}>;

/** Partitions whose files appeared and that are not complete yet, by their directories. */
export type PartitionState = Readonly<{ complete: readonly string[]; waiting: readonly string[] }>;

/** `written`: directories that get files now; `waiting`: those from before. `watermark` in ms; Infinity: the input has ended. */
export function partitionState(
  commit: PartitionCommit,
  waiting: readonly string[],
  written: readonly string[],
  watermark: number | null,
): PartitionState {
  const directories = [...new Set([...waiting, ...written])];
  if (commit.trigger === 'process-time') return { complete: directories, waiting: [] };
  const isComplete = (directory: string): boolean =>
    watermark !== null && watermark > partitionTime(directory, commit) + commit.delayMs;
  return {
    complete: directories.filter(isComplete),
    waiting: directories.filter((directory) => !isComplete(directory)),
  };
}

/** ms since 1970, the partition's wall time read as UTC. Throws EVALUATION where its columns make no time. */
function partitionTime(directory: string, { keys, defaultName, timestampPattern }: PartitionCommit): number {
  const values = partitionValues(`${directory}/`, keys, defaultName);
  const pattern = timestampPattern ?? `$${keys[0]}`;
  const text = keys.reduce((rest, key, i) => rest.replaceAll(`$${key}`, values[i] ?? ''), pattern);
  const time = parseSqlTimestamp(
    /^[^:]+ \d\d:\d\d$/.test(text) ? `${text}:00` : text.includes(':') ? text : `${text} 00:00:00`,
    3,
  );
  if (time !== null) return Number(time);
  throw new EngineError(
    'EVALUATION',
    `partition ${directory}: expected a time by the pattern '${pattern}', got '${text}'`,
    {
      hint: "Set 'partition.time-extractor.timestamp-pattern' so that the columns make yyyy-MM-dd HH:mm:ss.",
    },
  );
}
