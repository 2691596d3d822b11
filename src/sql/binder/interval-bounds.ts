/** Conditions that bound two time attributes by each other: what makes an interval join. Flink's IntervalJoinUtil. */
import type { Expression } from '../../model/expression.ts';
import { isTimestamp } from '../../model/types.ts';
import type { RelationField } from './scope.ts';

/** `left.time` from `right.time + lowerMs` to `right.time + upperMs`. The times are places in each side's row. */
export type IntervalBounds = Readonly<{
  leftTime: number;
  rightTime: number;
  lowerMs: number;
  upperMs: number;
  rest: readonly Expression[];
}>;

type Bound = Readonly<{ leftTime: number; rightTime: number; lowerMs: number | null; upperMs: number | null }>;

/**
 * null where the conditions do not bound the times in both directions, each once. Then the join is a regular one, and so it is in Flink.
 */
export function intervalBounds(
  conjuncts: readonly Expression[],
  left: readonly RelationField[],
  right: readonly RelationField[],
): IntervalBounds | null {
  const found = conjuncts.map((conjunct) => boundOf(conjunct, left, right));
  const bounds = found.filter((bound) => bound !== null);
  const [first, second] = bounds;
  const lower = bounds.filter(({ lowerMs }) => lowerMs !== null);
  const upper = bounds.filter(({ upperMs }) => upperMs !== null);
  if (first === undefined || lower.length !== 1 || upper.length !== 1) return null;
  if (second !== undefined && (second.leftTime !== first.leftTime || second.rightTime !== first.rightTime)) return null;
  return {
    leftTime: first.leftTime,
    rightTime: first.rightTime,
    lowerMs: lower[0]!.lowerMs!,
    upperMs: upper[0]!.upperMs!,
    rest: conjuncts.filter((_, i) => found[i] === null),
  };
}

const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };

function boundOf(condition: Expression, left: readonly RelationField[], right: readonly RelationField[]): Bound | null {
  if (condition.kind !== 'call' || mirrored[condition.name] === undefined) return null;
  const [a, b] = condition.args.map((arg) => shiftedTime(arg, [...left, ...right]));
  if (!a || !b) return null;
  const width = left.length;
  if (a.column < width === b.column < width) return null;
  const isLeftFirst = a.column < width;
  const [ours, theirs] = isLeftFirst ? [a, b] : [b, a];
  const times = { leftTime: ours.column, rightTime: theirs.column - width };
  if (left[times.leftTime]!.rowtime !== right[times.rightTime]!.rowtime) return null;
  const differenceMs = theirs.offsetMs - ours.offsetMs;
  return { ...times, ...limits(isLeftFirst ? condition.name : mirrored[condition.name]!, differenceMs) };
}

/** `left.time symbol right.time + differenceMs`, in whole milliseconds. */
function limits(symbol: string, differenceMs: number): Pick<Bound, 'lowerMs' | 'upperMs'> {
  switch (symbol) {
    case '<':
      return { lowerMs: null, upperMs: differenceMs - 1 };
    case '<=':
      return { lowerMs: null, upperMs: differenceMs };
    case '>':
      return { lowerMs: differenceMs + 1, upperMs: null };
    case '>=':
      return { lowerMs: differenceMs, upperMs: null };
    default:
      return { lowerMs: differenceMs, upperMs: differenceMs };
  }
}

type ShiftedTime = Readonly<{ column: number; offsetMs: number }>;

/** A time attribute, moved by constant intervals of days to seconds. */
function shiftedTime(expression: Expression, fields: readonly RelationField[]): ShiftedTime | null {
  if (expression.kind === 'column') {
    const { rowtime, proctime } = fields[expression.index]!;
    return rowtime || proctime ? { column: expression.index, offsetMs: 0 } : null;
  }
  if (expression.kind === 'cast') {
    const { arg, type } = expression;
    const isSame = isTimestamp(type) && arg.type.kind === type.kind && type.precision >= 3;
    return isSame ? shiftedTime(arg, fields) : null;
  }
  if (expression.kind !== 'call' || (expression.name !== '+' && expression.name !== '-')) return null;
  const [first, second] = expression.args as [Expression, Expression];
  const isFirstInterval = expression.name === '+' && first.type.kind === 'interval_millis';
  const [point, interval] = isFirstInterval ? [second, first] : [first, second];
  if (point === undefined || interval === undefined) return null;
  const time = shiftedTime(point, fields);
  const ms = constantMs(interval);
  if (time === null || ms === null) return null;
  return { ...time, offsetMs: time.offsetMs + (expression.name === '+' ? ms : -ms) };
}

/** A constant interval, signs and sums included. */
function constantMs(expression: Expression): number | null {
  if (expression.type.kind !== 'interval_millis') return null;
  if (expression.kind === 'literal') return expression.value === null ? null : Number(expression.value);
  if (expression.kind !== 'call') return null;
  const [first, second] = expression.args.map(constantMs);
  if (first === null || first === undefined) return null;
  if (second === undefined) return expression.name === '-' ? -first : expression.name === '+' ? first : null;
  if (second === null) return null;
  return expression.name === '-' ? first - second : expression.name === '+' ? first + second : null;
}
