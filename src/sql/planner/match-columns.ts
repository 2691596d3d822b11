/** Which columns a MATCH_RECOGNIZE reads, and how it looks over fewer. */
import { columnsOf, remapColumns } from '../../model/expression.ts';
import type { MatchExpression, MatchInput, MatchNode, PlanNode } from '../../model/plan.ts';

/** The node with these measures alone. */
export function withMeasures(node: MatchNode, kept: readonly number[]): MatchNode {
  const { partition, pattern, fields } = node;
  return {
    ...node,
    pattern: { ...pattern, measures: kept.map((measure) => pattern.measures[measure]!) },
    fields: [...fields.slice(0, partition.length), ...kept.map((measure) => fields[partition.length + measure]!)],
  };
}

/** Columns of the input, each once. */
export function matchColumns({ partition, time, order, pattern }: MatchNode): number[] {
  const expressions = [...Object.values(pattern.define), ...pattern.measures];
  const read = expressions.flatMap(({ inputs }) => inputs.flatMap(columnsOfInput));
  const sorted = order.map(({ column }) => column);
  return [...new Set([...partition, ...(time === null ? [] : [time]), ...sorted, ...read])];
}

function columnsOfInput(input: MatchInput): number[] {
  if (input.kind === 'navigation') return [input.column];
  return input.kind === 'aggregate' ? input.args.flatMap((arg) => [...columnsOf(arg)]) : [];
}

/** The node over an input that has `columns` of the former one alone. */
export function matchOver(node: MatchNode, input: PlanNode, columns: readonly number[]): MatchNode {
  const place = (column: number): number => columns.indexOf(column);
  const { partition, time, order, pattern } = node;
  const moved = (expression: MatchExpression): MatchExpression => ({
    ...expression,
    inputs: expression.inputs.map((read) => movedInput(read, place)),
  });
  const define = Object.fromEntries(Object.entries(pattern.define).map(([name, when]) => [name, moved(when)]));
  return {
    ...node,
    input,
    partition: partition.map(place),
    time: time === null ? null : place(time),
    order: order.map((each) => ({ ...each, column: place(each.column) })),
    pattern: { ...pattern, define, measures: pattern.measures.map(moved) },
  };
}

function movedInput(input: MatchInput, place: (column: number) => number): MatchInput {
  if (input.kind === 'navigation') return { ...input, column: place(input.column) };
  if (input.kind !== 'aggregate') return input;
  return { ...input, args: input.args.map((arg) => remapColumns(arg, place)) };
}
