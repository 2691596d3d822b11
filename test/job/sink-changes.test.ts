import { describe, expect, it } from 'vitest';
import { checkSettings } from '../../src/job/settings.ts';
import { needsUpdateBefore, sinkInput, sinkPartitioning, spreadRows } from '../../src/job/sink-changes.ts';
import type { SinkChangelog } from '../../src/model/connector.ts';
import { columnRef } from '../../src/model/expression.ts';
import type { PlanNode } from '../../src/model/plan.ts';
import type { TableDefinition } from '../../src/model/table.ts';
import { types } from '../../src/model/types.ts';

const fields = ['a', 'b', 'c'].map((name) => ({ name, type: types.of('int') }));

function table(primaryKey: readonly string[], options: Readonly<Record<string, string>> = {}): TableDefinition {
  return {
    kind: 'table',
    path: { catalog: 'c', database: 'd', name: 't' },
    columns: fields.map((field) => ({ ...field, kind: 'physical' })),
    watermark: null,
    primaryKey,
    partitionedBy: [],
    options: new Map(Object.entries({ connector: 'kafka', format: 'json', ...options })),
  };
}

function scan(of: TableDefinition): PlanNode {
  const columns = fields.map(({ name, type }) => ({ kind: 'physical', name, type, path: [name] }) as const);
  return { kind: 'scan', table: of, columns, fields };
}

const changes = { format: 'debezium-json' };
const settings = (given: Record<string, string> = {}) => checkSettings(new Map(Object.entries(given)));
const materialize = (mode: string) => settings({ 'table.exec.sink.upsert-materialize': mode });
const shuffle = (mode: string) => settings({ 'table.exec.sink.keyed-shuffle': mode });

/** The query's columns in another order: what is unique goes along. */
function swapped(input: PlanNode): PlanNode {
  const projections = [1, 0, 2].map((column) => columnRef(column, fields[column]!.type));
  return { kind: 'calc', input, predicate: null, projections, fields: [1, 0, 2].map((column) => fields[column]!) };
}

describe('rows of one key are brought into order before a sink', () => {
  it.each<[string, PlanNode, readonly string[], SinkChangelog, ReturnType<typeof settings>, boolean]>([
    ['of inserts: never', scan(table([])), ['a'], 'upsert', settings(), false],
    ['updated by the same key: no', scan(table(['a'], changes)), ['a'], 'upsert', settings(), false],
    ['updated by a part of it: no', scan(table(['a'], changes)), ['a', 'b'], 'upsert', settings(), false],
    ['updated by more than it: yes', scan(table(['a', 'b'], changes)), ['a'], 'upsert', settings(), true],
    ['updated by another one: yes', swapped(scan(table(['a'], changes))), ['a'], 'upsert', settings(), true],
    ['the key moved with its column: no', swapped(scan(table(['a'], changes))), ['b'], 'upsert', settings(), false],
    ['updated by nothing known: yes', scan(table([], changes)), ['a'], 'all', settings(), true],
    ['where every change is told: no', scan(table([], changes)), ['a'], 'retract', settings(), false],
    ['nor by FORCE', scan(table([])), ['a'], 'retract', materialize('FORCE'), false],
    ['without a key there is no order', scan(table([], changes)), [], 'all', settings(), false],
    ['NONE', scan(table([], changes)), ['a'], 'upsert', materialize('NONE'), false],
    ['FORCE', scan(table([])), ['a'], 'upsert', materialize('FORCE'), true],
    ['FORCE without a key', scan(table([])), [], 'upsert', materialize('FORCE'), false],
  ])('%s', (_, input, key, accepts, set, expected) => {
    const { kind, ...node } = sinkInput(input, table(key), accepts, set);
    expect(kind === 'sink_materialize').toBe(expected);
    if (expected) expect(node).toMatchObject({ keys: [0], input });
  });
});

describe('the row before an update reaches a sink by key', () => {
  const changing = scan(table(['a'], changes));
  const filtered = (column: number): PlanNode => {
    const predicate = { kind: 'is_null', arg: columnRef(column, types.of('int')) };
    const projections = fields.map(({ type }, i) => columnRef(i, type));
    return { kind: 'calc', input: changing, predicate: predicate as never, projections, fields };
  };

  it.each<[string, PlanNode, readonly string[], SinkChangelog, boolean]>([
    ['not where the key is that of the update', changing, ['a'], 'upsert', false],
    ['where the key is another one', changing, ['b'], 'upsert', true],
    ['where the key has more columns, which may change', changing, ['a', 'b'], 'upsert', true],
    ['where a filter may stop the row after it', filtered(1), ['a'], 'upsert', true],
    ['not where the filter is of the key', filtered(0), ['a'], 'upsert', false],
    ['where the sink takes all changes', changing, ['a'], 'all', true],
    ['where the sink tells all changes', changing, ['a'], 'retract', true],
  ])('%s', (_, input, key, accepts, expected) => expect(needsUpdateBefore(input, table(key), accepts)).toBe(expected));
});

describe('changes into a sink of inserts', () => {
  it('are refused by the name of what makes them', () => {
    const query = swapped(scan(table(['a'], changes)));
    expect(() => sinkInput(query, table([]), 'insert-only', settings())).toThrow(
      "table sink `c`.`d`.`t` doesn't support consuming update and delete changes which is produced by node TableSourceScan(table=[`c`.`d`.`t`])",
    );
  });

  it('name the operator whose updates they are', () => {
    const input = scan(table([]));
    const aggregate: PlanNode = { kind: 'group_aggregate', input, keys: [0, 1, 2], aggregates: [count], fields };
    expect(() => sinkInput(aggregate, table([]), 'insert-only', settings())).toThrow(
      /consuming update changes which is produced by node GroupAggregate\(fields=\[a, b, c\]\)/,
    );
  });

  const count = { name: 'COUNT', args: [], distinct: false, filter: null, type: types.of('bigint', false) };
});

describe('rows go to a sink', () => {
  const changing = scan(table(['a'], changes));

  it.each<[string, PlanNode, readonly string[], [number, number], ReturnType<typeof settings>, unknown]>([
    ['within the subtask', changing, ['a'], [2, 2], settings(), null],
    ['by its key where the parallelism changes', changing, ['a'], [2, 3], settings(), { kind: 'hash', keys: [0] }],
    ['in turn where all are inserts', scan(table([])), ['a'], [2, 3], settings(), { kind: 'rebalance' }],
    ['in turn when told so', changing, ['a'], [2, 3], shuffle('NONE'), { kind: 'rebalance' }],
    ['by its key when told so', changing, ['b'], [2, 2], shuffle('FORCE'), { kind: 'hash', keys: [1] }],
    ['alone', changing, ['b'], [1, 1], shuffle('FORCE'), null],
  ])('%s', (_, input, key, [sink, from], set, expected) => {
    expect(sinkPartitioning(input, table(key), { sink, input: from }, set)).toEqual(expected);
  });

  it('of a union as it is, but never so that changes of a row overtake each other', () => {
    expect(spreadRows(scan(table([])))).toEqual({ kind: 'rebalance' });
    expect(spreadRows(changing)).toEqual({ kind: 'hash', keys: [0] });
    expect(spreadRows(scan(table([], changes)))).toEqual({ kind: 'hash', keys: [0, 1, 2] });
  });

  it('never in turn where changes have no key', () => {
    const plan = () => sinkPartitioning(changing, table([]), { sink: 3, input: 2 }, settings());
    expect(plan).toThrow(/configured parallelism of 3, while its input has 2: .*a primary key is required/);
  });
});
