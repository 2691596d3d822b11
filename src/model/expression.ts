/**
 * Typed expressions: what the binder makes of SQL text and the code generator (operators/codegen) makes JavaScript of.
 * Plain data: they cross threads, and stand in plans and checkpoints.
 */
import type { Position } from './errors.ts';
import type { DataType } from './types.ts';

/**
 * A constant in the representation of `valueAt` (column.ts): boolean, number, bigint (an `int` layout beyond ±(2^53 − 1)), string,
 * Uint8Array, or null.
 */
export type LiteralValue = boolean | number | bigint | string | Uint8Array | null;

export type Expression = Readonly<{ type: DataType; position?: Position | undefined }> &
  (
    | Readonly<{ kind: 'column'; index: number }>
    | Readonly<{ kind: 'literal'; value: LiteralValue }>
    /** A function of functions/, by its canonical name; the arguments already have the types that it takes. */
    | Readonly<{ kind: 'call'; name: string; args: readonly Expression[] }>
    /** CAST fails on what can't be converted, TRY_CAST gives NULL. Implicit conversions are casts that can't fail. */
    | Readonly<{ kind: 'cast'; arg: Expression; onError: 'fail' | 'null' }>
    | Readonly<{ kind: 'case'; branches: readonly CaseBranch[]; otherwise: Expression }>
    | Readonly<{ kind: 'and' | 'or'; args: readonly Expression[] }>
    | Readonly<{ kind: 'not'; arg: Expression }>
    | Readonly<{ kind: 'is_null' | 'is_not_null'; arg: Expression }>
    /** A field of a ROW value. */
    | Readonly<{ kind: 'field'; arg: Expression; index: number }>
  );

export type CaseBranch = Readonly<{ when: Expression; result: Expression }>;

export type ColumnRef = Extract<Expression, { kind: 'column' }>;
export type Literal = Extract<Expression, { kind: 'literal' }>;
export type Call = Extract<Expression, { kind: 'call' }>;

export function columnRef(index: number, type: DataType): ColumnRef {
  return { kind: 'column', index, type };
}

export function literal(value: LiteralValue, type: DataType): Literal {
  return { kind: 'literal', value, type };
}

/** The direct sub-expressions. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return [];
    case 'call':
    case 'and':
    case 'or':
      return expression.args;
    case 'case':
      return [...expression.branches.flatMap((b) => [b.when, b.result]), expression.otherwise];
    default:
      return [expression.arg];
  }
}

/** The same expression with its sub-expressions replaced. */
export function mapChildren(expression: Expression, change: (child: Expression) => Expression): Expression {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return expression;
    case 'call':
    case 'and':
    case 'or':
      return { ...expression, args: expression.args.map(change) };
    case 'case': {
      const branches = expression.branches.map((b) => ({ when: change(b.when), result: change(b.result) }));
      return { ...expression, branches, otherwise: change(expression.otherwise) };
    }
    default:
      return { ...expression, arg: change(expression.arg) };
  }
}

/** Every column that the expression reads. */
export function columnsOf(expression: Expression, found = new Set<number>()): Set<number> {
  if (expression.kind === 'column') found.add(expression.index);
  for (const child of childrenOf(expression)) columnsOf(child, found);
  return found;
}

/** The expression over other columns: `index` gives each column's new place. */
export function remapColumns(expression: Expression, index: (old: number) => number): Expression {
  if (expression.kind === 'column') return { ...expression, index: index(expression.index) };
  return mapChildren(expression, (child) => remapColumns(child, index));
}

/** The expression over the inputs of a projection: each column replaced by the expression that makes it. */
export function substitute(expression: Expression, projections: readonly Expression[]): Expression {
  if (expression.kind === 'column') return projections[expression.index]!;
  return mapChildren(expression, (child) => substitute(child, projections));
}
