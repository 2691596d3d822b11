/** Windows as EXPLAIN shows them, and the state that they keep. */
import type { WindowAggregateNode, WindowDefinition, WindowNode } from '../model/plan.ts';
import { formatDuration, formatName } from './format-expression.ts';
import { changelogOf, isInsertOnly } from './planner/changelog.ts';

export function windowLines({ input, window, timeColumn, processingTime, partition }: WindowNode): string[] {
  const keys = partition.map((column) => formatName(input.fields[column]!.name)).join(', ');
  const by = partition.length === 0 ? '' : `, partition=[${keys}]`;
  const line = `WindowTableFunction(window=[${formatWindow(window, formatName(input.fields[timeColumn]!.name))}]${by})`;
  return window.kind === 'session' ? [line, `state: rows, until ${passing(processingTime)} their session`] : [line];
}

/** `calls`: the text of the aggregates. */
export function windowAggregateLines(node: WindowAggregateNode, calls: string): string[] {
  const { input, window, timeColumn, attached, keys, properties } = node;
  const time = formatName(input.fields[timeColumn]!.name);
  const parts = [
    `window=[${formatWindow(window, attached === null ? time : `win_end ${time}`)}]`,
    `keys=[${keys.map((key) => formatName(input.fields[key]!.name)).join(', ')}]`,
    `aggregates=[${calls}]`,
    `properties=[${properties.join(', ')}]`,
    ...emitParts(node),
  ];
  return [`WindowAggregate(${parts.join(', ')})`, `state: ${stateOf(node)}`];
}

function emitParts({ emit }: WindowAggregateNode): string[] {
  if (emit === null) return [];
  const delay = (ms: number): string => (ms === 0 ? 'every row' : formatDuration(ms));
  const early = emit.earlyFireMs === null ? [] : [`early ${delay(emit.earlyFireMs)}`];
  const late =
    emit.lateFireMs === null ? [] : [`late ${delay(emit.lateFireMs)} for ${formatDuration(emit.allowedLatenessMs)}`];
  return [`emit=[${[...early, ...late].join(', ')}]`];
}

function stateOf({ input, window, attached, keys, processingTime }: WindowAggregateNode): string {
  if (window.kind === 'session' && attached === null && !isInsertOnly(changelogOf(input))) {
    return `rows, until ${passing(processingTime)} their session`;
  }
  const unit =
    window.kind === 'session'
      ? `each session${keys.length === 0 ? '' : ' of a key'}`
      : `a ${keys.length === 0 ? '' : 'key and '}${attached === null ? `slice of ${formatDuration(sliceOf(window))}` : 'window'}`;
  return `accumulators, a row for ${unit}, until ${passing(processingTime)} its windows`;
}

function passing(processingTime: boolean): string {
  return `${processingTime ? 'processing time' : 'the watermark'} has passed`;
}

function formatWindow(window: WindowDefinition, time: string): string {
  const lengths = lengthsOf(window).map(([name, ms]) => `${name} ${formatDuration(ms)}`);
  return `${window.kind.toUpperCase()}(${[time, ...lengths].join(', ')})`;
}

function lengthsOf(window: WindowDefinition): (readonly [string, number])[] {
  if (window.kind === 'session') return [['gap', window.gapMs]];
  const offset: (readonly [string, number])[] = window.offsetMs === 0 ? [] : [['offset', window.offsetMs]];
  const size = ['size', window.sizeMs] as const;
  if (window.kind === 'tumble') return [size, ...offset];
  return [window.kind === 'hop' ? ['slide', window.slideMs] : ['step', window.stepMs], size, ...offset];
}

/** Windows that overlap share slices. */
function sliceOf(window: Exclude<WindowDefinition, { kind: 'session' }>): number {
  if (window.kind === 'tumble') return window.sizeMs;
  return window.kind === 'hop' ? window.slideMs : window.stepMs;
}
