/** What a step changes, in lines of before and after. The first is always the state. */
import type { PlanStep } from '../../model/change-plan.ts';
import type { Release } from '../../model/deployment.ts';
import { canonicalHash } from './canonical-json.ts';
import type { Seen } from './scene.ts';

type DiffLine = PlanStep['diff'][number];

export type After = Readonly<{
  state: 'running' | 'suspended';
  /** That is run from then on; null: as before. */
  release: Release | null;
}>;

const shortDigest = 12; // hex digits that a person compares

export function stepDiff(before: Seen | null, after: After): DiffLine[] {
  const state: DiffLine = { field: 'state', before: before?.state ?? null, after: after.state };
  if (after.release === null) return [state];
  const { engine, parameters, parallelism, digest } = after.release;
  const lines: DiffLine[] = [
    { field: 'engine', before: before?.engine ?? null, after: engine },
    { field: 'release', before: before?.digest.slice(0, shortDigest) ?? null, after: digest.slice(0, shortDigest) },
    ...textLine('spec', before, after.release.spec),
    ...textLine('script', before, after.release.script),
    { field: 'parallelism', before: numberText(before?.parallelism ?? null), after: numberText(parallelism) },
    ...parameterLines(before?.parameters ?? {}, parameters),
  ];
  return [state, ...lines.filter((line) => line.before !== line.after)];
}

/** Texts by the beginning of their hash; nothing where the one before is not known. */
function textLine(field: 'spec' | 'script', before: Seen | null, after: string): DiffLine[] {
  if (before === null || before.release === null) return [];
  const short = (text: string): string => canonicalHash(text).slice(0, shortDigest);
  return [{ field, before: short(before.release[field]), after: short(after) }];
}

function parameterLines(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly DiffLine[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.map((name) => ({ field: name, before: before[name] ?? null, after: after[name] ?? null }));
}

function numberText(value: number | null): string | null {
  return value === null ? null : String(value);
}
