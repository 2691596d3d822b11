/**
 * What a cause rests on, each piece with an id that finds it again in the facts. Ids are made of numbers and fixed words alone: names of
 * elsewhere are in the texts only, cut and cleaned.
 */
import type { JobStatus } from '../../model/job-status.ts';
import { plainText } from '../../model/plain-text.ts';
import type { JobFacts } from './job-facts.ts';

export type Evidence = Readonly<{
  /** `exception:0` is the oldest; `checkpoint:17`; `vertex:1`, `subtask:1.0`, `split:1.0.2` by position; `health:lag`; `log:4`. */
  id: string;
  text: string;
  /** The figure that decided; null: a text did. */
  value: number | null;
  /** ms since 1970; null: at the time of the look. */
  at: number | null;
}>;

const maxText = 300; // UTF-16 units

/** One line of a text of elsewhere. */
export function shown(text: string, maxLength: number = maxText): string {
  return plainText(text.replace(/\s+/g, ' ').trim(), maxLength);
}

export function evidence(id: string, text: string, value: number | null = null, at: number | null = null): Evidence {
  return { id, text: shown(text), value, at };
}

/** Every id that these facts have something for. */
export function evidenceIds(facts: JobFacts): ReadonlySet<string> {
  const { status, observed, deployment, logs } = facts;
  const exceptions = status?.exceptions ?? observed?.exceptions ?? [];
  return new Set([
    'job:state',
    'job:restarts',
    ...exceptions.map((_, index) => `exception:${index}`),
    ...(observed === null ? [] : ['job:lag']),
    ...(status === null ? [] : idsOfStatus(status)),
    ...(deployment?.health ?? []).map(({ name }) => `health:${name}`),
    ...(deployment?.error == null ? [] : ['deployment:error']),
    ...logs.map((_, index) => `log:${index}`),
  ]);
}

function idsOfStatus({ vertices, checkpoints, audit }: JobStatus): string[] {
  return [
    'job:lag',
    'job:loop',
    'job:checkpoints',
    ...(audit.unbalanced === 0 ? [] : ['audit:balance']),
    ...checkpoints.history.map(({ id }) => `checkpoint:${id}`),
    ...vertices.flatMap(({ subtasks }, vertex) => [
      `vertex:${vertex}`,
      ...subtasks.flatMap(({ splits, splitTimes }, subtask) => [
        `subtask:${vertex}.${subtask}`,
        ...Array.from(
          { length: Math.max(splits.length, splitTimes.length) },
          (_, split) => `split:${vertex}.${subtask}.${split}`,
        ),
      ]),
    ]),
  ];
}
