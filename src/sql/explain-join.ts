/** Joins as lines of a plan: what kind, what has to be equal, what else has to hold, and what is kept for it. */
import type { CorrelateNode, LookupJoinNode, PlanNode } from '../model/plan.ts';
import { formatPath } from '../model/table.ts';
import type { Field } from '../model/types.ts';
import { formatDuration, formatExpression, formatName } from './format-expression.ts';

export type JoiningNode = Extract<
  PlanNode,
  { kind: 'join' | 'interval_join' | 'window_join' | 'temporal_join' | 'lookup_join' | 'correlate' }
>;

type PairNode = Exclude<JoiningNode, LookupJoinNode | CorrelateNode>;

const joinNames = {
  inner: 'InnerJoin',
  left: 'LeftOuterJoin',
  right: 'RightOuterJoin',
  full: 'FullOuterJoin',
  semi: 'LeftSemiJoin',
  anti: 'LeftAntiJoin',
} as const;

export function joinLines(node: JoiningNode): string[] {
  const type = `joinType=[${joinNames[node.join]}]`;
  switch (node.kind) {
    case 'lookup_join':
      return [lookupLine(node, type)];
    case 'correlate':
      return [correlateLine(node, type)];
    case 'join':
      return [
        `Join(${[type, ...conditionParts(node), names(node.fields)].join(', ')})`,
        `state: every row of both sides, by the key${ttlsText(node)}`,
      ];
    case 'interval_join':
      return [
        `IntervalJoin(${[type, boundsOf(node), ...conditionParts(node), names(node.fields)].join(', ')})`,
        'state: rows of both sides, until no partner of theirs can come on time',
      ];
    case 'window_join':
      return [
        `WindowJoin(${[type, ...conditionParts(node), names(node.fields)].join(', ')})`,
        'state: rows of both sides, until the watermark has passed their window',
      ];
    case 'temporal_join':
      return [
        `TemporalJoin(${[type, ...conditionParts(node), names(node.fields)].join(', ')})`,
        'state: left rows until the watermark has passed them, versions of the right side that they can ask for',
      ];
  }
}

function ttlsText({ ttls }: Extract<PairNode, { kind: 'join' }>): string {
  if (ttls === undefined) return '';
  const [left, right] = [ttls.left, ttls.right].map((ms) => ttlText(ms, 'after they came'));
  return `; the left ones ${left}, the right ones ${right}`;
}

/** `ms`: of the hint STATE_TTL. */
export function ttlText(ms: number | undefined, after: string): string {
  if (ms === 0) return 'for ever';
  return `until ${ms === undefined ? 'table.exec.state.ttl' : formatDuration(ms)} ${after}`;
}

function boundsOf(node: Extract<PairNode, { kind: 'interval_join' }>): string {
  const { left, right, leftTime, rightTime, lowerMs, upperMs } = node;
  const [a, b] = [timeName(left, leftTime), timeName(right, rightTime)];
  const moved = (ms: number): string => `${b} ${ms < 0 ? '-' : '+'} ${formatDuration(Math.abs(ms))}`;
  return `times=[${a} BETWEEN ${moved(lowerMs)} AND ${moved(upperMs)}]`;
}

function timeName({ fields }: PlanNode, column: number | null): string {
  return column === null ? 'PROCTIME()' : formatName(fields[column]!.name);
}

function conditionParts({ left, right, leftKeys, rightKeys, nullSafe, condition }: PairNode): string[] {
  const keys = leftKeys.map((key, i) => {
    const [a, b] = [left.fields[key]!, right.fields[rightKeys[i]!]!].map(({ name }) => formatName(name));
    return `${a} ${nullSafe[i] ? 'IS NOT DISTINCT FROM' : '='} ${b}`;
  });
  const rest = condition === null ? [] : [formatExpression(condition, [...left.fields, ...right.fields])];
  return [`keys=[${keys.join(' AND ')}]`, ...rest.map((text) => `where=[${text}]`)];
}

function lookupLine({ table, keys, columns, condition, input, fields }: LookupJoinNode, type: string): string {
  const asked = keys.map(
    ({ column, value }) => `${formatName(columns[column]!.name)} = ${formatExpression(value, input.fields)}`,
  );
  const where = condition === null ? [] : [`where=[${formatExpression(condition, fields)}]`];
  const parts = [`table=[${formatPath(table.path)}]`, type, `lookup=[${asked.join(' AND ')}]`, ...where, names(fields)];
  return `LookupJoin(${parts.join(', ')})`;
}

function correlateLine({ function: call, condition, input, fields }: CorrelateNode, type: string): string {
  const args = call.kind === 'unnest' ? [call.collection] : call.args;
  const name = call.kind === 'unnest' ? `UNNEST${call.ordinality ? ' WITH ORDINALITY' : ''}` : call.name;
  const made = `${name}(${args.map((arg) => formatExpression(arg, input.fields)).join(', ')})`;
  const where = condition === null ? [] : [`where=[${formatExpression(condition, fields)}]`];
  return `Correlate(${[`function=[${made}]`, type, ...where, names(fields)].join(', ')})`;
}

function names(fields: readonly Field[]): string {
  return `fields=[${fields.map(({ name }) => formatName(name)).join(', ')}]`;
}
