/** Lists of values in the order of the rows, in a cell of an aggregate. Of equal values the first is taken back first. */
import type { AggregateImplementation, SqlValue } from '../model/function.ts';
import { equalRows } from '../model/row.ts';
import { type DataType, types } from '../model/types.ts';
import { keptHelpers } from './kept-value.ts';

/** `kept`: a value in code as it is kept. */
export function valueList(
  element: DataType,
  kept: (value: string) => string = (value) => value,
): Omit<AggregateImplementation, 'result'> {
  return {
    cells: [{ name: 'values', type: types.array(element), initial: null }],
    integers: 'row',
    add: ([list], [value]) => `(${list} ??= []).push(${kept(value!)});`,
    retract: ([list], [value]) => `if (${list} !== null) removeFirst(${list}, ${kept(value!)});`,
    merge: ([list], [other]) =>
      `if (${other} !== null) ${list} = ${list} === null ? [...${other}] : ${list}.concat(${other});`,
    helpers: { removeFirst, arrayOfValues, ...keptHelpers },
  };
}

function removeFirst(list: SqlValue[], value: SqlValue): void {
  const isPlain = typeof value !== 'object' || value === null;
  const index = isPlain ? list.indexOf(value) : list.findIndex((other) => equalRows([other], [value]));
  if (index >= 0) list.splice(index, 1);
}

/** A copy: the list goes on changing. */
function arrayOfValues(list: readonly SqlValue[] | null): SqlValue[] | null {
  return list === null || list.length === 0 ? null : [...list];
}
