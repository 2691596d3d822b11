/** CURRENT_WATERMARK(rowtime) in a calc: a column behind the input's with the watermark in force before each row; NULL before the first one. */
import { type ColumnBatch, minWatermark, type NarrowColumn } from '../model/column.ts';
import { childrenOf, columnRef, type Expression, mapChildren } from '../model/expression.ts';
import { type Field, types } from '../model/types.ts';

/** Watermarks are instants in ms, whatever type of timestamp the call has. */
export const watermarkField: Field = { name: 'watermark', type: types.timestampLtz(3) };

export function readsWatermark(expression: Expression): boolean {
  return isCall(expression) || childrenOf(expression).some(readsWatermark);
}

/** The expression with its calls replaced by the column. */
export function overWatermark(expression: Expression, column: number): Expression {
  if (isCall(expression)) return columnRef(column, expression.type);
  return mapChildren(expression, (child) => overWatermark(child, column));
}

/** `current`: that of the operator. */
export function watermarkColumn({ length, watermarks }: ColumnBatch, current: number): NarrowColumn {
  const values = new Float64Array(length);
  const nulls = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const watermark = watermarks === null ? current : Math.max(current, watermarks[i]!);
    if (watermark === minWatermark) nulls[i] = 1;
    else values[i] = watermark;
  }
  return { layout: 'int', wide: false, values, nulls };
}

function isCall(expression: Expression): boolean {
  return expression.kind === 'call' && expression.name === 'CURRENT_WATERMARK';
}
