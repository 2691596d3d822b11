/** What a checkpoint says of the nodes whose state it holds, so that a changed job finds its own. */
import type { JobGraph } from '../model/job-graph.ts';
import type { StateTableFields } from '../model/state.ts';
import type { CheckpointMetadata, RecordedNode } from './checkpoint-store.ts';

/** `tables`: that were written, by node id. Calcs have the shapes of what is below them, and nothing to find. */
export function recordedNodes(
  graph: JobGraph,
  tables: Readonly<Record<string, readonly StateTableFields[]>>,
): Pick<CheckpointMetadata, 'nodes' | 'signatures'> {
  const nodes = graph.vertices.flatMap((vertex) => vertex.nodes);
  const signatures = nodes.flatMap(({ id, spec, signature }): [string, RecordedNode][] => {
    if (signature === undefined || spec.kind === 'calc') return [];
    const { formerId: _, ...kept } = signature;
    return [[id, { ...kept, tables: tables[id] ?? [] }]];
  });
  return {
    nodes: Object.fromEntries(nodes.map(({ id, name }) => [id, name])),
    signatures: Object.fromEntries(signatures),
  };
}
