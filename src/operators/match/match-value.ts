/** An expression over the rows of a match (model/plan.ts: MatchExpression), made ready to be evaluated. */
import { assert } from '../../model/errors.ts';
import type { SessionContext, SqlValue } from '../../model/function.ts';
import type { MatchExpression, MatchInput } from '../../model/plan.ts';
import { type DataType, type Field, types, withNullable } from '../../model/types.ts';
import { RowAggregates } from '../aggregate/row-aggregates.ts';
import { RowExpression } from '../rows/row-expression.ts';
import type { MatchRows } from './match-rows.ts';

type ReadInput = (rows: MatchRows) => SqlValue;

/** `time`: the rowtime's type; null in processing time. */
export type MatchValueContext = Readonly<{ fields: readonly Field[]; time: DataType | null; session: SessionContext }>;

export class MatchValue {
  readonly #expression: RowExpression;
  readonly #inputs: readonly ReadInput[];

  constructor({ expression, inputs }: MatchExpression, ctx: MatchValueContext) {
    const fields = inputs.map((input, i): Field => ({ name: `input${i}`, type: typeOf(input, ctx) }));
    this.#expression = new RowExpression(expression, fields, ctx.session);
    this.#inputs = inputs.map((input) => readerOf(input, ctx));
  }

  evaluate(rows: MatchRows): SqlValue {
    return this.#expression.evaluate(this.#inputs.map((read) => read(rows)));
  }
}

function typeOf(input: MatchInput, { fields, time }: MatchValueContext): DataType {
  switch (input.kind) {
    case 'navigation':
      return withNullable(fields[input.column]!.type, true);
    case 'aggregate':
      return input.call.type;
    case 'rowtime':
      return time?.kind === 'timestamp_ltz' ? types.timestampLtz(3, false) : types.timestamp(3, false);
    case 'proctime':
      return types.timestampLtz(3, false);
  }
}

function readerOf(input: MatchInput, ctx: MatchValueContext): ReadInput {
  switch (input.kind) {
    case 'navigation': {
      const { from, variable, offset, physical, column } = input;
      assert(physical === 0, () => `a physical offset of ${physical}`);
      return (rows) => rows[from](variable, offset)?.[column] ?? null;
    }
    case 'aggregate':
      return aggregateReader(input, ctx);
    case 'rowtime':
      return ({ timeMs }) => (timeMs === Infinity ? endOfTime : timeMs);
    case 'proctime':
      return () => ctx.session.now();
  }
}

/** A match that waited for a rival until the end of the input has the last watermark as its time: Flink's Long.MAX_VALUE. */
const endOfTime = 9_223_372_036_854_775_807n;

function aggregateReader(input: Extract<MatchInput, { kind: 'aggregate' }>, ctx: MatchValueContext): ReadInput {
  const { call, args, variable } = input;
  const { session, fields } = ctx;
  const argumentFields = args.map(({ type }, i): Field => ({ name: `arg${i}`, type }));
  const aggregates = new RowAggregates([call], argumentFields, session, { retract: false });
  const expressions = args.map((arg) => new RowExpression(arg, fields, session));
  return (rows) => {
    const accumulators = aggregates.create();
    for (const row of rows.all(variable)) {
      aggregates.add(
        accumulators,
        expressions.map((expression) => expression.evaluate(row)),
      );
    }
    return aggregates.results(accumulators)[0]!;
  };
}
