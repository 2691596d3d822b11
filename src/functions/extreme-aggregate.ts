/** MIN and MAX. */
import type {
  AggregateFunction,
  AggregateImplementation,
  Argument,
  ImplementContext,
  Signature,
} from '../model/function.ts';
import { type DataType, isCharacter, layoutOf, types, withNullable } from '../model/types.ts';
import { checkCount, mismatch } from './signature.ts';
import { compareBytes, compareText } from './text-order.ts';
import { bagForm } from './value-bag.ts';

/** How two values compare in code: whether `a` is to be kept rather than `b`. */
type Order = Readonly<{
  better: (a: string, b: string) => string;
  /** The value in a form that outlives its batch. */
  kept: (value: string) => string;
  helpers: Readonly<Record<string, unknown>>;
}>;

function inferExtreme(usage: string, args: readonly Argument[]): Signature {
  checkCount(usage, args, 1);
  const type = args[0]!.type.kind === 'null' ? types.of('int') : args[0]!.type;
  if (layoutOf(type) === 'object') throw mismatch(`${usage} of an ordered type`, args);
  return { args: [type], result: withNullable(type, true) };
}

function orderOf(type: DataType, keep: '<' | '>'): Order {
  if (layoutOf(type) !== 'string') {
    return { better: (a, b) => `${a} ${keep} ${b}`, kept: (value) => value, helpers: {} };
  }
  if (isCharacter(type)) {
    return {
      better: (a, b) => `compareText(${a}, ${b}) ${keep} 0`,
      kept: (value) => value,
      helpers: { compareText },
    };
  }
  return {
    better: (a, b) => `compareBytes(${a}, ${b}) ${keep} 0`,
    kept: (value) => `${value}.slice()`,
    helpers: { compareBytes },
  };
}

function implementExtreme(keep: '<' | '>', { result, retract }: ImplementContext): AggregateImplementation {
  const order = orderOf(result, keep);
  if (retract === true) return retractable(order, result);
  const { better, kept, helpers } = order;
  return {
    cells: [{ name: 'value', type: result, initial: null }],
    add: ([cell], [value]) => `if (${cell} === null || ${better(value!, cell!)}) ${cell} = ${kept(value!)};`,
    merge: ([cell], [other]) =>
      `if (${other} !== null && (${cell} === null || ${better(other!, cell!)})) ${cell} = ${kept(other!)};`,
    result: ([cell]) => cell!,
    helpers,
  };
}

/** With every value and its count: when the last of the best goes, the best of the others is looked for. */
function retractable({ better, kept, helpers }: Order, type: DataType): AggregateImplementation {
  const bag = bagForm(type);
  const best = (cell: string, values: string): string =>
    `for (const value of ${bag.values}(${values})) if (${cell} === null || ${better('value', cell)}) ${cell} = value;`;
  return {
    cells: [
      { name: 'value', type, initial: null },
      { name: 'values', type: bag.type, initial: null },
    ],
    integers: 'row',
    add: ([cell, values], [value]) =>
      `${values} ??= new Map(); if (${bag.add}(${values}, ${kept(value!)}, 1) > 0 && ` +
      `(${cell} === null || ${better(value!, cell!)})) ${cell} = ${kept(value!)};`,
    retract: ([cell, values], [value]) =>
      `${values} ??= new Map(); if (${bag.add}(${values}, ${kept(value!)}, -1) === 0 && ${cell} !== null && ` +
      `!(${better(cell!, value!)})) { ${cell} = null; ${best(cell!, values!)} }`,
    merge: ([cell, values], [, others]) =>
      `${values} = ${bag.merge}(${values}, ${others}); ${cell} = null; ` +
      `if (${values} !== null) { ${best(cell!, values!)} }`,
    result: ([cell]) => cell!,
    helpers: { ...helpers, ...bag.helpers },
  };
}

function extreme(name: 'MIN' | 'MAX', keep: '<' | '>', description: string): AggregateFunction {
  const usage = `${name}(value)`;
  return {
    kind: 'aggregate',
    name,
    category: 'aggregate',
    usage,
    description,
    infer: (args) => inferExtreme(usage, args),
    implement: (ctx) => implementExtreme(keep, ctx),
  };
}

export const extremeAggregates: readonly AggregateFunction[] = [
  extreme('MIN', '<', 'The least value.'),
  extreme('MAX', '>', 'The greatest value.'),
];
