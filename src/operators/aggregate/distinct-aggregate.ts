/**
 * DISTINCT in columns: the accumulator is the bag of values (of several arguments: of rows of them), and the aggregate is folded over it when
 * the result is asked for. Its elements have the form of `Row`, so that narrow and wide code agree.
 */
import { keptHelpers, keptValue } from '../../functions/kept-value.ts';
import { type BagForm, bagForm } from '../../functions/value-bag.ts';
import type { AggregateFunction, AggregateImplementation, ImplementContext, SqlValue } from '../../model/function.ts';
import { type DataType, layoutOf, types } from '../../model/types.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';

/** The aggregate of each value once. Of no arguments (COUNT(*)) there is nothing to be distinct. */
export function distinctImplementation(definition: AggregateFunction, ctx: ImplementContext): AggregateImplementation {
  const argTypes = ctx.args.map(({ type }) => type);
  if (argTypes.length === 0) return definition.implement(ctx);
  const bag = distinctBag(argTypes);
  const fold = foldOf(definition, ctx, argTypes, bag);
  const isInteger = layoutOf(ctx.result) === 'int';
  const element = (args: readonly string[]): string => {
    const kept = args.map((arg, i) => keptValue(argTypes[i]!, arg, ctx.wide));
    return kept.length === 1 ? kept[0]! : `[${kept.join(', ')}]`;
  };
  return {
    cells: [{ name: 'distinct', type: bag.type, initial: null }],
    add: ([set], args) => `${set} ??= new Map(); ${bag.put}(${set}, ${element(args)});`,
    merge: ([set], [other]) => `${set} = ${bag.merge}(${set}, ${other});`,
    result: ([set]) => (isInteger && !ctx.wide ? `narrowResult(foldDistinct(${set}))` : `foldDistinct(${set})`),
    helpers: { ...bag.helpers, ...keptHelpers, foldDistinct: fold, narrowResult },
  };
}

/** The bag of what is to be distinct: of one argument its values. */
export function distinctBag(argTypes: readonly DataType[]): BagForm {
  return bagForm(
    argTypes.length === 1 ? argTypes[0]! : types.row(argTypes.map((type, i) => ({ name: `f${i}`, type }))),
  );
}

/** Narrow code leaves what is not exact to its caller, as an unsafe integer. */
function narrowResult(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}

/** The aggregate over a bag's values, in wide code: results are then exact. */
function foldOf(
  definition: AggregateFunction,
  ctx: ImplementContext,
  argTypes: readonly DataType[],
  bag: BagForm,
): (set: Map<SqlValue, unknown> | null) => SqlValue {
  const inner = definition.implement({ ...ctx, wide: true });
  const builder = new CodeBuilder();
  builder.captureAs({ ...bag.helpers, ...inner.helpers });
  const cells = inner.cells.map(() => builder.name('cell'));
  for (const [i, { type: cellType, initial }] of inner.cells.entries()) {
    builder.line(`let ${cells[i]} = ${initial}${initial !== null && layoutOf(cellType) === 'int' ? 'n' : ''};`);
  }
  builder.line(`if (set !== null) for (const element of ${bag.values}(set)) {`);
  const args = argTypes.map((type, i) => {
    const name = builder.name('arg');
    const value = argTypes.length === 1 ? 'element' : `element[${i}]`;
    const isInt = layoutOf(type) === 'int';
    builder.line(`const ${name} = ${isInt ? `${value} === null ? null : BigInt(${value})` : value};`);
    return name;
  });
  builder.line(`${inner.add(cells, args)}\n}`);
  builder.line(`return ${inner.result(cells)};`);
  return builder.build('foldDistinct', ['set']);
}
