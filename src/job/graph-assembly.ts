/** A job graph while it is put together: vertices with their chains, edges, ids and names. */
import { userFunctionsIn } from '../functions/user-registry.ts';
import { assert } from '../model/errors.ts';
import type { ChainNode, JobEdge, JobGraph, JobVertex, NodeInput, Partitioning } from '../model/job-graph.ts';
import type { Field } from '../model/types.ts';
import { NodeIdentities, type NodeIdentity, sinksReached } from './node-signature.ts';

/** The output of a node. */
export type Port = Readonly<{ vertex: number; node: number }>;

export type NodeSpec = ChainNode['spec'];

/** What a node is made of. */
export type NodeDraft = Readonly<{
  spec: NodeSpec;
  /** `Calc`, `Source: orders`: its running number is added. */
  label: string;
  /** What counted for its id in 0.1.0, beside its inputs (node-signature.ts). */
  formerShape: unknown;
}>;

type DraftVertex = { parallelism: number; nodes: ChainNode[] };

export class GraphAssembly {
  readonly #vertices: DraftVertex[] = [];
  readonly #edges: JobEdge[] = [];
  readonly #identities = new NodeIdentities();
  readonly #identityOf = new Map<string, NodeIdentity>();
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
    const ports = inputs.map(({ port }) => port);
    this.#vertices.push({ parallelism, nodes: [this.#node(draft, edges, ports)] });
    return { vertex, node: 0 };
  }

  /** A node that takes another's rows within its subtask. */
  chain(draft: NodeDraft, input: Port): Port {
    const { nodes } = this.#vertices[input.vertex]!;
    nodes.push(this.#node(draft, [{ kind: 'node', node: input.node }], [input]));
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
    const all = this.#vertices.flatMap(({ nodes }) => nodes);
    const sinks = all.filter(({ spec }) => spec.kind === 'sink').map(({ id }) => this.#identityOf.get(id)!);
    const reached = sinksReached(sinks);
    const vertices = this.#vertices.map(({ nodes, parallelism }): JobVertex => {
      const signed = nodes.map((node) => this.#signed(node, reached.get(node.id) ?? ''));
      return { id: nodes[0]!.id, name: chainName(nodes, 0), parallelism, nodes: signed };
    });
    const parallelism = Math.max(...vertices.map((vertex) => vertex.parallelism));
    return { ...job, parallelism, functions: userFunctionsIn(vertices), vertices, edges: this.#edges };
  }

  #nodeAt(port: Port): ChainNode {
    return this.#vertices[port.vertex]!.nodes[port.node]!;
  }

  #node({ spec, label, formerShape }: NodeDraft, inputs: readonly NodeInput[], ports: readonly Port[]): ChainNode {
    this.#nodeCount++;
    const below = ports.map((port) => this.#identityOf.get(this.#nodeAt(port).id)!);
    const identity = this.#identities.identify(spec, below, formerShape);
    this.#identityOf.set(identity.id, identity);
    return { id: identity.id, name: `${label}[${this.#nodeCount}]`, spec, inputs };
  }

  #signed(node: ChainNode, into: string): ChainNode {
    return { ...node, signature: { ...this.#identityOf.get(node.id)!.signature, into } };
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
