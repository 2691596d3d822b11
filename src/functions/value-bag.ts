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

/** How bags of one type of values are kept; values have the form of `Row` (model/row.ts). Functions are names of `helpers`. */
export type BagForm = Readonly<{
  /** Of the cell; NULL is an empty bag. */
  type: DataType;
  /** `add(bag, value, count)` gives the value's count after it. */
  add: string;
  /** `put(bag, value)`: there once at least, for who needs no counts. */
  put: string;
  /** `merge(bag, other)` gives the bag with the other's values; either may be null. */
  merge: string;
  /** `values(bag)`: each value of a positive count. */
  values: string;
  /** `counts(bag)`: a MULTISET of its own. */
  counts: string;
  helpers: Readonly<Record<string, unknown>>;
}>;

export function bagForm(element: DataType): BagForm {
  const isPlain = layoutOf(element) !== 'object' && element.kind !== 'binary' && element.kind !== 'varbinary';
  if (isPlain) {
    return {
      type: { kind: 'multiset', element, nullable: true },
      add: 'addToBag',
      put: 'putInBag',
      merge: 'mergeBags',
      values: 'valuesOfBag',
      counts: 'countsOfBag',
      helpers: { addToBag, putInBag, mergeBags, valuesOfBag, countsOfBag },
    };
  }
  const entry = types.row([
    { name: 'value', type: element },
    { name: 'count', type: types.of('bigint', false) },
  ]);
  return {
    type: types.map(types.string(false), entry),
    add: 'addToKeyedBag',
    put: 'putInKeyedBag',
    merge: 'mergeKeyedBags',
    values: 'valuesOfKeyedBag',
    counts: 'countsOfKeyedBag',
    helpers: { addToKeyedBag, putInKeyedBag, mergeKeyedBags, valuesOfKeyedBag, countsOfKeyedBag },
  };
}

function addToBag(bag: PlainBag, value: SqlValue, count: number): number {
  const sum = (bag.get(value) ?? 0) + count;
  if (sum === 0) bag.delete(value);
  else bag.set(value, sum);
  return sum;
}

function putInBag(bag: PlainBag, value: SqlValue): void {
  if (!bag.has(value)) bag.set(value, 1);
}

function mergeBags(bag: PlainBag | null, other: PlainBag | null): PlainBag | null {
  if (bag === null || other === null) return other === null ? bag : new Map(other);
  for (const [value, count] of other) addToBag(bag, value, count);
  return bag;
}

function* valuesOfBag(bag: PlainBag): Generator<SqlValue> {
  for (const [value, count] of bag) if (count > 0) yield value;
}

function countsOfBag(bag: PlainBag | null): Map<SqlValue, number> {
  return new Map([...(bag ?? [])].filter(([, count]) => count > 0));
}

function addToKeyedBag(bag: KeyedBag, value: SqlValue, count: number): number {
  const key = keyText([value], [0]);
  const entry = bag.get(key);
  const sum = (entry?.[1] ?? 0) + count;
  if (sum === 0) bag.delete(key);
  else bag.set(key, [entry?.[0] ?? value, sum]);
  return sum;
}

function putInKeyedBag(bag: KeyedBag, value: SqlValue): void {
  const key = keyText([value], [0]);
  if (!bag.has(key)) bag.set(key, [value, 1]);
}

function mergeKeyedBags(bag: KeyedBag | null, other: KeyedBag | null): KeyedBag | null {
  if (bag === null || other === null) return other === null ? bag : new Map(other);
  for (const [value, count] of other.values()) addToKeyedBag(bag, value, count);
  return bag;
}

function* valuesOfKeyedBag(bag: KeyedBag): Generator<SqlValue> {
  for (const [value, count] of bag.values()) if (count > 0) yield value;
}

function countsOfKeyedBag(bag: KeyedBag | null): Map<SqlValue, number> {
  return new Map([...(bag?.values() ?? [])].filter(([, count]) => count > 0));
}
