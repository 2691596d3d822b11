/**
 * From logical plans to a job graph. Whatever can run in one subtask is chained behind its source; a windowed aggregation is split at the
 * exchange into a local and a global half; equal parts of several queries are built once.
 */
import type { ConnectorConfig, ConnectorContext, ConnectorRegistry, SinkChangelog } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import { columnRef } from '../model/expression.ts';
import type { JobGraph, Partitioning, SinkSpec } from '../model/job-graph.ts';
import type { Options } from '../model/options.ts';
import {
  inputsOf,
  type LookupJoinNode,
  type Pipeline,
  type PlanNode,
  type WindowAggregateNode,
  type WindowNode,
} from '../model/plan.ts';
import { formatPath, sinkRowOf, type TableDefinition } from '../model/table.ts';
import { connectorOf } from './connector-of.ts';
import { canonicalText } from './digest.ts';
import { GraphAssembly, type NodeDraft, type Port } from './graph-assembly.ts';
import { lookupDraft } from './lookup-planner.ts';
import { exchangeOf, operatorDraft, type PlainNode, placementOf } from './operator-draft.ts';
import { splitPlannerOptions } from './planner-options.ts';
import { SharedScans, wantedScan } from './shared-scans.ts';
import { needsUpdateBefore, sinkInput, sinkPartitioning, spreadRows } from './sink-changes.ts';
import { sinkContent } from './sink-content.ts';
import { trimmedAndPadded } from './sink-lengths.ts';
import { planSource } from './source-planner.ts';
import { windowAggregateDraft, windowDraft } from './window-draft.ts';

export type JobBuildContext = Readonly<{
  jobName: string;
  connectors: ConnectorRegistry;
  /** `checkSettings` made them. */
  settings: Options;
  /** What someone set (`requestedParallelism`); null: the builder chooses. */
  parallelism: number | null;
  connectorContext: ConnectorContext;
  /** For checks: the outside is not asked how many subtasks can read, and tables that are only on paper have no connector yet. */
  offline?: boolean | undefined;
}>;

const defaultParallelism = 4;

type PlannedSink = Readonly<{ connector: string; config: ConnectorConfig; accepts: SinkChangelog }>;

/**
 * Builds the graph of one job. Throws INVALID_OPTION for options that a connector refuses, SQL_VALIDATION for a table that can't be read
 * or written, and what connectors throw when they ask the outside how much parallelism there is to use.
 */
export async function buildJobGraph(pipelines: readonly Pipeline[], ctx: JobBuildContext): Promise<JobGraph> {
  const maxParallelism = ctx.settings.number('pipeline.max-parallelism');
  if (ctx.parallelism !== null && ctx.parallelism > maxParallelism) {
    throw new EngineError(
      'INVALID_OPTION',
      `parallelism: expected at the most 'pipeline.max-parallelism' (${maxParallelism}), got ${ctx.parallelism}`,
    );
  }
  const builder = new JobBuilder(pipelines, ctx, maxParallelism);
  for (const [index, pipeline] of pipelines.entries()) await builder.add(pipeline, index);
  return builder.build();
}

class JobBuilder {
  readonly #ctx: JobBuildContext;
  readonly #maxParallelism: number;
  readonly #assembly = new GraphAssembly();
  readonly #scans: SharedScans;
  /** What has been built, by the plan's text or the scan's key. */
  readonly #built = new Map<string, Port>();

  constructor(pipelines: readonly Pipeline[], ctx: JobBuildContext, maxParallelism: number) {
    this.#ctx = ctx;
    this.#maxParallelism = maxParallelism;
    this.#scans = new SharedScans(pipelines);
  }

  async add({ sink, input }: Pipeline, index: number): Promise<void> {
    if (sink.kind === 'table') await this.#addTableSink(sink.table, input);
    else {
      const port = await this.#lower(input);
      const spec: SinkSpec = {
        kind: 'sink',
        target: 'collect',
        pipeline: index,
        table: 'collect',
        inputFields: input.fields,
      };
      this.#assembly.chain({ spec, label: 'Sink: collect', formerShape: index }, port);
    }
  }

