/**
 * DISTINCT: the accumulator is the set of values, and the aggregate is folded over it when the result is asked for. The set is a
 * MULTISET value whose counts are all 1; its elements are numbers where they are exact, else bigints, so that narrow and wide code agree.
 */
import { EngineError } from '../../model/errors.ts';
import type { AggregateFunction, AggregateImplementation, ImplementContext, SqlValue } from '../../model/function.ts';
import { type DataType, formatType, layoutOf } from '../../model/types.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';
import { isBytes } from '../codegen/fragment.ts';

type ValueSet = Map<SqlValue, number>;

export function distinctImplementation(definition: AggregateFunction, ctx: ImplementContext): AggregateImplementation {
  const [arg, ...others] = ctx.args;
  if (arg === undefined || others.length > 0) {
    throw new EngineError(
      'UNSUPPORTED',
      `${definition.name}(DISTINCT …) takes one argument here, got ${ctx.args.length}`,
    );
  }
  checkElement(definition.name, arg.type);
  const fold = foldOf(definition, ctx, arg.type);
  const isInteger = layoutOf(ctx.result) === 'int';
  return {
    cells: [{ name: 'distinct', type: { kind: 'multiset', element: arg.type, nullable: true }, initial: null }],
    add: ([set], [value]) => `if (${set} === null) ${set} = new Map(); ${set}.set(setElement(${value}), 1);`,
    merge: ([set], [other]) => `${set} = mergeSets(${set}, ${other});`,
    result: ([set]) => (isInteger && !ctx.wide ? `narrowResult(foldDistinct(${set}))` : `foldDistinct(${set})`),
    helpers: { foldDistinct: fold, mergeSets, setElement, narrowResult },
  };
}

function checkElement(name: string, type: DataType): void {
  if (!isBytes(type) && layoutOf(type) !== 'object') return;
  throw new EngineError('UNSUPPORTED', `${name}(DISTINCT …) over ${formatType(type)} is not supported`);
}

function setElement(value: SqlValue): SqlValue {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Into `set`, which belongs to its cell; `other` stays as it is. */
function mergeSets(set: ValueSet | null, other: ValueSet | null): ValueSet | null {
  if (other === null) return set;
  if (set === null) return new Map(other);
  for (const value of other.keys()) set.set(value, 1);
  return set;
}

/** Narrow code leaves what is not exact to its caller, as an unsafe integer. */
function narrowResult(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}

/** The aggregate over a set's elements, in wide code: results are then exact. */
function foldOf(
  definition: AggregateFunction,
  ctx: ImplementContext,
  type: DataType,
): (set: ValueSet | null) => SqlValue {
  const inner = definition.implement({ ...ctx, wide: true });
  const builder = new CodeBuilder();
  builder.captureAs(inner.helpers ?? {});
  const cells = inner.cells.map(() => builder.name('cell'));
  for (const [i, { type: cellType, initial }] of inner.cells.entries()) {
    builder.line(`let ${cells[i]} = ${initial}${initial !== null && layoutOf(cellType) === 'int' ? 'n' : ''};`);
  }
  builder.line('if (set !== null) for (const element of set.keys()) {');
  builder.line(`const value = ${layoutOf(type) === 'int' ? 'BigInt(element)' : 'element'};`);
  builder.line(`${inner.add(cells, ['value'])}\n}`);
  builder.line(`return ${inner.result(cells)};`);
  return builder.build('foldDistinct', ['set']);
}
