/**
 * Bags: values with how often each is there, in a cell of an aggregate that takes rows back or counts each value once. A count may be
 * negative for a while, where the change that takes a value back comes first.
 */
import type { SqlValue } from '../model/function.ts';
import { keyText } from '../model/row.ts';
import { type DataType, layoutOf, types } from '../model/types.ts';

type PlainBag = Map<SqlValue, number>;
/** By the value's text: for values that `Map` compares by reference. */
type KeyedBag = Map<string, readonly [value: SqlValue, count: number]>;

/** How bags of one type of values are kept; values have the form of `Row` (model/row.ts). */
export type BagForm = Readonly<{
  /** Of the cell; NULL is an empty bag. */
  type: DataType;
  /** Helpers of generated code by name: `add(bag, value, count)` gives the value's count after it, `values(bag)` each value of a positive count. */
  add: string;
  values: string;
  helpers: Readonly<Record<string, unknown>>;
}>;

export function bagForm(element: DataType): BagForm {
  const isPlain = layoutOf(element) !== 'object' && element.kind !== 'binary' && element.kind !== 'varbinary';
  if (isPlain) {
    const type: DataType = { kind: 'multiset', element, nullable: true };
    return { type, add: 'addToBag', values: 'valuesOfBag', helpers: { addToBag, valuesOfBag } };
  }
  const entry = types.row([
    { name: 'value', type: element },
    { name: 'count', type: types.of('bigint', false) },
  ]);
  const helpers = { addToKeyedBag, valuesOfKeyedBag };
  return { type: types.map(types.string(false), entry), add: 'addToKeyedBag', values: 'valuesOfKeyedBag', helpers };
}

function addToBag(bag: PlainBag, value: SqlValue, count: number): number {
  const sum = (bag.get(value) ?? 0) + count;
  if (sum === 0) bag.delete(value);
  else bag.set(value, sum);
  return sum;
}

function* valuesOfBag(bag: PlainBag): Generator<SqlValue> {
  for (const [value, count] of bag) if (count > 0) yield value;
}

function addToKeyedBag(bag: KeyedBag, value: SqlValue, count: number): number {
  const key = keyText([value], [0]);
  const entry = bag.get(key);
  const sum = (entry?.[1] ?? 0) + count;
  if (sum === 0) bag.delete(key);
  else bag.set(key, [entry?.[0] ?? value, sum]);
  return sum;
}

function* valuesOfKeyedBag(bag: KeyedBag): Generator<SqlValue> {
  for (const [value, count] of bag.values()) if (count > 0) yield value;
}
