/**
 * What a sink leaves in its table to know what of it has landed: a table property, set in the same commit as the rows, so that it outlives
 * expired snapshots; and keys in the summary of each snapshot.
 */
import { EngineError } from '../model/errors.ts';
import type { TableMetadata } from './table-metadata.ts';

/** The last epoch of a run that landed, and the generation (claim) that committed it. */
export type LandedRun = Readonly<{ run: string; checkpoint: number; generation: number }>;

export type SinkMarks = Readonly<{
  /** Rises with every claim: who sees a higher one than his own has been replaced. */
  generation: number;
  /** The newest first. */
  runs: readonly LandedRun[];
}>;

const maxRuns = 8; // older runs are forgotten: falling back behind them is refused without knowing them

function marksKey(sinkId: string): string {
  return `millrace.sink.${sinkId}`;
}

export function readMarks(metadata: TableMetadata, sinkId: string): SinkMarks {
  const text = metadata.properties?.[marksKey(sinkId)];
  if (text === undefined) return { generation: 0, runs: [] };
  try {
    return JSON.parse(text) as SinkMarks;
  } catch (cause) {
    throw new EngineError('COMMIT', `table property '${marksKey(sinkId)}': expected JSON, got '${text}'`, { cause });
  }
}

export function printMarks(sinkId: string, marks: SinkMarks): Record<string, string> {
  return { [marksKey(sinkId)]: JSON.stringify(marks) };
}

export function withLanded(marks: SinkMarks, landed: LandedRun): SinkMarks {
  return { ...marks, runs: [landed, ...marks.runs.filter(({ run }) => run !== landed.run)].slice(0, maxRuns) };
}

export function hasLanded(marks: SinkMarks, run: string, checkpoint: number): boolean {
  return marks.runs.some((landed) => landed.run === run && landed.checkpoint >= checkpoint);
}

/** What landed after the epoch, by the same run or by a later claim; null when nothing did. */
export function landedBeyond(marks: SinkMarks, epoch: LandedRun): LandedRun | null {
  const newest = marks.runs[0];
  if (newest === undefined) return null;
  const isBeyond =
    newest.run === epoch.run ? newest.checkpoint > epoch.checkpoint : newest.generation > epoch.generation;
  return isBeyond ? newest : null;
}
