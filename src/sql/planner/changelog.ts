/**
 * Which changes a node's rows bring, and by which columns its rows are unique: what decides how operators keep state and which sinks can take
 * a query. Flink's FlinkChangelogModeInferenceProgram and FlinkRelMdUniqueKeys, but that every update brings its -U.
 */
import type { CalcNode, ChangelogMode, JoinParts, PlanNode, RankNode, WindowAggregateNode } from '../../model/plan.ts';
import { inputsOf, insertOnly } from '../../model/plan.ts';
import type { TableDefinition } from '../../model/table.ts';

const updates: ChangelogMode = { update: true, delete: false };
const all: ChangelogMode = { update: true, delete: true };

/** Formats and connectors whose tables bring changes. */
const changelogFormats = new Set(['debezium-json', 'canal-json', 'maxwell-json', 'debezium-avro-confluent']);

export function changelogOf(node: PlanNode): ChangelogMode {
  switch (node.kind) {
    case 'scan':
      return tableChanges(node.table);
    case 'values':
    case 'interval_join':
    case 'window_join':
    case 'match':
    case 'temporal_sort':
    case 'to_changelog':
      return insertOnly;
    case 'over':
      return node.time === null ? all : insertOnly;
    case 'window_aggregate':
      return node.emit === null ? insertOnly : { update: true, delete: !isInsertOnly(changelogOf(node.input)) };
    case 'group_aggregate':
      return node.aggregates.length === 0 && isInsertOnly(changelogOf(node.input))
        ? insertOnly
        : { update: true, delete: !isInsertOnly(changelogOf(node.input)) };
    case 'rank':
      return node.window === null ? all : insertOnly;
    case 'deduplicate':
      return node.window !== null || node.keep === 'first' ? insertOnly : updates;
    case 'changelog_normalize':
    case 'sink_materialize':
    case 'from_changelog':
    case 'set_operation':
      return all;
    case 'join':
      return joinChanges(node);
    case 'temporal_join':
    case 'lookup_join':
      return changelogOf('left' in node ? node.left : node.input);
    case 'limit':
      return isInsertOnly(changelogOf(node.input)) ? insertOnly : all;
    default:
      return inputsOf(node).map(changelogOf).reduce(either, insertOnly);
  }
}

export function isInsertOnly({ update, delete: deletes }: ChangelogMode): boolean {
  return !update && !deletes;
}

function either(a: ChangelogMode, b: ChangelogMode): ChangelogMode {
  return { update: a.update || b.update, delete: a.delete || b.delete };
}

/** An upsert table and a change data feed bring every kind of change. */
export function tableChanges({ options }: TableDefinition): ChangelogMode {
  const format = options.get('value.format') ?? options.get('format') ?? '';
  return options.get('connector') === 'upsert-kafka' || changelogFormats.has(format) ? all : insertOnly;
}

/** An outer side takes its padded row back when a partner comes; a semi or anti join its row. */
function joinChanges({ left, right, join }: JoinParts): ChangelogMode {
  if (join === 'semi' && isInsertOnly(changelogOf(right))) return changelogOf(left);
  if (join === 'inner') return either(changelogOf(left), changelogOf(right));
  return all;
}

/**
 * Sets of columns by which the node's rows (after its changes) are unique; empty: none are known. The empty set: there is one row at the most.
 */
export function uniqueKeysOf(node: PlanNode): readonly (readonly number[])[] {
  switch (node.kind) {
    case 'scan':
      return scanKeys(
        node.table,
        node.columns.map(({ name }) => name),
      );
    case 'watermark':
    case 'changelog_normalize':
      return node.kind === 'changelog_normalize' ? [node.keys] : uniqueKeysOf(node.input);
    case 'calc':
      return calcKeys(node);
    case 'group_aggregate':
      return [node.keys.map((_, i) => i)];
    case 'window_aggregate':
      return windowKeys(node);
    case 'deduplicate':
      return [node.keys, ...uniqueKeysOf(node.input)];
    case 'rank':
      return rankKeys(node);
    case 'limit':
      return node.from === node.to ? [[]] : uniqueKeysOf(node.input);
    case 'temporal_sort':
    case 'over':
      return uniqueKeysOf(node.input);
    case 'join':
      return joinKeys(node);
    case 'temporal_join':
      return uniqueKeysOf(node.left);
    default:
      return []; // also of TO_CHANGELOG: what was a row is many
  }
}

/** The keys and any bound of the window; windows of CUMULATE share their start. */
function windowKeys({ window, keys, aggregates, properties }: WindowAggregateNode): readonly (readonly number[])[] {
  const own = keys.map((_, i) => i);
  return properties
    .filter((property) => window.kind !== 'cumulate' || property !== 'window_start')
    .map((property) => [...own, keys.length + aggregates.length + properties.indexOf(property)]);
}

function scanKeys({ primaryKey }: TableDefinition, names: readonly string[]): readonly (readonly number[])[] {
  const places = primaryKey.map((name) => names.indexOf(name));
  return primaryKey.length === 0 || places.includes(-1) ? [] : [places];
}

/** Keys all of whose columns are passed on as they are. */
function calcKeys({ input, projections }: CalcNode): readonly (readonly number[])[] {
  const places = new Map<number, number>();
  for (const [place, projection] of projections.entries()) {
    if (projection.kind === 'column' && !places.has(projection.index)) places.set(projection.index, place);
  }
  return uniqueKeysOf(input).flatMap((key) => {
    const moved = key.map((column) => places.get(column));
    return moved.includes(undefined) ? [] : [moved as number[]];
  });
}

function rankKeys(node: RankNode): readonly (readonly number[])[] {
  const below = uniqueKeysOf(node.input);
  const windows = node.window === null ? [] : [node.window.start, node.window.end];
  const partition = [...new Set([...node.partition, ...windows])];
  if (node.outputRank) return [[...partition, node.fields.length - 1], ...below];
  return node.from === node.to && node.endColumn === undefined ? [partition, ...below] : below;
}

/** A side's key stays one where the other side brings one row at the most; both together always are one, but for outer joins' NULLs. */
function joinKeys({ left, right, join, leftKeys, rightKeys }: JoinParts): readonly (readonly number[])[] {
  if (join === 'semi' || join === 'anti') return uniqueKeysOf(left);
  const [ofLeft, ofRight] = [uniqueKeysOf(left), uniqueKeysOf(right)];
  const width = left.fields.length;
  const shifted = ofRight.map((key) => key.map((column) => column + width));
  const rightIsOne = ofRight.some((key) => key.every((column) => rightKeys.includes(column)));
  const leftIsOne = ofLeft.some((key) => key.every((column) => leftKeys.includes(column)));
  const keepsLeft = rightIsOne && (join === 'inner' || join === 'left') ? ofLeft : [];
  const keepsRight = leftIsOne && (join === 'inner' || join === 'right') ? shifted : [];
  const both = ofLeft.flatMap((a) => shifted.map((b) => [...a, ...b]));
  return [...keepsLeft, ...keepsRight, ...both];
}

/** The smallest unique key; null: none is known. */
export function uniqueKeyOf(node: PlanNode): readonly number[] | null {
  const keys = uniqueKeysOf(node);
  return keys.length === 0 ? null : keys.reduce((least, key) => (key.length < least.length ? key : least));
}
