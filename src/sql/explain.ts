/** Plans as text: an indented tree, from the sink down to what is read. */
import type {
  AggregateCall,
  CalcNode,
  ExpandNode,
  GroupAggregateNode,
  Pipeline,
  PlanNode,
  PlanSink,
  ScanColumn,
  ScanNode,
} from '../model/plan.ts';
import { inputsOf } from '../model/plan.ts';
import { formatPath } from '../model/table.ts';
import { type Field, formatType } from '../model/types.ts';
import { changelogLine } from './explain-changelog.ts';
import { joinLines, ttlText } from './explain-join.ts';
import { matchLines } from './explain-match.ts';
import { orderLines } from './explain-order.ts';
import { windowAggregateLines, windowLines } from './explain-windows.ts';
import { formatAggregate } from './format-aggregate.ts';
import { formatExpression, formatName } from './format-expression.ts';

/** Connectors and the like that a real Flink does not have. */
export type Portability = Readonly<{ nonPortableConnectors: ReadonlySet<string> }>;

const portableAlways: Portability = { nonPortableConnectors: new Set() };

/**
 * Each pipeline as a tree of operators: what they compute, what is pushed into the scan, which state they keep; at the end whether the
 * script can run on Flink as it is.
 */
export function explainPipelines(pipelines: readonly Pipeline[], portability: Portability = portableAlways): string {
  return [explainTrees(pipelines, () => ''), portabilityLine(pipelines, portability)].join('\n\n');
}

/** What is to be added to the line of a node; null: of the sink. */
type NodeDetail = (node: PlanNode | null) => string;

export function explainTrees(pipelines: readonly Pipeline[], detail: NodeDetail): string {
  return pipelines
    .map(({ sink, input }) =>
      [withDetail(sinkLine(sink, input.fields), detail(null)), ...treeOf(input, 1, detail)].join('\n'),
    )
    .join('\n\n');
}

/** Behind the others in the parentheses. */
function withDetail(line: string, detail: string): string {
  return detail === '' ? line : `${line.slice(0, -1)}, ${detail})`;
}

function portabilityLine(pipelines: readonly Pipeline[], { nonPortableConnectors }: Portability): string {
  const used = pipelines.flatMap(({ sink, input }) => [
    ...(sink.kind === 'table' ? [sink.table.options.get('connector')] : []),
    ...connectorsOf(input),
  ]);
  const own = [...new Set(used)].filter((name) => name !== undefined && nonPortableConnectors.has(name));
  if (own.length === 0) return 'Runs on Flink unchanged: yes';
  return `Runs on Flink unchanged: no, Flink has no connector ${own.map((name) => `'${name}'`).join(', ')}`;
}

function connectorsOf(node: PlanNode): (string | undefined)[] {
  if (node.kind === 'scan') return [node.table.options.get('connector')];
  return inputsOf(node).flatMap(connectorsOf);
}

function treeOf(node: PlanNode, depth: number, detail: NodeDetail): string[] {
  const indent = '   '.repeat(depth - 1);
  const [first, ...more] = linesOf(node);
  return [
    `${indent}+- ${withDetail(first!, detail(node))}`,
    ...more.map((line) => `${indent}      ${line}`),
    ...inputsOf(node).flatMap((input) => treeOf(input, depth + 1, detail)),
  ];
}

function sinkLine(sink: PlanSink, fields: readonly Field[]): string {
  const row = fields.map(({ name, type }) => `${formatName(name)} ${formatType(type)}`).join(', ');
  if (sink.kind === 'collect') return `Sink(collect, fields=[${row}])`;
  const { path, options } = sink.table;
  return `Sink(table=[${formatPath(path)}], connector=[${options.get('connector') ?? 'none'}], fields=[${row}])`;
}

