/** Plan nodes that stand in the job graph as they are: their specs, and how their rows are dealt out. */
import type { OperatorSpec, Partitioning } from '../model/job-graph.ts';
import { inputsOf, type PlanNode } from '../model/plan.ts';
import type { Field } from '../model/types.ts';
import { changelogOf, uniqueKeyOf } from '../sql/planner/changelog.ts';
import { mayFall, updateKeyOf, withoutRetraction } from '../sql/planner/monotonicity.ts';
import type { NodeDraft } from './graph-assembly.ts';

/** Nodes with lowerings of their own are not among them. */
export type PlainNode = Exclude<
  PlanNode,
  Readonly<{ kind: 'scan' | 'calc' | 'watermark' | 'window' | 'window_aggregate' | 'union' | 'values' | 'lookup_join' }>
>;

export type DraftSettings = Readonly<{ stateTtlMs: number | null; timeZone: string }>;

/**
 * `chain`: within the subtask of the input. Else an edge for each input, hashed by its columns; without columns everything goes to one
 * subtask.
 */
export type Placement =
  | Readonly<{ kind: 'chain' }>
  | Readonly<{ kind: 'exchange'; keys: readonly (readonly number[])[] }>;

export function operatorDraft(
  node: PlainNode,
  inputFields: readonly (readonly Field[])[],
  settings: DraftSettings,
): NodeDraft {
  const changes = inputsOf(node).map(changelogOf);
  const sides =
    'left' in node
      ? {
          leftFields: inputFields[0]!,
          rightFields: inputFields[1]!,
          leftChanges: changes[0]!,
          rightChanges: changes[1]!,
        }
      : { inputFields: inputFields[0]!, inputChanges: changes[0]! };
  const spec = { ...withoutInputs(node), ...sides, ...extras(node, settings) } as unknown as OperatorSpec;
  return { spec, label: labelOf(node.kind), formerShape: null };
}

function withoutInputs(node: PlainNode): object {
  const { input, left, right, ttls, ttlMs, ...rest } = node as PlainNode &
    Readonly<{ input?: unknown; left?: unknown; right?: unknown; ttls?: unknown; ttlMs?: unknown }>;
  return rest;
}

/** What operators have to know beside their node. */
function extras(node: PlainNode, { stateTtlMs, timeZone }: DraftSettings): object {
  switch (node.kind) {
    case 'join':
      return {
        leftUnique: uniqueKeyOf(node.left),
        rightUnique: uniqueKeyOf(node.right),
        leftTtlMs: hinted(node.ttls?.left, stateTtlMs),
        rightTtlMs: hinted(node.ttls?.right, stateTtlMs),
      };
    case 'group_aggregate':
      return { stateTtlMs: hinted(node.ttlMs, stateTtlMs), withoutRetraction: withoutRetraction(node) };
    case 'window_join':
      return { timeZone: node.leftWindow.zoned ? timeZone : null };
    case 'rank':
      return {
        stateTtlMs,
        unique: updateKeyOf(node),
        falls: mayFall(node),
        timeZone: node.window?.zoned ? timeZone : null,
      };
    case 'sink_materialize':
      return { stateTtlMs, unique: uniqueKeyOf(node.input) };
    case 'deduplicate':
      return { stateTtlMs, timeZone: node.window?.zoned ? timeZone : null };
    default:
      return { stateTtlMs };
  }
}

/** `ms`: what the hint STATE_TTL says. */
function hinted(ms: number | undefined, stateTtlMs: number | null): number | null {
  if (ms === undefined) return stateTtlMs;
  return ms === 0 ? null : ms;
}

export function placementOf(node: PlainNode): Placement {
  switch (node.kind) {
    case 'expand':
    case 'correlate':
    case 'to_changelog':
    case 'from_changelog':
      return { kind: 'chain' };
    case 'group_aggregate':
    case 'deduplicate':
    case 'changelog_normalize':
    case 'sink_materialize':
      return { kind: 'exchange', keys: [node.keys] };
    case 'over':
    case 'match':
      return { kind: 'exchange', keys: [node.partition] };
    case 'rank':
      return { kind: 'exchange', keys: [windowed(node.partition, node.window)] };
    case 'join':
    case 'interval_join':
    case 'temporal_join':
      return { kind: 'exchange', keys: [node.leftKeys, node.rightKeys] };
    case 'window_join':
      return {
        kind: 'exchange',
        keys: [windowed(node.leftKeys, node.leftWindow), windowed(node.rightKeys, node.rightWindow)],
      };
    case 'set_operation':
      return { kind: 'exchange', keys: [node.left, node.right].map(({ fields }) => fields.map((_, i) => i)) };
    case 'temporal_sort':
    case 'limit':
      return { kind: 'exchange', keys: [[]] };
  }
}

/** Windows without further keys are still dealt out: by their end. */
function windowed(keys: readonly number[], window: Readonly<{ end: number }> | null): readonly number[] {
  return keys.length > 0 || window === null ? keys : [window.end];
}

export function exchangeOf(keys: readonly number[]): Partitioning {
  return { kind: 'hash', keys };
}

/** `group_aggregate` → `GroupAggregate`. */
export function labelOf(kind: string): string {
  return kind.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
