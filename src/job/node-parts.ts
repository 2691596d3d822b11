/**
 * What the state of a node depends on, in words: keys, aggregates, the columns of the rows that it keeps, … A changed query finds the state of
 * a node whose parts are the same; how docs/operations.md says it. Not among them: predicates, names of columns, parallelism, state TTL, what
 * a node does with its state when it emits.
 */
import type { ChainNode, OperatorSpec } from '../model/job-graph.ts';
import type { AggregateCall, ChangelogMode, EmitStrategy, WindowDefinition } from '../model/plan.ts';
import { type Field, formatType } from '../model/types.ts';
import { formatMatch, formatSkip, formatTerm } from '../sql/explain-match.ts';
import { formatDuration, formatName } from '../sql/format-expression.ts';
import {
  callOrigin,
  clipped,
  expressionOrigin,
  functionOrigin,
  listed,
  type Origins,
  orderOrigin,
  tableText,
} from './column-origin.ts';
import { windowText } from './window-text.ts';

export type NodeParts = Readonly<Record<string, string>>;

type Texts = Readonly<Record<string, string | null>>;

const maxPartLength = 400; // in checkpoints' metadata and on the screen

/** `inputs`: the origins of the inputs' columns. */
export function partsOf(spec: ChainNode['spec'], inputs: readonly Origins[]): NodeParts {
  const parts = Object.entries(textsOf(spec, inputs)).filter((part): part is [string, string] => part[1] !== null);
  return Object.fromEntries(parts.map(([name, text]) => [name, clipped(text, maxPartLength)]));
}

function textsOf(spec: ChainNode['spec'], inputs: readonly Origins[]): Texts {
  switch (spec.kind) {
    case 'source':
      return { table: tableText(spec.table) };
    case 'sink':
      return spec.target === 'table' ? { table: tableText(spec.table) } : { query: String(spec.pipeline + 1) };
    case 'values':
    case 'union':
    case 'calc':
    case 'to_changelog':
    case 'from_changelog':
      return {};
    case 'join':
    case 'interval_join':
    case 'window_join':
    case 'temporal_join':
      return joinTexts(spec, inputs[0]!, inputs[1]!);
    case 'set_operation':
      return { operator: spec.operator, columns: rows(inputs[0]!, spec.leftFields) };
    case 'local_window_aggregate':
    case 'global_window_aggregate':
    case 'processing_time_aggregate':
    case 'session_aggregate':
    case 'row_session_aggregate':
    case 'row_window_aggregate':
    case 'session':
    case 'window':
      return windowTexts(spec, inputs[0]!);
    default:
      return ofOneInput(spec, inputs[0]!);
  }
}

type PlainSpec = Extract<
  OperatorSpec,
  {
    kind:
      | 'group_aggregate'
      | 'expand'
      | 'lookup_join'
      | 'over'
      | 'rank'
      | 'deduplicate'
      | 'temporal_sort'
      | 'limit'
      | 'correlate'
      | 'changelog_normalize'
      | 'sink_materialize'
      | 'match';
  }
>;

function ofOneInput(spec: PlainSpec, input: Origins): Texts {
  const columns = rows(input, spec.inputFields);
  switch (spec.kind) {
    case 'group_aggregate': {
      const kept = spec.aggregates.filter((_, i) => spec.withoutRetraction[i] === true);
      return {
        ...groupTexts(spec, input),
        changes: `${changesText(spec.inputChanges)}${kept.length === 0 ? '' : `; only rise: ${calls(kept, input)}`}`,
      };
    }
    case 'expand':
      return {
        sets: spec.projections.map((set) => set.map((each) => expressionOrigin(each, input)).join(', ')).join(' | '),
      };
    case 'lookup_join': {
      const keys = spec.keys.map(
        ({ column, value }) => `${spec.columns[column]!.name} = ${expressionOrigin(value, input)}`,
      );
      return { table: tableText(spec.tableName), keys: keys.join(', ') };
    }
    case 'correlate':
      return { function: functionOrigin(spec.function, input) };
    case 'over':
      return overTexts(spec, input);
    case 'match':
      return { ...matchTexts(spec, input), columns };
    case 'rank': {
      const end = spec.endColumn === undefined ? String(spec.to) : input[spec.endColumn]!;
      const unique = spec.unique === null ? '' : ` by ${listed(spec.unique, input).join(', ')}`;
      return {
        keys: listed(spec.partition, input).join(', '),
        order: orderOrigin(spec.order, input),
        ranks: `${spec.from} to ${end}`,
        changes: `${changesText(spec.inputChanges)}${unique}`,
        window: spec.window === null ? null : windowColumn(spec.window.end, input, spec.timeZone),
        columns,
      };
    }
    case 'deduplicate':
      return {
        keys: listed(spec.keys, input).join(', '),
        keep: `${spec.keep} by ${spec.time === null ? 'processing time' : input[spec.time]}`,
        window: spec.window === null ? null : windowColumn(spec.window.end, input, spec.timeZone),
        columns:
          spec.keep === 'first' && spec.time === null
            ? rows(listed(spec.keys, input), fieldsAt(spec.keys, spec))
            : columns,
      };
    case 'temporal_sort':
      return {
        order: [input[spec.time]!, orderOrigin(spec.order, input)].filter((text) => text !== '').join(', '),
        columns,
      };
    case 'limit': {
      const changes = changesText(spec.inputChanges);
      return { rows: `${spec.from} to ${spec.to}`, changes, columns: changes === insertsOnly ? null : columns };
    }
    case 'changelog_normalize':
      return { keys: listed(spec.keys, input).join(', '), columns };
    case 'sink_materialize':
      return {
        keys: listed(spec.keys, input).join(', '),
        unique: spec.unique === null ? null : listed(spec.unique, input).join(', '),
        columns,
      };
  }
}