/** The operator, then what else there is to say of it. */
function linesOf(node: PlanNode): string[] {
  switch (node.kind) {
    case 'scan':
      return scanLines(node);
    case 'calc':
      return [calcLine(node)];
    case 'watermark': {
      const { column, expression, input, fields } = node;
      return [
        `Watermark(rowtime=[${formatName(fields[column]!.name)}], watermark=[${formatExpression(expression, input.fields)}])`,
      ];
    }
    case 'window':
      return windowLines(node);
    case 'window_aggregate':
      return windowAggregateLines(
        node,
        formatAggregates(node.aggregates, node.input.fields, node.fields.slice(node.keys.length)),
      );
    case 'group_aggregate':
      return groupAggregateLines(node);
    case 'expand':
      return [expandLine(node)];
    case 'join':
    case 'interval_join':
    case 'window_join':
    case 'temporal_join':
    case 'lookup_join':
    case 'correlate':
      return joinLines(node);
    case 'over':
    case 'rank':
    case 'deduplicate':
    case 'temporal_sort':
    case 'limit':
      return orderLines(node);
    case 'match':
      return matchLines(node);
    case 'to_changelog':
    case 'from_changelog':
      return [changelogLine(node)];
    case 'union':
      return [`Union(all=[true], fields=[${namesOf(node.fields)}])`];
    case 'set_operation': {
      const operator = node.operator.replace('_', ' ').toUpperCase();
      return [
        `SetOperation(operator=[${operator}], fields=[${namesOf(node.fields)}])`,
        'state: how often each side has a row',
      ];
    }
    case 'values':
      return [`Values(rows=[${node.rows.length}], fields=[${namesOf(node.fields)}])`];
    case 'changelog_normalize': {
      const { condition, input, fields } = node;
      const where = condition === null ? '' : `, where=[${formatExpression(condition, input.fields)}]`;
      return [`ChangelogNormalize(fields=[${namesOf(fields)}]${where})`];
    }
    default:
      return [
        `${node.kind.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}(fields=[${namesOf(node.fields)}])`,
      ];
  }
}

function scanLines({ table, columns }: ScanNode): string[] {
  const connector = table.options.get('connector') ?? 'none';
  return [
    `Scan(table=[${formatPath(table.path)}], connector=[${connector}], columns=[${columns.map(formatColumn).join(', ')}])`,
    'state: positions read',
  ];
}

function formatColumn(column: ScanColumn): string {
  const name = formatName(column.name);
  if (column.kind === 'metadata') return `${name} METADATA FROM '${column.key}'`;
  return column.path.length > 1 ? column.path.map(formatName).join('.') : name;
}

function calcLine({ input, predicate, projections, fields }: CalcNode): string {
  const selected = projections.map((projection, i) => {
    const text = formatExpression(projection, input.fields);
    const name = formatName(fields[i]!.name);
    return text === name ? text : `${text} AS ${name}`;
  });
  const where = predicate === null ? '' : `, where=[${formatExpression(predicate, input.fields)}]`;
  return `Calc(select=[${selected.join(', ')}]${where})`;
}

function expandLine({ input, projections, fields }: ExpandNode): string {
  const sets = projections.map((set) => set.map((projection) => formatExpression(projection, input.fields)).join(', '));
  return `Expand(projects=[${sets.map((set) => `{${set}}`).join(', ')}], fields=[${namesOf(fields)}])`;
}

function groupAggregateLines({ input, keys, aggregates, ttlMs, fields }: GroupAggregateNode): string[] {
  const keyNames = keys.map((key) => formatName(input.fields[key]!.name)).join(', ');
  const calls = formatAggregates(aggregates, input.fields, fields.slice(keys.length));
  const unit = keys.length === 0 ? 'one row' : 'a row for a key';
  return [
    `GroupAggregate(keys=[${keyNames}], aggregates=[${calls}])`,
    `state: accumulators, ${unit}, ${ttlText(ttlMs, 'after its last change')}`,
  ];
}

/** `results`: the fields that they become. */
function formatAggregates(
  calls: readonly AggregateCall[],
  fields: readonly Field[],
  results: readonly Field[],
): string {
  return calls.map((call, i) => `${formatAggregate(call, fields)} AS ${formatName(results[i]!.name)}`).join(', ');
}

function namesOf(fields: readonly Field[]): string {
  return fields.map(({ name }) => formatName(name)).join(', ');
}
