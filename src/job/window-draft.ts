/** Windows in the job graph: which operators a window function, or an aggregation of windows, becomes. */
import { EngineError } from '../model/errors.ts';
import type { RowWindowAggregateSpec, WindowTime } from '../model/job-graph.ts';
import type { WindowAggregateNode, WindowDefinition, WindowNode } from '../model/plan.ts';
import { type Field, formatType, layoutOf, types } from '../model/types.ts';
import { localWindowFields } from '../operators/window/fields.ts';
import { Slices } from '../operators/window/slices.ts';
import { changelogOf, isInsertOnly } from '../sql/planner/changelog.ts';
import type { NodeDraft } from './graph-assembly.ts';

/** `local` stands before the exchange by `keys`; null: the input's rows go through it. */
export type AggregateDraft = Readonly<{ local: NodeDraft | null; global: NodeDraft; keys: readonly number[] }>;

/** `timeZone`: the session's. */
export function windowDraft(node: WindowNode, inputFields: readonly Field[], timeZone: string): NodeDraft {
  const { window, processingTime, partition, fields } = node;
  const time = windowTime(node, inputFields, timeZone);
  const common = { time, processingTime, inputFields, fields };
  if (window.kind !== 'session') {
    return { spec: { kind: 'window', window, ...common }, label: 'WindowTableFunction', formerShape: window };
  }
  const { gapMs } = window;
  return { spec: { kind: 'session', gapMs, partition, ...common }, label: 'WindowTableFunction', formerShape: null };
}

export function windowAggregateDraft(
  node: WindowAggregateNode,
  inputFields: readonly Field[],
  timeZone: string,
): AggregateDraft {
  const { window, keys, aggregates, properties, fields, processingTime, attached, emit } = node;
  const time = windowTime(node, inputFields, timeZone);
  const inputChanges = changelogOf(node.input);
  const nested = keys.map((key) => inputFields[key]!.type).find((type) => layoutOf(type) === 'object');
  const isSession = window.kind === 'session' && attached === null;
  if (nested !== undefined && isSession) {
    throw new EngineError('UNSUPPORTED', `SESSION: keys of the type ${formatType(nested)} are not supported`, {
      hint: 'Group by its fields or by a string made of it.',
    });
  }
  if (nested !== undefined || emit !== null || !isInsertOnly(inputChanges) || !isMadeOfSlices(window)) {
    return rowDraft(node, { time, inputFields, inputChanges });
  }
  if (!isSession) return slicedDraft(node, inputFields, time);
  const { gapMs } = window;
  const common = { time, processingTime, keys, aggregates, properties, inputFields, fields };
  return {
    local: null,
    global: { spec: { kind: 'session_aggregate', gapMs, ...common }, label: 'WindowAggregate', formerShape: null },
    keys,
  };
}

function slicedDraft(node: WindowAggregateNode, inputFields: readonly Field[], time: WindowTime): AggregateDraft {
  const { window, keys, aggregates, properties, fields, processingTime } = node;
  const attached = node.attached !== null;
  new Slices(window, attached); // refuses, before anything runs, what is not built of slices
  const localFields = localWindowFields({ keys, aggregates, inputFields });
  const common = { window, attached, time, aggregates };
  const local = { kind: 'local_window_aggregate', ...common, keys, inputFields, fields: localFields } as const;
  const keyCount = keys.length;
  const rows = { rowFields: inputFields, inputFields: localFields, fields };
  const global = { kind: 'global_window_aggregate', ...common, keyCount, properties, ...rows } as const;
  if (processingTime) {
    const spec = { kind: 'processing_time_aggregate', local, global, inputFields, fields } as const;
    return { local: null, global: { spec, label: 'WindowAggregate', formerShape: null }, keys };
  }
  const formerShape = [window, time.timeZone, keys.map((key) => inputFields[key]!.type), aggregates];
  return {
    local: { spec: local, label: 'LocalWindowAggregate', formerShape },
    global: { spec: global, label: 'GlobalWindowAggregate', formerShape },
    keys: keys.map((_, index) => index),
  };
}

/** Row by row, as far as results are to be updated, keys are nested, or the windows are older ones that overlap unevenly. */
function rowDraft(
  node: WindowAggregateNode,
  input: Pick<RowWindowAggregateSpec, 'time' | 'inputFields' | 'inputChanges'>,
): AggregateDraft {
  const { window, keys, aggregates, properties, fields, processingTime, emit } = node;
  const attached = node.attached !== null;
  if (window.kind === 'session' && !attached) {
    const own = { gapMs: window.gapMs, processingTime, keys, aggregates, properties, fields };
    const spec = { kind: 'row_session_aggregate', ...own, ...input } as const;
    return { local: null, global: { spec, label: 'WindowAggregate', formerShape: null }, keys };
  }
  const own = { window, attached, processingTime, emit, keys, aggregates, properties, fields };
  return {
    local: null,
    global: { spec: { kind: 'row_window_aggregate', ...own, ...input }, label: 'WindowAggregate', formerShape: null },
    keys,
  };
}

function isMadeOfSlices(window: WindowDefinition): boolean {
  return window.kind !== 'hop' || window.sizeMs % window.slideMs === 0;
}

function windowTime(node: WindowNode | WindowAggregateNode, inputFields: readonly Field[], zone: string): WindowTime {
  const attached = node.kind === 'window_aggregate' ? node.attached : null;
  const column = attached?.end ?? node.timeColumn;
  const type = attached === null ? inputFields[column]!.type : types.timestamp(3, false);
  const zoned = attached === null ? type.kind === 'timestamp_ltz' : attached.zoned;
  return { column, type, timeZone: zoned ? zone : null };
}
