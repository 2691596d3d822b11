/**
 * By what a node is known again after its query has changed: a shape of its parts and of what is below it. Calcs are not seen, so that a
 * condition may come, go or change; of several nodes with one shape the one counts that has the same conditions below it.
 */
import type { ChainNode, NodeSignature } from '../model/job-graph.ts';
import { expressionOrigin, type Origins, originsOf } from './column-origin.ts';
import { digestId } from './digest.ts';
import { partsOf } from './node-parts.ts';

/** What the nodes behind a node have to know of it. */
export type NodeIdentity = Readonly<{ id: string; signature: NodeSignature; origins: Origins }>;

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
    };
  }
}

/** A sink is known by its table alone: it is to know what it has written before, whatever the query was. */
function shapeOf(spec: ChainNode['spec'], parts: unknown, inputs: readonly NodeSignature[]): string {
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
