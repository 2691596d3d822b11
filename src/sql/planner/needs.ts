/** What is asked of a node: columns, and fields within columns. */
import { assert } from '../../model/errors.ts';
import { childrenOf, type Expression } from '../../model/expression.ts';
import { type DataType, withNullable } from '../../model/types.ts';

/** A column, or by its path a field within it, that someone above needs. */
export type Need = Readonly<{ column: number; path: readonly number[] }>;

/** Needs of an expression: chains of fields over a column as paths. */
export function needsOf(expression: Expression, found: Need[] = []): Need[] {
  const need = pathOf(expression);
  if (need !== null) found.push(need);
  else for (const child of childrenOf(expression)) needsOf(child, found);
  return found;
}

export function pathOf(expression: Expression): Need | null {
  if (expression.kind === 'column') return { column: expression.index, path: [] };
  if (expression.kind !== 'field') return null;
  const outer = pathOf(expression.arg);
  return outer === null ? null : { column: outer.column, path: [...outer.path, expression.index] };
}

/** What is needed, once, without fields of what is needed as a whole. */
export function distinct(needs: readonly Need[]): Need[] {
  const byText = new Map(needs.map((need) => [`${need.column}.${need.path.join('.')}`, need]));
  const all = [...byText.values()];
  return all.filter((need) => !all.some((other) => other !== need && covers(other, need)));
}

export function covers(outer: Need, inner: Need): boolean {
  return (
    outer.column === inner.column &&
    outer.path.length <= inner.path.length &&
    outer.path.every((step, i) => step === inner.path[i])
  );
}

/** A column of a node that knows columns only as a whole: fields are taken out above it. */
export function wholeColumns(needs: readonly Need[]): number[] {
  return [...new Set(needs.map(({ column }) => column))].sort((a, b) => a - b);
}

export function takeFields(from: Expression, path: readonly number[]): Expression {
  return path.reduce<Expression>(
    (arg, index) => ({ kind: 'field', arg, index, type: fieldType(arg.type, index) }),
    from,
  );
}

export function fieldType(row: DataType, index: number): DataType {
  assert(row.kind === 'row', () => `${row.kind} has no fields`);
  const { type } = row.fields[index]!;
  return withNullable(type, type.nullable || row.nullable);
}
