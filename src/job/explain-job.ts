/**
 * A planned job as text: its chains and exchanges, what is read and pushed into the scan, the state of each operator, what the sinks
 * guarantee, and whether it can run on Flink as it is.
 */
import type { ConnectorRegistry } from '../model/connector.ts';
import type {
  CalcSpec,
  ChainNode,
  GlobalWindowAggregateSpec,
  JobEdge,
  JobGraph,
  JobVertex,
  LocalWindowAggregateSpec,
  SinkSpec,
  SourceSpec,
} from '../model/job-graph.ts';
import type { AggregateCall } from '../model/plan.ts';
import { type Field, formatType } from '../model/types.ts';
import { formatDuration, formatExpression } from '../sql/format-expression.ts';
import type { PlannedJob } from './job-plan.ts';
import type { NodeParts } from './node-parts.ts';
import { stateText } from './state-text.ts';
import { windowText } from './window-text.ts';

/** Ends in a newline. */
export function explainJob({ graph, settings }: PlannedJob, connectors: ConnectorRegistry): string {
  const head = `Job ${graph.name}: parallelism ${graph.parallelism}, ${graph.maxParallelism} key groups, time zone ${graph.timeZone}, a checkpoint every ${formatDuration(settings.checkpointIntervalMs)}`;
  const vertices = graph.vertices.flatMap((vertex, index) => ['', ...vertexLines(vertex, index, graph, connectors)]);
  return `${[head, ...vertices, '', ...portabilityLines(graph, connectors)].join('\n')}\n`;
}

function vertexLines(vertex: JobVertex, index: number, graph: JobGraph, connectors: ConnectorRegistry): string[] {
  const inputs = graph.edges.filter((edge) => edge.targetVertex === index).map((edge) => edgeText(edge, graph));
  const nodes = vertex.nodes.flatMap((node) => nodeLines(node, depthOf(node, vertex), connectors));
  return [
    `Vertex ${index + 1}, ${vertex.parallelism} subtask${vertex.parallelism === 1 ? '' : 's'}`,
    ...inputs,
    ...nodes,
  ];
}

function edgeText({ partitioning, fields, sourceVertex, sourceNode }: JobEdge, graph: JobGraph): string {
  const origin = `${graph.vertices[sourceVertex]!.nodes[sourceNode]!.name} of vertex ${sourceVertex + 1}`;
  const how =
    partitioning.kind === 'hash'
      ? `by hash of ${partitioning.keys.length === 0 ? 'nothing: all to one' : namesOf(fields, partitioning.keys)}`
      : { forward: 'subtask to subtask', rebalance: 'in turn' }[partitioning.kind];
  return `  <- ${origin}, ${how}`;
}

function depthOf(node: ChainNode, vertex: JobVertex): number {
  const [input] = node.inputs;
  return input?.kind === 'node' ? depthOf(vertex.nodes[input.node]!, vertex) + 1 : 0;
}

function nodeLines({ name, spec, signature }: ChainNode, depth: number, connectors: ConnectorRegistry): string[] {
  const margin = '   '.repeat(depth + 1);
  const details = detailsOf(spec, signature?.parts ?? {}, connectors).map((line) => `${margin}   ${line}`);
  return [`${margin.slice(3)}  ${name}`, ...details];
}

function detailsOf(spec: ChainNode['spec'], parts: NodeParts, connectors: ConnectorRegistry): string[] {
  switch (spec.kind) {
    case 'source':
      return sourceDetails(spec);
    case 'calc':
      return calcDetails(spec);
    case 'local_window_aggregate':
      return [...windowDetails(spec), `state: rows since the last flush, by key and slice; emptied at each checkpoint`];
    case 'global_window_aggregate':
      return globalDetails(spec);
    case 'window':
      return [windowText(spec.window)];
    case 'sink':
      return sinkDetails(spec, connectors);
    case 'values':
      return [`${spec.rows.length} row${spec.rows.length === 1 ? '' : 's'}`];
    default: {
      const state = stateText(spec);
      const lines = Object.entries(parts).map(([name, text]) => `${name}: ${text}`);
      return state === null ? lines : [...lines, `state: ${state}`];
    }
  }
}