  build(): JobGraph {
    const { jobName, connectorContext } = this.#ctx;
    return this.#assembly.build({
      name: jobName,
      maxParallelism: this.#maxParallelism,
      timeZone: connectorContext.timeZone,
    });
  }

  async #lower(node: PlanNode): Promise<Port> {
    return await this.#once(canonicalText(node), async () => {
      if (wantedScan(node) !== null) return await this.#lowerScan(node);
      switch (node.kind) {
        case 'calc':
          return this.#chainCalc(node, await this.#lower(node.input));
        case 'window':
          return this.#addWindow(node, await this.#lower(node.input));
        case 'window_aggregate':
          return this.#addWindowAggregate(node, await this.#lower(node.input));
        case 'union':
          return await this.#addUnion(node);
        case 'values':
          return this.#addValues(node);
        case 'lookup_join':
          return this.#addLookup(node, await this.#lower(node.input));
        case 'scan':
        case 'watermark':
          throw new EngineError('UNSUPPORTED', `${node.kind} is not built here`);
        default:
          return await this.#addOperator(node);
      }
    });
  }

  /** What stands in the graph as in the plan. */
  async #addOperator(node: PlainNode): Promise<Port> {
    const ports: Port[] = [];
    for (const input of inputsOf(node)) ports.push(await this.#lower(input));
    const draft = operatorDraft(
      node,
      ports.map((port) => this.#assembly.fieldsOf(port)),
      { stateTtlMs: this.#stateTtlMs(), timeZone: this.#ctx.connectorContext.timeZone },
    );
    const placement = placementOf(node);
    if (placement.kind === 'chain') return this.#assembly.chain(draft, ports[0]!);
    const isGlobal = placement.keys.every((keys) => keys.length === 0);
    const edges = ports.map((port, i) => ({ port, partitioning: exchangeOf(placement.keys[i]!) }));
    return this.#assembly.head(draft, isGlobal ? 1 : this.#parallelism(), edges);
  }

  /** A vertex of its own begins with it, as wide as its input: whoever waits takes nothing else meanwhile. */
  #addLookup(node: LookupJoinNode, input: Port): Port {
    const draft = lookupDraft(node, this.#assembly.fieldsOf(input), this.#ctx);
    const parallelism = this.#assembly.parallelismOf(input);
    return this.#assembly.head(draft, parallelism, [{ port: input, partitioning: { kind: 'forward' } }]);
  }

  #stateTtlMs(): number | null {
    const ms = this.#ctx.settings.number('table.exec.state.ttl');
    return ms === 0 ? null : ms;
  }

  async #once(key: string, build: () => Promise<Port>): Promise<Port> {
    const known = this.#built.get(key);
    if (known !== undefined) return known;
    const port = await build();
    this.#built.set(key, port);
    return port;
  }

  /** A scan, or watermarks on one: the shared source, then this query's columns of it, then the computed columns. */
  async #lowerScan(node: PlanNode): Promise<Port> {
    const wanted = wantedScan(node)!;
    const { key, shared, places } = this.#scans.find(wanted);
    const source = await this.#once(key, async () => {
      const { draft, parallelism } = await planSource(shared, this.#ctx, this.#maxParallelism);
      return this.#assembly.head(draft, parallelism);
    });
    const isWhole = places.length === shared.columns.length && places.every((place, index) => place === index);
    const { fields } = wanted.scan;
    const projections = places.map((place, index) => columnRef(place, fields[index]!.type));
    const columns = isWhole ? source : this.#chainCalc({ predicate: null, projections, fields }, source);
    const computed = node.kind === 'watermark' && node.input.kind === 'calc' ? node.input : null;
    return computed === null ? columns : this.#chainCalc({ ...computed, fields: node.fields }, columns);
  }

  #chainCalc(
    node: Pick<Extract<PlanNode, { kind: 'calc' }>, 'predicate' | 'projections' | 'fields'>,
    input: Port,
  ): Port {
    const { predicate, projections, fields } = node;
    const inputFields = this.#assembly.fieldsOf(input);
    const spec = { kind: 'calc', predicate, projections, inputFields, fields } as const;
    return this.#assembly.chain({ spec, label: 'Calc', formerShape: null }, input);
  }

  #addWindow(node: WindowNode, input: Port): Port {
    const draft = windowDraft(node, this.#assembly.fieldsOf(input), this.#ctx.connectorContext.timeZone);
    return draft.spec.kind === 'session'
      ? this.#addKeyed(draft, node.partition, input)
      : this.#assembly.chain(draft, input);
  }

  #addWindowAggregate(node: WindowAggregateNode, input: Port): Port {
    const inputFields = this.#assembly.fieldsOf(input);
    const { local, global, keys } = windowAggregateDraft(node, inputFields, this.#ctx.connectorContext.timeZone);
    return this.#addKeyed(global, keys, local === null ? input : this.#assembly.chain(local, input));
  }

  /** Behind an exchange by keys; without any, in one subtask. */
  #addKeyed(draft: NodeDraft, keys: readonly number[], port: Port): Port {
    const partitioning: Partitioning = { kind: 'hash', keys };
    return this.#assembly.head(draft, keys.length === 0 ? 1 : this.#parallelism(), [{ port, partitioning }]);
  }

  async #addUnion({ inputs, fields }: Extract<PlanNode, { kind: 'union' }>): Promise<Port> {
    const ports: Port[] = [];
    for (const input of inputs) ports.push(await this.#lower(input));
    const parallelism = Math.max(...ports.map((port) => this.#assembly.parallelismOf(port)));
    const edges = ports.map((port, i) => ({
      port,
      partitioning:
        this.#assembly.parallelismOf(port) === parallelism ? ({ kind: 'forward' } as const) : spreadRows(inputs[i]!),
    }));
    const spec = { kind: 'union', inputFields: fields, fields } as const;
    return this.#assembly.head({ spec, label: 'Union', formerShape: null }, parallelism, edges);
  }

  #addValues({ rows, fields }: Extract<PlanNode, { kind: 'values' }>): Port {
    return this.#assembly.head({ spec: { kind: 'values', rows, fields }, label: 'Values', formerShape: null }, 1);
  }

  async #addTableSink(definition: TableDefinition, query: PlanNode): Promise<void> {
    const { table, planner } = splitPlannerOptions(definition);
    const { connector, config, accepts } = await this.#planSink(table);
    const { settings } = this.#ctx;
    const content = sinkContent(table, settings);
    const input = sinkInput(trimmedAndPadded(query, table, content), table, accepts, settings);
    const port = await this.#lower(input);
    const inputFields = this.#assembly.fieldsOf(port);
    const spec: SinkSpec = {
      kind: 'sink',
      target: 'table',
      table: formatPath(table.path),
      connector,
      config,
      inputFields,
      updateBefore: needsUpdateBefore(input, table, accepts),
      content: content.rule,
      notNull: {
        columns: sinkRowOf(table).flatMap((field, i) =>
          !field.type.nullable && inputFields[i]!.type.nullable ? [i] : [],
        ),
        onNull: settings.string('table.exec.sink.not-null-enforcer') === 'DROP' ? 'drop' : 'fail',
      },
    };
    const draft: NodeDraft = { spec, label: `Sink: ${table.path.name}`, formerShape: table.path };
    const inputParallelism = this.#assembly.parallelismOf(port);
    const parallelism = planner.optionalNumber('sink.parallelism') ?? inputParallelism;
    const partitioning = sinkPartitioning(input, table, { sink: parallelism, input: inputParallelism }, settings);
    if (partitioning === null) this.#assembly.chain(draft, port);
    else this.#assembly.head(draft, parallelism, [{ port, partitioning }]);
  }

  async #planSink(table: TableDefinition): Promise<PlannedSink> {
    const { offline, connectors, connectorContext } = this.#ctx;
    if (offline === true && isOnPaper(table)) return { connector: 'none', config: {}, accepts: 'all' };
    const { name, sink } = connectorOf(table, 'sink', connectors);
    return { connector: name, config: await sink.plan(table, connectorContext), accepts: sink.changelog(table) };
  }

  #parallelism(): number {
    return this.#ctx.parallelism ?? Math.min(defaultParallelism, this.#maxParallelism);
  }
}

/** A catalog with a connector of its own fills it in when it makes the table: until then there is none. */
function isOnPaper(table: TableDefinition): boolean {
  return !table.options.has('connector') && table.path.catalog !== builtInCatalog;
}

const builtInCatalog = 'default_catalog';
