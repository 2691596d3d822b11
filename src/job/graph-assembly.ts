/** A job graph while it is put together: vertices with their chains, edges, ids and names. */
import { userFunctionsIn } from '../functions/user-registry.ts';
import { assert } from '../model/errors.ts';
import type { ChainNode, JobEdge, JobGraph, JobVertex, NodeInput, Partitioning } from '../model/job-graph.ts';
import type { Field } from '../model/types.ts';
import { digestId } from './digest.ts';

/** The output of a node. */
export type Port = Readonly<{ vertex: number; node: number }>;

export type NodeSpec = ChainNode['spec'];

/** What a node is made of. */
export type NodeDraft = Readonly<{
  spec: NodeSpec;
  /** `Calc`, `Source: orders`: its running number is added. */
  label: string;
  /**
   * What of the node counts for its id, beside its inputs: what its state depends on. Not a literal in a WHERE, so that a savepoint
   * outlives small changes.
   */
  shape: unknown;
}>;

type DraftVertex = { parallelism: number; nodes: ChainNode[] };

export class GraphAssembly {
  readonly #vertices: DraftVertex[] = [];
  readonly #edges: JobEdge[] = [];
  readonly #ids = new Set<string>();
  #nodeCount = 0;

  /** A node that begins a vertex: a source, or one that reads the given outputs over edges. */
  head(
    draft: NodeDraft,
    parallelism: number,
    inputs: readonly Readonly<{ port: Port; partitioning: Partitioning }>[] = [],
  ): Port {
    const vertex = this.#vertices.length;
    const edges = inputs.map(({ port, partitioning }): NodeInput => {
      this.#edges.push({
        sourceVertex: port.vertex,
        sourceNode: port.node,
        targetVertex: vertex,
        partitioning,
        fields: this.fieldsOf(port),
      });
      return { kind: 'edge', edge: this.#edges.length - 1 };
    });
    const inputIds = inputs.map(({ port }) => this.#nodeAt(port).id);
    this.#vertices.push({ parallelism, nodes: [this.#node(draft, edges, inputIds)] });
    return { vertex, node: 0 };
  }

  /** A node that takes another's rows within its subtask. */
  chain(draft: NodeDraft, input: Port): Port {
    const { nodes } = this.#vertices[input.vertex]!;
    nodes.push(this.#node(draft, [{ kind: 'node', node: input.node }], [this.#nodeAt(input).id]));
    return { vertex: input.vertex, node: nodes.length - 1 };
  }

  fieldsOf(port: Port): readonly Field[] {
    const { spec } = this.#nodeAt(port);
    assert(spec.kind !== 'sink', () => 'a sink has no output');
    return spec.fields;
  }

  parallelismOf(port: Port): number {
    return this.#vertices[port.vertex]!.parallelism;
  }

  build(job: Readonly<{ name: string; maxParallelism: number; timeZone: string }>): JobGraph {
    const vertices = this.#vertices.map(
      ({ nodes, parallelism }): JobVertex => ({ id: nodes[0]!.id, name: chainName(nodes, 0), parallelism, nodes }),
    );
    const parallelism = Math.max(...vertices.map((vertex) => vertex.parallelism));
    return { ...job, parallelism, functions: userFunctionsIn(vertices), vertices, edges: this.#edges };
  }

  #nodeAt(port: Port): ChainNode {
    return this.#vertices[port.vertex]!.nodes[port.node]!;
  }

  #node({ spec, label, shape }: NodeDraft, inputs: readonly NodeInput[], inputIds: readonly string[]): ChainNode {
    this.#nodeCount++;
    return { id: this.#uniqueId([spec.kind, shape, inputIds]), name: `${label}[${this.#nodeCount}]`, spec, inputs };
  }

  /** Equal nodes (two INSERTs of one query into one table) are told apart by their order. */
  #uniqueId(shape: unknown): string {
    for (let occurrence = 0; ; occurrence++) {
      const id = digestId([shape, occurrence]);
      if (this.#ids.has(id)) continue;
      this.#ids.add(id);
      return id;
    }
  }
}

/** As Flink names chains: `Source: t[1] -> (Calc[2] -> Sink: a[3], Sink: b[4])`. */
function chainName(nodes: readonly ChainNode[], index: number): string {
  const next = nodes.flatMap((node, i) =>
    node.inputs.some((input) => input.kind === 'node' && input.node === index) ? [chainName(nodes, i)] : [],
  );
  const { name } = nodes[index]!;
  if (next.length === 0) return name;
  return `${name} -> ${next.length === 1 ? next[0] : `(${next.join(', ')})`}`;
}
