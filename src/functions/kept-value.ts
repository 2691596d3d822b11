/** How an argument becomes a value that is kept: in a list, a bag or a set. */
import { rowInteger } from '../model/row.ts';
import { type DataType, layoutOf } from '../model/types.ts';

/** The code for a value in the form of `Row` that outlives its batch. It needs `keptHelpers`. */
export function keptValue(type: DataType, value: string, wide: boolean): string {
  if (type.kind === 'binary' || type.kind === 'varbinary') return `(${value} === null ? null : ${value}.slice())`;
  if (layoutOf(type) !== 'int' || !wide) return value;
  return `(${value} === null ? null : rowInteger(${value}))`;
}

export const keptHelpers = { rowInteger };
