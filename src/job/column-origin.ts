/**
 * Where the columns of a node come from, as texts: `orders.user_id`, `UPPER(orders.name)`, `SUM(orders.amount)`. Names that a query gives are
 * not in them, so that a renamed column is the same one; two columns with one text are the same values.
 */
import { expressionText } from '../functions/expression-text.ts';
import { shownFunctionName } from '../functions/user-registry.ts';
import type { ChainNode, OperatorSpec } from '../model/job-graph.ts';
import type { AggregateCall, ScanColumn, SortColumn, TableFunctionCall } from '../model/plan.ts';
import { formatMatch } from '../sql/explain-match.ts';
import { formatName } from '../sql/format-expression.ts';
import { digestId } from './digest.ts';
import { windowText } from './window-text.ts';

/** Of each column of a node. */
export type Origins = readonly string[];

const maxOriginLength = 160; // what is longer ends in a digest: expressions over expressions grow without bound

/** Of the node's output, from those of its inputs. The first half of a window's aggregation has the keys and calls for the second. */
export function originsOf(spec: ChainNode['spec'], inputs: readonly Origins[]): Origins {
  return allOrigins(spec, inputs).map((text) => clipped(text, maxOriginLength));
}

export function clipped(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…#${digestId(text).slice(0, 8)}`;
}

function allOrigins(spec: ChainNode['spec'], inputs: readonly Origins[]): Origins {
  switch (spec.kind) {
    case 'source':
      return spec.columns.map((column) => scanOrigin(spec.table, column));
    case 'values':
      return spec.fields.map((_, i) => `VALUES.${i}`);
    case 'sink':
      return [];
    case 'union':
      return spec.fields.map((_, i) => merged(inputs.map((input) => input[i]!)));
    case 'join':
    case 'interval_join':
    case 'window_join':
    case 'temporal_join':
      return spec.join === 'semi' || spec.join === 'anti' ? inputs[0]! : sides(inputs[0]!, inputs[1]!);
    default:
      return ofOneInput(spec, inputs[0]!);
  }
}

type OneInputSpec = Exclude<
  OperatorSpec,
  { kind: 'union' | 'join' | 'interval_join' | 'window_join' | 'temporal_join' }
>;

function ofOneInput(spec: OneInputSpec, input: Origins): Origins {
  switch (spec.kind) {
    case 'calc':
      return spec.projections.map((each) => expressionOrigin(each, input));
    case 'expand':
      return spec.fields.map((_, i) => merged(spec.projections.map((set) => expressionOrigin(set[i]!, input))));
    case 'group_aggregate':
    case 'local_window_aggregate':
      return aggregated(spec, input);
    case 'global_window_aggregate':
      return [...input, ...propertiesOf(spec)];
    case 'processing_time_aggregate':
      return [...aggregated(spec.local, input), ...propertiesOf(spec.global)];
    case 'session_aggregate':
    case 'row_session_aggregate':
      return [...aggregated(spec, input), ...propertiesOf({ ...spec, window: { kind: 'session', gapMs: spec.gapMs } })];
    case 'row_window_aggregate':
      return [...aggregated(spec, input), ...propertiesOf(spec)];
    case 'session':
    case 'window':
      return [...input, ...spec.fields.slice(input.length).map(({ name }) => `window.${name}`)];
    case 'lookup_join':
      return [...input, ...spec.columns.map((column) => scanOrigin(spec.tableName, column))];
    case 'over':
      return [
        ...input,
        ...spec.aggregates.map((call) => `${callOrigin(call, input)} OVER (${overOrigin(spec, input)})`),
      ];
    case 'to_changelog':
      return ['kind of change', ...input];
    case 'from_changelog':
      return input.filter((_, i) => i !== spec.column);
    case 'rank':
      return spec.outputRank ? [...input, `rank of ${orderOrigin(spec.order, input)}`] : input;
    case 'correlate':
      return [...input, ...spec.function.fields.map((_, i) => `${functionOrigin(spec.function, input)}.${i}`)];
    case 'match': {
      const measures = spec.pattern.measures.map((measure) => formatMatch(measure, input));
      return [...listed(spec.partition, input), ...measures];
    }
    default:
      return input;
  }
}

function scanOrigin(table: string, column: ScanColumn): string {
  const name = tableText(table);
  if (column.kind === 'metadata') return `${name}[${column.key}]`;
  return `${name}.${column.path.map(formatName).join('.')}`;
}

/** `` `default_catalog`.`default_database`.`t` `` as `t`, others in full. */
export function tableText(path: string): string {
  return path.replace(/^`default_catalog`\.`default_database`\./, '').replaceAll('`', '');
}

/** What is made of several columns stands in parentheses, unless it is the whole. */
export function expressionOrigin(expression: Parameters<typeof expressionText>[0], input: Origins): string {
  if (expression.kind === 'column') return input[expression.index]!;
  return expressionText(
    expression,
    input.map((text) => (text.includes(' ') ? `(${text})` : text)),
  );
}

export function listed(columns: readonly number[], input: Origins): string[] {
  return columns.map((column) => input[column]!);
}

export function callOrigin({ name, args, distinct, filter }: AggregateCall, input: Origins): string {
  const list = args.length === 0 ? '*' : listed(args, input).join(', ');
  const where = filter === null ? '' : ` FILTER (WHERE ${input[filter]})`;
  return `${shownFunctionName(name)}(${distinct ? 'DISTINCT ' : ''}${list})${where}`;
}

export function orderOrigin(order: readonly SortColumn[], input: Origins): string {
  return order
    .map(({ column, descending, nullsFirst }) => {
      const nulls = nullsFirst === !descending ? '' : ` NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`;
      return `${input[column]}${descending ? ' DESC' : ''}${nulls}`;
    })
    .join(', ');
}

export function functionOrigin(call: TableFunctionCall, input: Origins): string {
  const args = call.kind === 'unnest' ? [call.collection] : call.args;
  const name =
    call.kind === 'unnest' ? `UNNEST${call.ordinality ? ' WITH ORDINALITY' : ''}` : shownFunctionName(call.name);
  return `${name}(${args.map((arg) => expressionOrigin(arg, input)).join(', ')})`;
}

function overOrigin({ partition, order, frame }: Extract<OperatorSpec, { kind: 'over' }>, input: Origins): string {
  const from = frame.preceding === null ? 'UNBOUNDED' : frame.preceding;
  return `BY ${listed(partition, input).join(', ')} ORDER ${orderOrigin(order, input)} ${frame.unit} ${from}`;
}

function aggregated(
  { keys, aggregates }: Readonly<{ keys: readonly number[]; aggregates: readonly AggregateCall[] }>,
  input: Origins,
): string[] {
  return [...listed(keys, input), ...aggregates.map((call) => callOrigin(call, input))];
}

function propertiesOf({
  window,
  properties,
}: Pick<Extract<OperatorSpec, { kind: 'global_window_aggregate' }>, 'window' | 'properties'>): string[] {
  return properties.map((property) => `(${windowText(window)}).${property}`);
}

/** Columns of two sides: those of the right that the left has, too (a table joined with itself), are told apart. */
function sides(left: Origins, right: Origins): string[] {
  const known = new Set(left);
  return [...left, ...right.map((text) => (known.has(text) ? `right(${text})` : text))];
}

function merged(texts: readonly string[]): string {
  return [...new Set(texts)].join(' | ');
}
