import { describe, expect, it } from 'vitest';
import { buildJobGraph, type JobBuildContext } from '../../src/job/job-builder.ts';
import { checkSettings } from '../../src/job/settings.ts';
import type { Connector, ConnectorRegistry } from '../../src/model/connector.ts';
import { columnRef, type Expression, literal } from '../../src/model/expression.ts';
import type { ChainNode, JobGraph, SourceSpec } from '../../src/model/job-graph.ts';
import type { Pipeline, PlanNode, ScanColumn, WindowAggregateNode } from '../../src/model/plan.ts';
import type { TableDefinition } from '../../src/model/table.ts';
import { type DataType, type Field, types } from '../../src/model/types.ts';

const unused = (): never => {
  throw new Error('the builder has no use for this');
};

/** A connector whose tables say themselves how many splits they have. */
const probe: Connector = {
  name: 'probe',
  description: 'for tests',
  example: '',
  options: [],
  portable: true,
  source: {
    plan: (table) => ({ options: Object.fromEntries(table.options) }),
    bounded: () => false,
    maxParallelism: async (config) => {
      const { splits } = config.options as Record<string, string | undefined>;
      return splits === undefined ? null : Number(splits);
    },
    metadata: new Map(),
    enumerator: unused,
    reader: unused,
  },
  sink: {
    plan: (table) => ({ options: Object.fromEntries(table.options) }),
    deliveryGuarantee: 'none',
    changelog: () => 'insert-only',
    metadata: new Map(),
    writer: unused,
    committer: unused,
  },
};
const { sink: _, ...readOnly } = { ...probe, name: 'read-only' };
const connectors: ConnectorRegistry = { probe, 'read-only': readOnly };

const string = types.string();
const rowtime = types.timestampLtz(3);

function tableOf(name: string, columns: readonly Field[], options: Record<string, string> = {}): TableDefinition {
  return {
    kind: 'table',
    path: { catalog: 'c', database: 'd', name },
    columns: columns.map((column) => ({ ...column, kind: 'physical' })),
    watermark: null,
    primaryKey: [],
    partitionedBy: [],
    options: new Map(Object.entries({ connector: 'probe', ...options })),
  };
}

const readings = (options: Record<string, string> = {}) =>
  tableOf(
    'readings',
    [
      { name: 'device', type: string },
      { name: 'ts', type: rowtime },
      { name: 'v', type: string },
    ],
    options,
  );

function scan(names: readonly string[], table = readings()): PlanNode {
  const columns = names.map((name): ScanColumn => {
    const { type } = table.columns.find((column) => column.name === name)!;
    return { kind: 'physical', path: [name], name, type };
  });
  return { kind: 'scan', table, columns, fields: columns.map(({ name, type }) => ({ name, type })) };
}

function minus(column: number, ms: number): Expression {
  const args = [columnRef(column, rowtime), literal(ms, types.intervalMillis())];
  return { kind: 'call', name: '-', args, type: rowtime };
}

const watermarked = (input: PlanNode, column: number): PlanNode => ({
  kind: 'watermark',
  input,
  column,
  expression: minus(column, 5_000),
  fields: input.fields,
});

function countPerWindow(input: PlanNode, keys: readonly number[], timeColumn = 1): WindowAggregateNode {
  const count = { name: 'COUNT', args: [], distinct: false, filter: null, type: types.of('bigint', false) };
  return {
    kind: 'window_aggregate',
    processingTime: false,
    attached: null,
    emit: null,
    input,
    window: { kind: 'tumble', sizeMs: 60_000, offsetMs: 0 },
    timeColumn,
    keys,
    aggregates: [count],
    properties: ['window_start'],
    fields: [
      ...keys.map((key) => input.fields[key]!),
      { name: 'n', type: count.type },
      { name: 'window_start', type: types.timestamp(3, false) },
    ],
  };
}

const collect = (input: PlanNode): Pipeline => ({ sink: { kind: 'collect' }, input });
const into = (table: TableDefinition, input: PlanNode): Pipeline => ({ sink: { kind: 'table', table }, input });

