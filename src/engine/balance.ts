/** The equations that hold of a job's rows between two checkpoints, and where they do not (docs/engine-audit.md). */
import { type FigureName, fateFigures, type Imbalance, type NodeAccount, type RowAccount } from '../model/account.ts';
import type { ChainNode, JobGraph, NodeInput } from '../model/job-graph.ts';

type Term = FigureName | 'in' | 'out';

/** Of a node that has the figure `of` and does not have `unless`. Figures that it lacks are 0. */
type Equation = Readonly<{ of: FigureName; unless?: FigureName; left: readonly Term[]; right: readonly Term[] }>;

const equations: readonly Equation[] = [
  { of: 'passed', unless: 'carriedIn', left: ['in'], right: fateFigures },
  { of: 'carriedIn', left: ['carriedIn'], right: fateFigures },
  { of: 'carriedOut', left: ['used'], right: ['carriedOut'] },
  { of: 'made', left: ['passed', 'waits', 'made'], right: ['out', 'waiting'] },
  { of: 'offsets', left: ['offsets'], right: ['records', 'controlOffsets', 'abortedOffsets', 'gapOffsets'] },
  { of: 'records', left: ['records'], right: ['decoded', 'withoutValue', 'skipped', 'deadLetters', 'discarded'] },
  { of: 'rows', left: ['rows'], right: ['out'] },
  { of: 'written', left: ['in'], right: ['written', 'updatesBefore', 'notNullDropped'] },
  { of: 'committed', left: ['written'], right: ['committed'] },
];

/** `account`: what went on in the epoch; `waiting` is by how much it rose. Edges that are not there are not between threads. */
export function imbalancesOf(graph: JobGraph, account: RowAccount): Imbalance[] {
  return graph.vertices.flatMap((vertex, index) =>
    vertex.nodes.flatMap((node) => {
      const own = account.nodes[node.id];
      if (own === undefined) return [];
      const places = node.inputs.flatMap((input, place) =>
        inputImbalances({ graph, account }, [index, node], input, place),
      );
      return [...places, ...equations.flatMap((equation) => checked(equation, node, own))];
    }),
  );
}

function checked({ of, unless, left, right }: Equation, { id, name }: ChainNode, own: NodeAccount): Imbalance[] {
  if (own.figures[of] === undefined || (unless !== undefined && own.figures[unless] !== undefined)) return [];
  const sum = (terms: readonly Term[]): number => terms.reduce((total, term) => total + rowsOf(own, term), 0);
  const equation = `${left.join(' + ')} = ${right.join(' + ')}`;
  return difference({ nodeId: id, place: name, equation }, sum(left), sum(right));
}

function rowsOf({ in: inputs, out, figures }: NodeAccount, term: Term): number {
  if (term === 'in') return inputs.reduce((sum, rows) => sum + rows, 0);
  return term === 'out' ? out : (figures[term] ?? 0);
}

type Job = Readonly<{ graph: JobGraph; account: RowAccount }>;

/** What one node gave out is what the other took in, and on an edge what was sent and received. */
function inputImbalances(
  { graph, account }: Job,
  [vertex, node]: readonly [number, ChainNode],
  input: NodeInput,
  place: number,
): Imbalance[] {
  const edge = input.kind === 'edge' ? graph.edges[input.edge]! : null;
  const before =
    input.kind === 'node'
      ? graph.vertices[vertex]!.nodes[input.node]!
      : graph.vertices[edge!.sourceVertex]!.nodes[edge!.sourceNode]!;
  const [from, to] = [account.nodes[before.id], account.nodes[node.id]!];
  if (from === undefined) return [];
  const passage = input.kind === 'edge' ? account.edges[input.edge] : undefined;
  const between = (equation: string, left: number, right: number): Imbalance[] =>
    difference({ nodeId: node.id, place: `${before.name} → ${node.name}`, equation }, left, right);
  const taken = to.in[place] ?? 0;
  const rows =
    passage === undefined
      ? between('out = in', from.out, taken)
      : [
          ...between('out = sent', from.out, passage.sent),
          ...between('sent = received', passage.sent, passage.received),
          ...between('received = in', passage.received, taken),
        ];
  const { carriedOut } = from.figures;
  const { carriedIn } = to.figures;
  if (carriedOut === undefined || carriedIn === undefined) return rows;
  return [...rows, ...between('carriedOut = carriedIn', carriedOut, carriedIn)];
}

function difference(where: Pick<Imbalance, 'nodeId' | 'place' | 'equation'>, left: number, right: number): Imbalance[] {
  return left === right ? [] : [{ ...where, left, right, missing: left - right }];
}

/** `Calc[2]: in = passed + filtered does not hold: 100 and 99, 1 row is missing`. */
export function imbalanceText({ place, equation, left, right, missing }: Imbalance): string {
  const rows = Math.abs(missing) === 1 ? '1 row' : `${Math.abs(missing)} rows`;
  const off = missing > 0 ? `${rows} missing` : `${rows} too many`;
  return `${place}: ${equation} does not hold: ${left} and ${right}, ${off}`;
}