function sourceDetails({ table, connector, columns, fields, watermark, bounded }: SourceSpec): string[] {
  const read = columns.map((column) => {
    const origin = column.kind === 'metadata' ? `METADATA '${column.key}'` : column.path.join('.');
    return `${origin} ${formatType(column.type)}`;
  });
  const lines = [
    `table ${table}, connector '${connector}', ${bounded ? 'bounded' : 'unbounded'}`,
    `pushed into the scan: ${read.length === 0 ? 'no columns, rows are only counted' : read.join(', ')}`,
  ];
  if (watermark === null) return lines;
  const interval = watermark.intervalMs === 0 ? 'after each row' : `every ${formatDuration(watermark.intervalMs)}`;
  const idle =
    watermark.idleTimeoutMs === null
      ? 'an idle split holds it back'
      : `idle after ${formatDuration(watermark.idleTimeoutMs)}`;
  return [...lines, `watermark: ${formatExpression(watermark.expression, fields)}, ${interval}, ${idle}`];
}

function calcDetails({ predicate, projections, inputFields, fields }: CalcSpec): string[] {
  const select = projections.map((projection, index) => {
    const text = formatExpression(projection, inputFields);
    const { name } = fields[index]!;
    return text === name ? text : `${text} AS ${name}`;
  });
  const where = predicate === null ? [] : [`where ${formatExpression(predicate, inputFields)}`];
  return [...where, `select ${select.join(', ')}`];
}

function windowDetails({ window, time, keys, aggregates, inputFields }: LocalWindowAggregateSpec): string[] {
  const zone = time.timeZone === null ? '' : ` in ${time.timeZone}`;
  return [
    `${windowText(window)} on ${inputFields[time.column]!.name}${zone}`,
    `by ${keys.length === 0 ? 'nothing' : namesOf(inputFields, keys)}: ${aggregates.map((call) => aggregateText(call, inputFields)).join(', ')}`,
  ];
}

function globalDetails(spec: GlobalWindowAggregateSpec): string[] {
  const { window, keyCount, inputFields, fields } = spec;
  const keys = inputFields.slice(0, keyCount).map((field) => field.name);
  const cells = inputFields.slice(keyCount + 1, -1).map((field) => formatType(field.type));
  return [
    `${windowText(window)}, emits ${fields.map((field) => field.name).join(', ')}`,
    `state: by (${[...keys, 'slice'].join(', ')}): ${cells.length === 0 ? 'nothing' : cells.join(', ')}; dropped when the last window of the slice has fired`,
  ];
}

function sinkDetails(spec: SinkSpec, connectors: ConnectorRegistry): string[] {
  if (spec.target === 'collect') return ['to the person who asked'];
  const connector = connectors[spec.connector];
  const kind = connector === undefined ? 'made when the job runs' : `connector '${spec.connector}'`;
  const guarantee = connector?.sink === undefined ? [] : [`delivery: ${connector.sink.deliveryGuarantee}`];
  return [`table ${spec.table}, ${kind}`, ...guarantee];
}

function aggregateText({ name, args, distinct, filter }: AggregateCall, fields: readonly Field[]): string {
  const inside = args.length === 0 ? '*' : namesOf(fields, args);
  const where = filter === null ? '' : ` FILTER (WHERE ${fields[filter]!.name})`;
  return `${name}(${distinct ? 'DISTINCT ' : ''}${inside})${where}`;
}

function namesOf(fields: readonly Field[], indexes: readonly number[]): string {
  return indexes.map((index) => fields[index]!.name).join(', ');
}

function portabilityLines(graph: JobGraph, connectors: ConnectorRegistry): string[] {
  const specs = graph.vertices.flatMap((vertex) => vertex.nodes.map((node) => node.spec));
  const own = specs.flatMap((spec) => {
    const isTable = spec.kind === 'source' || (spec.kind === 'sink' && spec.target === 'table');
    const isPortable = !isTable || connectors[spec.connector]?.portable !== false;
    return isPortable ? [] : [`  table ${spec.table}: the connector '${spec.connector}' is Millrace's own`];
  });
  if (own.length === 0) return ['Runs on Flink as it is: yes'];
  return ['Runs on Flink as it is: no', ...new Set(own)];
}
