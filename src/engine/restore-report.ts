/**
 * Which state of a checkpoint a job finds its place for, told from the checkpoint's metadata and the job's graph alone. A node finds the
 * state of the node that had its shape; of several the one with the same conditions below it, else the one whose rows went into the same
 * tables, else the first.
 */
import type { ChainNode, JobGraph } from '../model/job-graph.ts';
import type { StateTableFields } from '../model/state.ts';
import { formatType } from '../model/types.ts';
import type { Checkpoint, CheckpointMetadata } from './checkpoint-store.ts';

/** A node of the checkpoint with what it holds. `parts`: as of `NodeSignature`; null: nothing is known. */
type HeldNode = Readonly<{
  id: string;
  name: string;
  parts: Readonly<Record<string, string>> | null;
  /** Where a source is, what a sink was to commit, or rows of an operator. */
  holds: 'positions' | 'commit' | 'state';
  bytes: number;
}>;

/** The new node that is most like one whose state is dropped, and what of it is different. */
export type NearestNode = Readonly<{ name: string; changed: readonly string[] }>;

/** A state table that was written with other columns than the operator has now, as types. */
export type ChangedTable = Readonly<{ table: string; found: string; expected: string | null }>;

export type NodeFate =
  /** `was`: what its id and name were. */
  | Readonly<{ fate: 'kept'; id: string; name: string; bytes: number; was: Readonly<{ id: string; name: string }> }>
  | Readonly<{ fate: 'new'; id: string; name: string }>
  | Readonly<{ fate: 'changed'; id: string; name: string; bytes: number; tables: readonly ChangedTable[] }>
  | (HeldNode & Readonly<{ fate: 'dropped'; nearest: NearestNode | null }>);

export type RestoreReport = Readonly<{ checkpoint: string; nodes: readonly NodeFate[] }>;

/** The state tables of an operator of the new graph; none where it has no state, or says nothing of it. */
export type ExpectedTables = (node: ChainNode) => readonly StateTableFields[];

/** Nodes of the new graph first. */
export function restoreReport(
  { path, metadata }: Checkpoint,
  graph: JobGraph,
  tablesOf: ExpectedTables,
): RestoreReport {
  const nodes = graph.vertices.flatMap((vertex) => vertex.nodes).filter(({ spec }) => spec.kind !== 'calc');
  const found = matchNodes(nodes, metadata);
  const held = heldNodes(metadata);
  const fresh = nodes.filter((node) => !found.has(node) && hasState(node));
  const present = nodes.flatMap((node): NodeFate[] => {
    const was = held.get(found.get(node) ?? '');
    if (was !== undefined) return [fateOf(node, was, metadata, tablesOf)];
    return fresh.includes(node) ? [{ fate: 'new', id: node.id, name: node.name }] : [];
  });
  const claimed = new Set(found.values());
  const dropped = [...held.values()]
    .filter(({ id }) => !claimed.has(id))
    .map((node): NodeFate => ({ ...node, fate: 'dropped', nearest: nearestOf(node, fresh) }));
  return { checkpoint: path, nodes: [...present, ...dropped] };
}

export function isWhole({ nodes }: RestoreReport): boolean {
  return nodes.every(({ fate }) => fate === 'kept');
}

/** Whether there is state that the job would go on without. */
export function losesState({ nodes }: RestoreReport): boolean {
  return nodes.some(({ fate }) => fate === 'dropped' || fate === 'changed');
}

/** Ids of the checkpoint by node of the new graph. */
function matchNodes(nodes: readonly ChainNode[], metadata: CheckpointMetadata): Map<ChainNode, string> {
  const found = new Map<ChainNode, string>();
  const free = new Set(Object.keys(metadata.nodes));
  const take = (wanted: (node: ChainNode) => string | undefined): void => {
    for (const node of nodes) {
      const id = found.has(node) ? undefined : wanted(node);
      if (id === undefined || !free.delete(id)) continue;
      found.set(node, id);
    }
  };
  const { signatures } = metadata;
  take(({ id, signature }) => (signature === undefined || signatures === undefined ? id : undefined));
  if (signatures === undefined) take(({ signature }) => signature?.formerId);
  const recorded = Object.entries(signatures ?? {});
  for (const keys of matches) {
    take(
      ({ signature }) =>
        recorded.find(([id, each]) => free.has(id) && keys.every((key) => each[key] === signature?.[key]))?.[0],
    );
  }
  return found;
}