type JoinSpec = Extract<OperatorSpec, { kind: 'join' | 'interval_join' | 'window_join' | 'temporal_join' }>;

/** Conditions count where the state knows what they said: of an outer row whether it had a partner. */
function joinTexts(spec: JoinSpec, left: Origins, right: Origins): Texts {
  const keys = spec.leftKeys.map(
    (key, i) => `${left[key]} ${spec.nullSafe[i] ? 'IS NOT DISTINCT FROM' : '='} ${right[spec.rightKeys[i]!]}`,
  );
  const remembers = (spec.kind === 'join' || spec.kind === 'interval_join') && spec.join !== 'inner';
  return {
    join: spec.join,
    keys: keys.join(' AND '),
    times: joinTimes(spec, left, right),
    condition: remembers && spec.condition !== null ? conditionOf(spec, left, right) : null,
    unique:
      spec.kind === 'join' ? [uniqueText(spec.leftUnique, left), uniqueText(spec.rightUnique, right)].join('; ') : null,
    left: rows(left, spec.leftFields),
    right: rows(right, spec.rightFields),
  };
}

function conditionOf({ condition }: JoinSpec, left: Origins, right: Origins): string {
  return expressionOrigin(condition!, [
    ...left.map((text) => `left(${text})`),
    ...right.map((text) => `right(${text})`),
  ]);
}

function joinTimes(spec: JoinSpec, left: Origins, right: Origins): string | null {
  const time = (column: number | null, input: Origins): string =>
    column === null ? 'processing time' : input[column]!;
  switch (spec.kind) {
    case 'join':
      return null;
    case 'window_join':
      return `${windowColumn(spec.leftWindow.end, left, spec.timeZone)} = ${windowColumn(spec.rightWindow.end, right, spec.timeZone)}`;
    case 'temporal_join':
      return `${time(spec.leftTime, left)} AS OF ${time(spec.rightTime, right)}`;
    case 'interval_join': {
      const bounds = [spec.lowerMs, spec.upperMs].map((ms) => `${ms < 0 ? '-' : '+'}${formatDuration(Math.abs(ms))}`);
      return `${time(spec.leftTime, left)} from ${bounds[0]} to ${bounds[1]} of ${time(spec.rightTime, right)}`;
    }
  }
}

function uniqueText(columns: readonly number[] | null, input: Origins): string {
  return columns === null ? 'none' : listed(columns, input).join(', ');
}

type WindowedSpec = Extract<
  OperatorSpec,
  {
    kind:
      | 'local_window_aggregate'
      | 'global_window_aggregate'
      | 'processing_time_aggregate'
      | 'session_aggregate'
      | 'row_session_aggregate'
      | 'row_window_aggregate'
      | 'session'
      | 'window';
  }
>;

function windowTexts(spec: WindowedSpec, input: Origins): Texts {
  switch (spec.kind) {
    case 'global_window_aggregate': {
      const keys = input.slice(0, spec.keyCount);
      return {
        window: windowOn(spec, null),
        keys: keys.join(', '),
        aggregates: input.slice(spec.keyCount).join(', '),
        types: typesOf([...spec.inputFields.slice(0, spec.keyCount), ...spec.aggregates]),
      };
    }
    case 'processing_time_aggregate':
      return { ...windowTexts(spec.local, input), window: windowOn(spec.local, 'processing time') };
    case 'local_window_aggregate':
      return { window: windowOn(spec, input[spec.time.column]!), ...groupTexts(spec, input) };
    case 'session_aggregate':
      return { window: windowOn(sessionOf(spec), timeOf(spec, input)), ...groupTexts(spec, input) };
    case 'row_window_aggregate':
      return {
        window: windowOn(spec, timeOf(spec, input)),
        ...groupTexts(spec, input),
        emit: spec.emit === null ? null : emitText(spec.emit),
        changes: changesText(spec.inputChanges),
      };
    case 'row_session_aggregate':
      return {
        window: windowOn(sessionOf(spec), timeOf(spec, input)),
        ...groupTexts(spec, input),
        columns: rows(input, spec.inputFields),
      };
    case 'session':
      return {
        window: windowOn(sessionOf(spec), timeOf(spec, input)),
        keys: listed(spec.partition, input).join(', '),
        columns: rows(input, spec.inputFields),
      };
    case 'window':
      return { window: windowOn(spec, timeOf(spec, input)) };
  }
}

