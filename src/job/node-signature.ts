/**
 * By what a node is known again after its query has changed: a shape of its parts and of what is below it. Calcs are not seen, so that a
 * condition may come, go or change; of several nodes with one shape the one counts that has the same conditions below it, or whose rows go
 * into the same tables.
 */
import type { ChainNode, NodeSignature } from '../model/job-graph.ts';
import { expressionOrigin, type Origins, originsOf } from './column-origin.ts';
import { digestId } from './digest.ts';
import { partsOf } from './node-parts.ts';

/** What the nodes behind a node have to know of it. */
export type NodeIdentity = Readonly<{
  id: string;
  signature: Omit<NodeSignature, 'into'>;
  origins: Origins;
  inputs: readonly NodeIdentity[];
}>;

/** Of the nodes of one graph. */
export class NodeIdentities {
  readonly #ids = new Set<string>();
  readonly #formerIds = new Set<string>();

  /** `formerShape`: what counted for the id in 0.1.0, beside the inputs. */
  identify(spec: ChainNode['spec'], inputs: readonly NodeIdentity[], formerShape: unknown): NodeIdentity {
    const origins = inputs.map((input) => input.origins);
    const signatures = inputs.map(({ signature }) => signature);
    const parts = partsOf(spec, origins);
    const shape = shapeOf(spec, parts, signatures);
    const below = signatures.map(({ exact }) => exact);
    const formerInputs = signatures.map(({ formerId }) => formerId);
    return {
      id: uniqueId(spec.kind === 'calc' ? [spec.kind, shape] : shape, this.#ids),
      signature: {
        shape,
        exact: digestId([shape, below, conditionOf(spec, origins)]),
        parts,
        formerId: uniqueId([spec.kind, formerShape, formerInputs], this.#formerIds),
      },
      origins: originsOf(spec, origins),
      inputs,
    };
  }
}

/** Which sinks each node's rows reach, by id of the node: the tables in the order of their names. */
export function sinksReached(sinks: readonly NodeIdentity[]): ReadonlyMap<string, string> {
  const reached = new Map<string, Set<string>>();
  const mark = ({ id, inputs }: NodeIdentity, table: string): void => {
    const tables = reached.get(id) ?? new Set();
    if (tables.has(table)) return;
    reached.set(id, tables.add(table));
    for (const input of inputs) mark(input, table);
  };
  for (const sink of sinks) mark(sink, sink.signature.parts.table ?? '');
  return new Map([...reached].map(([id, tables]) => [id, digestId([...tables].sort())]));
}

/** A sink is known by its table alone: it is to know what it has written before, whatever the query was. */
function shapeOf(spec: ChainNode['spec'], parts: unknown, inputs: readonly NodeIdentity['signature'][]): string {
  if (spec.kind === 'calc') return inputs[0]!.shape;
  return digestId([spec.kind, parts, spec.kind === 'sink' ? [] : inputs.map(({ shape }) => shape)]);
}

function conditionOf(spec: ChainNode['spec'], inputs: readonly Origins[]): string | null {
  const condition = spec.kind === 'calc' ? spec.predicate : 'condition' in spec ? spec.condition : null;
  return condition === null ? null : expressionOrigin(condition, inputs.flat());
}

/** Equal nodes (two INSERTs of one query into one table) are told apart by their order. */
function uniqueId(shape: unknown, taken: Set<string>): string {
  for (let occurrence = 0; ; occurrence++) {
    const id = digestId([shape, occurrence]);
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}