async function build(
  pipelines: readonly Pipeline[],
  more: Partial<JobBuildContext> & { set?: Record<string, string>; warnings?: string[] } = {},
): Promise<JobGraph> {
  return await buildJobGraph(pipelines, {
    jobName: 'job',
    connectors,
    settings: checkSettings(new Map(Object.entries(more.set ?? {}))),
    parallelism: null,
    connectorContext: {
      jobName: 'job',
      timeZone: 'Europe/Paris',
      workingDirectory: '/',
      warn: (message) => more.warnings?.push(message),
      now: () => 0,
    },
    ...more,
  });
}

const shapeOf = (graph: JobGraph) => graph.vertices.map(({ name, parallelism }) => `${name} × ${parallelism}`);
const nodesOf = (graph: JobGraph): ChainNode[] => graph.vertices.flatMap((vertex) => vertex.nodes);
const sourceOf = (graph: JobGraph) => nodesOf(graph).find((node) => node.spec.kind === 'source')!.spec as SourceSpec;

describe('a windowed aggregation', () => {
  const plan = collect(countPerWindow(watermarked(scan(['device', 'ts']), 1), [0]));

  it('is split at the exchange, each half chained to what is beside it', async () => {
    const graph = await build([plan]);
    expect(shapeOf(graph)).toEqual([
      'Source: readings[1] -> LocalWindowAggregate[2] × 4',
      'GlobalWindowAggregate[3] -> Sink: collect[4] × 4',
    ]);
    expect(graph.edges).toEqual([
      expect.objectContaining({
        sourceVertex: 0,
        sourceNode: 1,
        targetVertex: 1,
        partitioning: { kind: 'hash', keys: [0] },
      }),
    ]);
    expect(graph.edges[0]!.fields.map((field) => field.name)).toEqual([
      'device',
      '$slice_end',
      expect.any(String),
      '$rows',
    ]);
    const global = nodesOf(graph)[2]!.spec;
    expect(global).toMatchObject({
      keyCount: 1,
      time: { column: 1, timeZone: 'Europe/Paris' },
      properties: ['window_start'],
    });
    expect(graph).toMatchObject({ name: 'job', parallelism: 4, maxParallelism: 128, timeZone: 'Europe/Paris' });
  });

  it('without keys has one global subtask', async () => {
    const graph = await build([collect(countPerWindow(watermarked(scan(['device', 'ts']), 1), []))]);
    expect(graph.vertices.map((vertex) => vertex.parallelism)).toEqual([4, 1]);
  });

  it('over sessions, and by processing time, has one half behind the exchange', async () => {
    const aggregate = plan.input as WindowAggregateNode;
    for (const [change, kind] of [
      [{ window: { kind: 'session', gapMs: 1 } }, 'session_aggregate'],
      [{ processingTime: true }, 'processing_time_aggregate'],
      [{ emit: { earlyFireMs: 0, lateFireMs: null, allowedLatenessMs: 0 } }, 'row_window_aggregate'],
    ] as const) {
      const graph = await build([collect({ ...aggregate, ...change })]);
      expect(graph.vertices).toHaveLength(2);
      expect(graph.vertices[1]!.nodes[0]!.spec.kind).toBe(kind);
      expect(graph.edges[0]!.partitioning).toEqual({ kind: 'hash', keys: aggregate.keys });
    }
  });

  it('keeps its ids as long as the query keeps its shape', async () => {
    const idsOf = async (pipeline: Pipeline) => nodesOf(await build([pipeline])).map((node) => node.id);
    const filtered = (text: string): Pipeline => {
      const input = watermarked(scan(['device', 'ts']), 1);
      const args = [columnRef(0, string), literal(text, string)];
      const predicate: Expression = { kind: 'call', name: '=', args, type: types.of('boolean') };
      const projections = input.fields.map((field, index) => columnRef(index, field.type));
      return collect(countPerWindow({ kind: 'calc', input, predicate, projections, fields: input.fields }, [0]));
    };
    expect(await idsOf(filtered('b'))).toEqual(await idsOf(filtered('a')));
    expect(await idsOf(plan)).not.toEqual(await idsOf(filtered('a')));
    const hour: PlanNode = {
      ...(plan.input as WindowAggregateNode),
      window: { kind: 'tumble', sizeMs: 3_600_000, offsetMs: 0 },
    };
    const [ofMinute, ofHour] = [await idsOf(plan), await idsOf(collect(hour))];
    expect(ofHour[0]).toBe(ofMinute[0]); // the source goes on where it was
    expect(ofHour[2]).not.toBe(ofMinute[2]); // slices of another width are another state
    for (const id of ofMinute) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('watermarks', () => {
  it('are made over the fields of the scan, below computed columns', async () => {
    const input = scan(['v', 'device']);
    const convert: Expression = { kind: 'call', name: 'TO_TIMESTAMP_LTZ', args: [columnRef(0, string)], type: rowtime };
    const computed: PlanNode = {
      kind: 'calc',
      input,
      predicate: null,
      projections: [columnRef(1, string), convert],
      fields: [
        { name: 'device', type: string },
        { name: 'ts', type: rowtime },
      ],
    };
    const graph = await build([collect(watermarked(computed, 1))]);
    expect(shapeOf(graph)).toEqual(['Source: readings[1] -> Calc[2] -> Sink: collect[3] × 4']);
    expect(sourceOf(graph).watermark).toEqual({
      rowtime: convert,
      expression: { ...minus(1, 5_000), args: [convert, literal(5_000, types.intervalMillis())] },
      idleTimeoutMs: null,
      alignment: null,
      nullRowtime: 'fail',
      intervalMs: 200,
    });
  });

  it.each([
    [{}, {}, { intervalMs: 200, idleTimeoutMs: null }],
    [{ 'pipeline.auto-watermark-interval': '0' }, {}, { intervalMs: 0 }],
    [{ 'table.exec.source.idle-timeout': '3 s' }, {}, { idleTimeoutMs: 3_000 }],
    [
      { 'table.exec.source.idle-timeout': '3 s' },
      { 'scan.watermark.idle-timeout': '1 min' },
      { idleTimeoutMs: 60_000 },
    ],
    [{}, { 'scan.watermark.emit.strategy': 'on-event' }, { intervalMs: 0 }],
  ])('obey SET %o and the table options %o', async (set, options, expected) => {
    const graph = await build([collect(watermarked(scan(['device', 'ts'], readings(options)), 1))], { set });
    expect(sourceOf(graph).watermark).toMatchObject(expected);
    expect(sourceOf(graph).config).toEqual({ options: { connector: 'probe' } });
  });

  it('of a group stay within their drift', async () => {
    const table = readings({ 'scan.watermark.alignment.group': 'g', 'scan.watermark.alignment.max-drift': '1 min' });
    const { vertices } = await build([collect(watermarked(scan(['device', 'ts'], table), 1))]);
    expect(vertices[0]!.nodes[0]!.spec).toMatchObject({ watermark: { alignment: { group: 'g', maxDriftMs: 60_000 } } });
  });

  it('of a group need a drift', async () => {
    const table = readings({ 'scan.watermark.alignment.group': 'g' });
    await expect(build([collect(scan(['device'], table))])).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('parallelism', () => {
  const plan = (options: Record<string, string>) => [
    collect(watermarked(scan(['device', 'ts'], readings(options)), 1)),
  ];

  it.each([
    ['4 where nobody set one', {}, null, 4],
    ['that of the splits where they are fewer', { splits: '2' }, null, 2],
    ['1 where there is no split yet', { splits: '0' }, null, 1],
    ['as set', { splits: '2' }, 3, 3],
    ['as set for the table', { splits: '8', 'scan.parallelism': '6' }, 3, 6],
  ])('of a source is %s', async (_title, options, parallelism, expected) => {
    expect((await build(plan(options as Record<string, string>), { parallelism })).vertices[0]!.parallelism).toBe(
      expected,
    );
  });

  it('beyond the splits is warned of, since idle subtasks hold the watermark', async () => {
    const warnings: string[] = [];
    await build(plan({ splits: '2' }), { parallelism: 3, warnings });
    expect(warnings).toEqual([expect.stringMatching(/parallelism is 3, but only 2 subtasks can read.*idle-timeout/)]);
    warnings.length = 0;
    await build(plan({ splits: '2' }), { parallelism: 3, warnings, set: { 'table.exec.source.idle-timeout': '1 s' } });
    expect(warnings).toEqual([expect.stringMatching(/the others stay idle$/)]);
    warnings.length = 0;
    await build(plan({ splits: '2' }), { parallelism: 2, warnings });
    expect(warnings).toEqual([]);
  });

  it('can not be above pipeline.max-parallelism', async () => {
    const set = { 'pipeline.max-parallelism': '2' };
    await expect(build(plan({}), { parallelism: 3, set })).rejects.toThrow(/at the most .*\(2\), got 3/);
    expect((await build(plan({}), { set })).parallelism).toBe(2);
  });

  it('of a sink of its own is reached in turn', async () => {
    const graph = await build([
      into(tableOf('out', [{ name: 'device', type: string }], { 'sink.parallelism': '1' }), scan(['device'])),
    ]);
    expect(shapeOf(graph)).toEqual(['Source: readings[1] × 4', 'Sink: out[2] × 1']);
    expect(graph.edges[0]!.partitioning).toEqual({ kind: 'rebalance' });
  });
});

describe('a statement set', () => {
  const out = (name: string, ...fields: string[]) =>
    tableOf(
      name,
      fields.map((field) => ({ name: field, type: string })),
    );

  it('reads a table once, for the columns of all', async () => {
    const graph = await build([
      into(out('a', 'device'), scan(['device'])),
      into(out('b', 'v', 'device'), scan(['v', 'device'])),
    ]);
    expect(shapeOf(graph)).toEqual(['Source: readings[1] -> (Calc[2] -> Sink: a[3], Calc[4] -> Sink: b[5]) × 4']);
    expect(sourceOf(graph).fields.map((field) => field.name)).toEqual(['device', 'v']);
    const calcs = nodesOf(graph).flatMap(({ spec }) => (spec.kind === 'calc' ? [spec.projections] : []));
    expect(calcs).toEqual([[columnRef(0, string)], [columnRef(1, string), columnRef(0, string)]]);
  });

  it('reads twice what differs in options or watermarks', async () => {
    const graph = await build([
      collect(scan(['device', 'ts'])),
      collect(scan(['device', 'ts'], readings({ splits: '2' }))),
      collect(watermarked(scan(['device', 'ts']), 1)),
      collect(watermarked(scan(['ts', 'device']), 0)),
    ]);
    expect(graph.vertices.map((vertex) => vertex.nodes.length)).toEqual([2, 2, 4]);
  });

  it('computes once what is equal', async () => {
    const windows = () => countPerWindow(watermarked(scan(['device', 'ts']), 1), [0]);
    const graph = await build([collect(windows()), collect(windows())]);
    expect(shapeOf(graph)).toEqual([
      'Source: readings[1] -> LocalWindowAggregate[2] × 4',
      'GlobalWindowAggregate[3] -> (Sink: collect[4], Sink: collect[5]) × 4',
    ]);
  });

  it('tells equal sinks apart', async () => {
    const graph = await build([into(out('a', 'device'), scan(['device'])), into(out('a', 'device'), scan(['device']))]);
    const sinks = nodesOf(graph).filter((node) => node.spec.kind === 'sink');
    expect(new Set(sinks.map((node) => node.id)).size).toBe(2);
  });
});

describe('a union', () => {
  it('joins inputs of any parallelism', async () => {
    const values: PlanNode = {
      kind: 'values',
      rows: [[literal('x', string)]],
      fields: [{ name: 'device', type: string }],
    };
    const union: PlanNode = { kind: 'union', inputs: [scan(['device']), values], fields: values.fields };
    const graph = await build([collect(union)]);
    expect(shapeOf(graph)).toEqual(['Source: readings[1] × 4', 'Values[2] × 1', 'Union[3] -> Sink: collect[4] × 4']);
    expect(graph.edges.map((edge) => edge.partitioning.kind)).toEqual(['forward', 'rebalance']);
    expect(graph.vertices[2]!.nodes[0]!.inputs).toEqual([
      { kind: 'edge', edge: 0 },
      { kind: 'edge', edge: 1 },
    ]);
  });
});

describe('a sink', () => {
  const char: DataType = { kind: 'char', length: 4, nullable: true };
  const varchar: DataType = { kind: 'varchar', length: 8, nullable: true };

  it.each([
    [{}, 'fail'],
    [{ 'table.exec.sink.not-null-enforcer': 'DROP' }, 'drop'],
  ])('with %o guards its NOT NULL columns: %s', async (set, onNull) => {
    const table = tableOf('out', [
      { name: 'device', type: types.string(false) },
      { name: 'v', type: string },
    ]);
    const graph = await build([into(table, scan(['device', 'v']))], { set: set as Record<string, string> });
    expect(nodesOf(graph).at(-1)!.spec).toMatchObject({ notNull: { columns: [0], onNull } });
  });

  it.each([
    ['IGNORE', []],
    ['TRIM_PAD', [char, varchar]],
  ] as const)('with a type-length-enforcer %s', async (mode, casts) => {
    const table = tableOf('out', [
      { name: 'device', type: char },
      { name: 'v', type: string },
      { name: 'w', type: varchar },
    ]);
    const set = { 'table.exec.sink.type-length-enforcer': mode };
    const nodes = nodesOf(await build([into(table, scan(['device', 'v', 'device']))], { set }));
    const found = nodes.flatMap(({ spec }) => (spec.kind === 'calc' ? spec.projections : []));
    expect(found.flatMap((each) => (each.kind === 'cast' ? [each.type] : []))).toEqual(casts);
  });

  it.each<[{ lengths?: string; nested?: string }, object | null]>([
    [{}, null],
    [{ lengths: 'ERROR' }, { lengths: true, within: 'nothing' }],
    [{ nested: 'ROWS' }, { lengths: false, within: 'rows' }],
    [
      { lengths: 'ERROR', nested: 'ROWS_AND_COLLECTIONS' },
      { lengths: true, within: 'rows_and_collections' },
    ],
  ])('with %o looks at what is in its row: %o', async ({ lengths = 'IGNORE', nested = 'IGNORE' }, rule) => {
    const set = {
      'table.exec.sink.type-length-enforcer': lengths,
      'table.exec.sink.nested-constraint-enforcer': nested,
    };
    const table = tableOf('out', [{ name: 'device', type: char }]);
    const { spec } = nodesOf(await build([into(table, scan(['device']))], { set })).at(-1)!;
    expect(spec).toMatchObject({ content: rule === null ? null : { ...rule, types: [char] } });
  });

  it('does not cut within arrays', async () => {
    const set = {
      'table.exec.sink.type-length-enforcer': 'TRIM_PAD',
      'table.exec.sink.nested-constraint-enforcer': 'ROWS_AND_COLLECTIONS',
    };
    const table = tableOf('out', [{ name: 'device', type: char }]);
    await expect(build([into(table, scan(['device']))], { set })).rejects.toThrow(/exclude each other/);
  });

  it.each([
    [{ connector: 'prob' }, 'INVALID_OPTION', /unknown connector 'prob'/, /Did you mean 'probe'/],
    [{ connector: 'read-only' }, 'SQL_VALIDATION', /can't be used as a sink/, /that can: probe\./],
  ])('of %o is refused', async (options, code, message, hint) => {
    const table = tableOf('out', [{ name: 'device', type: string }], options as unknown as Record<string, string>);
    await expect(build([into(table, scan(['device']))])).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});