type Timed = Readonly<{ time: Readonly<{ column: number; timeZone: string | null }>; processingTime: boolean }>;

function timeOf({ time, processingTime }: Timed, input: Origins): string {
  return processingTime ? 'processing time' : input[time.column]!;
}

function sessionOf<T extends Readonly<{ gapMs: number }>>(spec: T): T & { window: WindowDefinition } {
  return { ...spec, window: { kind: 'session', gapMs: spec.gapMs } };
}

/** `on` null: the node before says it. */
function windowOn(
  { window, time }: Readonly<{ window: WindowDefinition; time: Readonly<{ timeZone: string | null }> }>,
  on: string | null,
): string {
  return `${windowText(window)}${on === null ? '' : ` on ${on}`}${time.timeZone === null ? '' : ` in ${time.timeZone}`}`;
}

function windowColumn(column: number, input: Origins, timeZone: string | null): string {
  return `${input[column]}${timeZone === null ? '' : ` in ${timeZone}`}`;
}

function emitText({ earlyFireMs, lateFireMs, allowedLatenessMs }: EmitStrategy): string {
  const early = earlyFireMs === null ? 'no' : formatDuration(earlyFireMs);
  const late = lateFireMs === null ? 'no' : formatDuration(lateFireMs);
  return `early ${early}, late ${late}, lateness ${formatDuration(allowedLatenessMs)}`;
}

/** Of processing time by rows the accumulators alone are kept; else the rows, too. */
function overTexts(spec: Extract<OperatorSpec, { kind: 'over' }>, input: Origins): Texts {
  const { partition, order, time, frame, aggregates, inputFields } = spec;
  const from =
    frame.preceding === null ? 'all' : frame.unit === 'rows' ? frame.preceding : formatDuration(frame.preceding);
  return {
    keys: listed(partition, input).join(', '),
    order: time === 'proctime' ? 'processing time' : `${orderOrigin(order, input)}${time === null ? '' : ' (rowtime)'}`,
    frame: `${frame.unit}, ${from} before`,
    aggregates: calls(aggregates, input),
    types: typesOf([...fieldsAt(partition, spec), ...argumentsOf(spec), ...aggregates]),
    columns: time === 'proctime' && frame.preceding === null ? null : rows(input, inputFields),
  };
}

function matchTexts(
  { partition, time, order, pattern }: Extract<OperatorSpec, { kind: 'match' }>,
  input: Origins,
): Texts {
  const define = Object.entries(pattern.define).map(
    ([name, when]) => `${formatName(name)} AS ${formatMatch(when, input)}`,
  );
  return {
    keys: listed(partition, input).join(', '),
    order: [time === null ? 'processing time' : input[time]!, orderOrigin(order, input)]
      .filter((text) => text !== '')
      .join(', '),
    pattern: formatTerm(pattern.root),
    define: define.join(', '),
    within: pattern.withinMs === null ? null : formatDuration(pattern.withinMs),
    after: formatSkip(pattern.skip),
  };
}

type Grouped = Readonly<{
  keys: readonly number[];
  aggregates: readonly AggregateCall[];
  inputFields: readonly Field[];
}>;

function groupTexts(spec: Grouped, input: Origins): Texts {
  return {
    keys: listed(spec.keys, input).join(', '),
    aggregates: calls(spec.aggregates, input),
    types: typesOf([...fieldsAt(spec.keys, spec), ...argumentsOf(spec), ...spec.aggregates]),
  };
}

function calls(aggregates: readonly AggregateCall[], input: Origins): string {
  return aggregates.map((call) => callOrigin(call, input)).join(', ');
}

function argumentsOf(spec: Pick<Grouped, 'aggregates' | 'inputFields'>): Field[] {
  return fieldsAt(
    spec.aggregates.flatMap(({ args }) => args),
    spec,
  );
}

function fieldsAt(columns: readonly number[], { inputFields }: Pick<Grouped, 'inputFields'>): Field[] {
  return columns.map((column) => inputFields[column]!);
}

function typesOf(fields: readonly Pick<Field, 'type'>[]): string {
  return fields.map(({ type }) => formatType(type)).join(', ');
}

function rows(input: Origins, fields: readonly Field[]): string {
  return fields.map(({ type }, i) => `${input[i]} ${formatType(type)}`).join(', ');
}

const insertsOnly = 'inserts';

function changesText({ update, delete: deletes }: ChangelogMode): string {
  const changes = [update ? 'updates' : [], deletes ? 'deletes' : []].flat();
  return changes.length === 0 ? insertsOnly : changes.join(' and ');
}
