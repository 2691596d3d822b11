/** An aggregate call with its implementations and its place among the accumulator cells of a row. */
import { aggregateFunction } from '../../functions/registry.ts';
import { assert, EngineError } from '../../model/errors.ts';
import type { AccumulatorCell, AggregateImplementation, SessionContext } from '../../model/function.ts';
import type { AggregateCall } from '../../model/plan.ts';
import type { DataType, Field } from '../../model/types.ts';
import { distinctImplementation } from './distinct-aggregate.ts';

export type BoundAggregate = Readonly<{
  call: AggregateCall;
  argTypes: readonly DataType[];
  /** Whether rows with a NULL argument count too. */
  handlesNulls: boolean;
  cells: readonly AccumulatorCell[];
  /** The place of its first cell among all aggregates' cells. */
  firstCell: number;
  narrow: AggregateImplementation;
  wide: AggregateImplementation;
}>;

/** `rowFields` are those of the rows that are aggregated. Throws EngineError UNSUPPORTED for an aggregate that Millrace has not. */
export function bindAggregates(
  calls: readonly AggregateCall[],
  rowFields: readonly Field[],
  session: SessionContext,
): BoundAggregate[] {
  let firstCell = 0;
  return calls.map((call) => {
    const bound = { ...bindAggregate(call, rowFields, session), firstCell };
    firstCell += bound.cells.length;
    return bound;
  });
}

function bindAggregate(
  call: AggregateCall,
  rowFields: readonly Field[],
  session: SessionContext,
): Omit<BoundAggregate, 'firstCell'> {
  const definition = aggregateFunction(call.name);
  if (definition === undefined) {
    throw new EngineError('UNSUPPORTED', `aggregate function ${call.name} is not supported`);
  }
  const argTypes = call.args.map((index) => rowFields[index]!.type);
  const implement = (wide: boolean): AggregateImplementation => {
    const ctx = { args: argTypes.map((type) => ({ type })), result: call.type, wide, session };
    return call.distinct ? distinctImplementation(definition, ctx) : definition.implement(ctx);
  };
  const [narrow, wide] = [implement(false), implement(true)];
  assert(
    narrow.cells.length === wide.cells.length,
    () => `${call.name}: narrow and wide code have different accumulator cells`,
  );
  const handlesNulls = definition.nulls === 'handled';
  return { call, argTypes, handlesNulls, cells: narrow.cells, narrow, wide };
}