/** The surest first: a shape may be that of several nodes. */
const matches = [['exact', 'into'], ['exact'], ['shape', 'into'], ['shape']] as const;

function heldNodes({ states, sources, sinks, nodes, signatures }: CheckpointMetadata): Map<string, HeldNode> {
  // Operators without state write files all the same, without a table.
  const stateful = Object.keys(states).filter((id) => signatures?.[id]?.tables.length !== 0);
  const ids = new Set([Object.keys(sources), stateful, Object.keys(sinks)].flat());
  return new Map(
    [...ids].map((id) => {
      const bytes = (states[id] ?? []).reduce((sum, { byteLength }) => sum + byteLength, 0);
      const holds = id in sources ? 'positions' : id in sinks ? 'commit' : 'state';
      return [id, { id, name: nodes[id] ?? id, parts: signatures?.[id]?.parts ?? null, holds, bytes }];
    }),
  );
}

const stateless: readonly ChainNode['spec']['kind'][] = [
  'values',
  'union',
  'expand',
  'correlate',
  'window',
  'lookup_join',
  'local_window_aggregate',
  'sink', // what a sink holds is what it was to commit: a new one has nothing to miss
];

function hasState({ spec }: ChainNode): boolean {
  return !stateless.includes(spec.kind);
}

function fateOf(
  node: ChainNode,
  was: HeldNode,
  { signatures }: CheckpointMetadata,
  tablesOf: ExpectedTables,
): NodeFate {
  const { id, name } = node;
  const written = signatures?.[was.id]?.tables ?? [];
  const expected = written.length === 0 ? [] : tablesOf(node);
  const tables = expected.length === 0 ? [] : changedTables(written, expected);
  if (tables.length > 0) return { fate: 'changed', id, name, bytes: was.bytes, tables };
  return { fate: 'kept', id, name, bytes: was.bytes, was: { id: was.id, name: was.name } };
}

function changedTables(written: readonly StateTableFields[], expected: readonly StateTableFields[]): ChangedTable[] {
  return written.flatMap(({ table, ...before }) => {
    const now = expected.find((each) => each.table === table);
    const [found, wanted] = [typesOf(before), now === undefined ? null : typesOf(now)];
    return found === wanted ? [] : [{ table, found, expected: wanted }];
  });
}

/** The key's columns stand before a semicolon. */
function typesOf({ fields, keyColumns }: Pick<StateTableFields, 'fields' | 'keyColumns'>): string {
  const types = fields.map(({ type }) => formatType(type));
  return [types.slice(0, keyColumns), types.slice(keyColumns)].map((list) => list.join(', ')).join('; ');
}

/** Of the same kind the one that has most in common, else one with the same keys. */
function nearestOf(dropped: HeldNode, fresh: readonly ChainNode[]): NearestNode | null {
  const ofKind = fresh.filter((node) => kindOf(node.name) === kindOf(dropped.name));
  const { keys = '' } = dropped.parts ?? {};
  const candidates =
    ofKind.length > 0 || keys === '' ? ofKind : fresh.filter(({ signature }) => signature?.parts.keys === keys);
  const ranked = candidates
    .map((node) => ({ name: node.name, changed: changedParts(dropped.parts, node) }))
    .sort((a, b) => a.changed.length - b.changed.length);
  return ranked[0] ?? null;
}

function kindOf(name: string): string {
  return name.split(/[:[]/)[0]!;
}

function changedParts(before: HeldNode['parts'], { signature }: ChainNode): string[] {
  if (before === null || signature === undefined) return [];
  const now = signature.parts;
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  const changed = [...names].filter((name) => before[name] !== now[name]);
  return changed.length === 0 ? ['input'] : changed;
}
