/**
 * How a job is doing, while it runs: on a terminal one line that is written again and again, else a line every ten seconds.
 */
import type { Clock } from '../engine/clock.ts';
import { formatTimestamp } from '../model/calendar.ts';
import type { JobStatus, SubtaskStatus } from '../model/job-status.ts';
import { bytesText, countText, durationText } from './human.ts';
import { eraseLine, liveIntervalMs, plainIntervalMs } from './progress-line.ts';
import type { Terminal } from './terminal.ts';

type Sample = Readonly<{ time: number; records: number }>;

/** `orders RUNNING · 1.20 M rec/s · …`. The rate is that since `before`, or since the start. */
export function progressText(status: JobStatus, before: Sample | null): string {
  const { records } = sampleOf(status);
  const since = before ?? { time: status.startTime, records: 0 };
  const seconds = (status.now - since.time) / 1_000;
  const rate = seconds <= 0 ? 0 : Math.max(0, records - since.records) / seconds;
  const parts = [
    `${status.name} ${status.state}`,
    `${countText(rate)} rec/s (${countText(records)})`,
    ...lagText(status),
    ...watermarkText(status),
    ...checkpointText(status),
    ...(status.restarts > 0 ? [`${status.restarts} restart${status.restarts === 1 ? '' : 's'}`] : []),
  ];
  return parts.join(' · ');
}

export function sampleOf(status: JobStatus): Sample {
  const records = sourcesOf(status).reduce((sum, subtask) => sum + subtask.recordsIn, 0);
  return { time: status.now, records };
}

function sourcesOf(status: JobStatus): SubtaskStatus[] {
  return status.vertices.filter((vertex) => vertex.source).flatMap((vertex) => vertex.subtasks);
}

function lagText(status: JobStatus): string[] {
  const splits = sourcesOf(status).flatMap((subtask) => subtask.splits);
  if (splits.length === 0) return [];
  const records = splits.reduce((sum, split) => sum + (Number.isFinite(split.records) ? split.records : 0), 0);
  const seconds = Math.max(0, ...splits.map((split) => split.seconds).filter(Number.isFinite));
  return [`lag ${countText(records)} (${durationText(seconds * 1_000)})`];
}

/** That of the slowest source subtask. */
function watermarkText(status: JobStatus): string[] {
  const watermarks = sourcesOf(status).map((subtask) => subtask.watermark ?? -Infinity);
  const least = Math.min(...watermarks);
  if (!Number.isFinite(least)) return [];
  return [`watermark ${formatTimestamp(least, 0, { separator: ' ', fraction: 'trim', suffix: 'Z' })}`];
}

function checkpointText(status: JobStatus): string[] {
  const last = status.checkpoints.history.find((checkpoint) => checkpoint.status === 'COMPLETED');
  if (last === undefined) return [];
  return [`checkpoint ${last.id} (${durationText(last.durationMs)}, ${bytesText(last.sizeBytes)})`];
}

export type Progress = Readonly<{
  /** Writes a line of talk above the live line. */
  say(text: string): void;
  /** Ends it, leaving the last line. */
  stop(): Promise<void>;
}>;

/** Shows `status` on the terminal until it is stopped. `quiet`: only what is said. */
export function showProgress(status: () => JobStatus, terminal: Terminal, clock: Clock, quiet: boolean): Progress {
  const isLive = terminal.isTerminal && !quiet;
  const ending = new AbortController();
  let before: Sample | null = null;
  let shown = '';
  const draw = async (): Promise<void> => {
    const current = status();
    shown = progressText(current, before);
    before = sampleOf(current);
    await terminal.write(isLive ? eraseLine + shown.slice(0, terminal.columns - 1) : `${shown}\n`);
  };
  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await clock.sleep(isLive ? liveIntervalMs : plainIntervalMs, ending.signal);
      if (!ending.signal.aborted) await draw();
    }
    if (isLive && shown !== '') await draw().then(() => terminal.write('\n'));
  };
  const running = quiet ? Promise.resolve() : loop();
  return {
    say: (text) => void terminal.write(`${isLive && shown !== '' ? eraseLine : ''}${text}\n`),
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}
