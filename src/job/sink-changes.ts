/**
 * What has to stand between a query and its sink, so that the sink has the query's rows whatever changes they bring. Flink's
 * FlinkChangelogModeInferenceProgram and CommonExecSink.
 */
import type { SinkChangelog } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import { columnsOf, type Expression } from '../model/expression.ts';
import type { Partitioning } from '../model/job-graph.ts';
import type { Options } from '../model/options.ts';
import { inputsOf, type PlanNode } from '../model/plan.ts';
import { formatPath, sinkRowOf, type TableDefinition } from '../model/table.ts';
import { changelogOf, isInsertOnly, uniqueKeyOf, uniqueKeysOf } from '../sql/planner/changelog.ts';
import { labelOf } from './operator-draft.ts';

/**
 * The plan with what the sink needs on top: the newest of several rows with one key, where the stream is updated by another key. Not where
 * the sink has every change as it is, its -U too (as in Flink from 2.3 on). Throws SQL_VALIDATION where the sink can't take the changes.
 */
export function sinkInput(
  input: PlanNode,
  table: TableDefinition,
  accepts: SinkChangelog,
  settings: Options,
): PlanNode {
  const insertOnly = isInsertOnly(changelogOf(input));
  if (accepts === 'insert-only' && !insertOnly) throw refusedChanges(input, table);
  const keys = primaryKeyOf(table);
  const mode = settings.string('table.exec.sink.upsert-materialize');
  const wanted = mode === 'AUTO' ? !insertOnly && !isUpdatedWithin(input, keys) : mode === 'FORCE';
  if (keys.length === 0 || accepts === 'retract' || !wanted) return input;
  return { kind: 'sink_materialize', input, keys, fields: input.fields };
}

/** Of the sink's row. */
function primaryKeyOf(table: TableDefinition): readonly number[] {
  const names = sinkRowOf(table).map(({ name }) => name);
  return table.primaryKey.map((name) => names.indexOf(name));
}

/** Whether rows with one key of the sink are always the same row of the query. */
function isUpdatedWithin(input: PlanNode, keys: readonly number[]): boolean {
  return uniqueKeysOf(input).some((unique) => unique.every((column) => keys.includes(column)));
}

/**
 * Whether a sink by key has to see the row before an update: where the row after it may have another key, or none comes, as a filter stands
 * between. Elsewhere it would delete what is replaced at once.
 */
export function needsUpdateBefore(input: PlanNode, table: TableDefinition, accepts: SinkChangelog): boolean {
  if (accepts !== 'upsert') return true;
  const keys = primaryKeyOf(table);
  const byKey = uniqueKeysOf(input).some(
    (unique) => unique.length === keys.length && keys.every((key) => unique.includes(key)),
  );
  return !byKey || !keepsPairs(input);
}

/** Whether each -U is followed by its +U. Operators with state see to it; a condition may let one of the two pass. */
function keepsPairs(node: PlanNode): boolean {
  if (!changelogOf(node).update) return true;
  switch (node.kind) {
    case 'calc':
      return (node.predicate === null || isOfKey(node.predicate, node.input)) && keepsPairs(node.input);
    case 'watermark':
    case 'union':
    case 'window':
    case 'expand':
      return inputsOf(node).every(keepsPairs);
    case 'correlate':
    case 'lookup_join':
    case 'temporal_join':
    case 'from_changelog':
      return false;
    default:
      return true;
  }
}

function isOfKey(predicate: Expression, input: PlanNode): boolean {
  const used = [...columnsOf(predicate)];
  return uniqueKeysOf(input).some((unique) => used.every((column) => unique.includes(column)));
}

/** How rows get to a sink of `parallelism` from an input with `inputParallelism`; null: within the subtask. */
export function sinkPartitioning(
  input: PlanNode,
  table: TableDefinition,
  parallelism: Readonly<{ sink: number; input: number }>,
  settings: Options,
): Partitioning | null {
  const same = parallelism.sink === parallelism.input;
  const keys = primaryKeyOf(table);
  const mode = settings.string('table.exec.sink.keyed-shuffle');
  const alone = parallelism.sink === 1 && parallelism.input === 1;
  if (keys.length > 0 && mode === 'FORCE' && !alone) return { kind: 'hash', keys };
  if (same) return null;
  if (isInsertOnly(changelogOf(input)) || (keys.length > 0 && mode === 'NONE')) return { kind: 'rebalance' };
  if (keys.length > 0) return { kind: 'hash', keys };
  throw new EngineError(
    'SQL_VALIDATION',
    `the sink for table ${formatPath(table.path)} has a configured parallelism of ${parallelism.sink}, while its input has ${parallelism.input}: ` +
      'as the input brings changes, a primary key is required, but none is declared',
    { hint: "Declare a PRIMARY KEY, by which changes are dealt out, or leave out 'sink.parallelism'." },
  );
}

/** Over more or fewer subtasks: in turn, but changes of one row stay in their order. */
export function spreadRows(input: PlanNode): Partitioning {
  if (isInsertOnly(changelogOf(input))) return { kind: 'rebalance' };
  return { kind: 'hash', keys: uniqueKeyOf(input) ?? input.fields.map((_, column) => column) };
}

function refusedChanges(input: PlanNode, table: TableDefinition): EngineError {
  const { update, delete: deletes } = changelogOf(input);
  const what = [update ? ['update'] : [], deletes ? ['delete'] : []].flat().join(' and ');
  const producer = producerOf(input);
  const isIceberg = table.options.get('connector') === 'iceberg';
  return new EngineError(
    'SQL_VALIDATION',
    `table sink ${formatPath(table.path)} doesn't support consuming ${what} changes which is produced by node ${nodeText(producer)}`,
    {
      hint:
        (isIceberg ? 'Iceberg tables are appended to only: deletes and upserts are not built. ' : '') +
        "Write to a table that takes changes ('upsert-kafka' with a PRIMARY KEY, a format such as 'debezium-json', 'print'), " +
        'or make rows that are final: aggregate by windows.',
    },
  );
}

/** These pass changes on as they come. */
const passing: readonly PlanNode['kind'][] = [
  'calc',
  'watermark',
  'union',
  'window',
  'expand',
  'correlate',
  'lookup_join',
];

/** The node that makes rows which are not inserts. */
function producerOf(node: PlanNode): PlanNode {
  const below = inputsOf(node).find((input) => !isInsertOnly(changelogOf(input)));
  return below === undefined || !passing.includes(node.kind) ? node : producerOf(below);
}

function nodeText(node: PlanNode): string {
  if (node.kind === 'scan') return `TableSourceScan(table=[${formatPath(node.table.path)}])`;
  const names = node.fields.map(({ name }) => name).join(', ');
  return `${labelOf(node.kind)}(fields=[${names}])`;
}
