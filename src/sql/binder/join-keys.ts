/** Equalities of a join's condition as pairs of keys. */
import { commonType } from '../../functions/common-type.ts';
import { type Expression, remapColumns } from '../../model/expression.ts';
import { type DataType, sameType, withNullable } from '../../model/types.ts';
import { coerce } from './coerce.ts';
import { sideOf } from './conjuncts.ts';
import { textOf } from './expression-text.ts';

/** `left` is over the left row, `right` over the right one; both have one type. */
export type KeyPair = Readonly<{ left: Expression; right: Expression; nullSafe: boolean }>;

export type SplitCondition = Readonly<{ keys: readonly KeyPair[]; rest: readonly Expression[] }>;

export function splitKeys(conjuncts: readonly Expression[], leftWidth: number): SplitCondition {
  const keys: KeyPair[] = [];
  const rest: Expression[] = [];
  for (const conjunct of conjuncts) {
    const pair = keyPair(conjunct, leftWidth);
    if (pair === null) rest.push(conjunct);
    else keys.push(pair);
  }
  return { keys, rest };
}

/** `left = right` or `left IS NOT DISTINCT FROM right`, each of one side; null where it is none. */
function keyPair(conjunct: Expression, leftWidth: number): KeyPair | null {
  const equality = operandsOf(conjunct);
  if (equality === null) return null;
  const sides = equality.operands.map((operand) => sideOf(operand, leftWidth));
  if (!sides.includes('left') || !sides.includes('right')) return null;
  const [a, b] = equality.operands;
  const [left, right] = sides[0] === 'left' ? [a, b] : [b, a];
  const type = keyType(left.type, right.type);
  if (type === null) return null;
  const inRight = remapColumns(right, (column) => column - leftWidth);
  return { left: coerce(left, type), right: coerce(inRight, type), nullSafe: equality.nullSafe };
}

type Equality = Readonly<{ operands: readonly [Expression, Expression]; nullSafe: boolean }>;

function operandsOf(conjunct: Expression): Equality | null {
  if (conjunct.kind === 'call' && conjunct.name === '=') return equalityOf(conjunct.args, false);
  if (conjunct.kind !== 'not') return null;
  const { arg } = conjunct;
  if (arg.kind === 'call' && arg.name === '<>') return equalityOf(arg.args, false);
  return arg.kind === 'case' ? notDistinct(arg) : null;
}

function equalityOf(args: readonly Expression[], nullSafe: boolean): Equality {
  return { operands: args as [Expression, Expression], nullSafe };
}

/** The CASE that the expression binder makes of IS DISTINCT FROM: NULLs first, then `<>`. */
function notDistinct({ branches, otherwise }: Extract<Expression, { kind: 'case' }>): Equality | null {
  if (otherwise.kind !== 'call' || otherwise.name !== '<>') return null;
  const tested = new Set(
    otherwise.args.flatMap((arg) => [textOf(arg), ...(arg.kind === 'cast' ? [textOf(arg.arg)] : [])]),
  );
  const isOfNulls = branches.every(
    ({ when, result }, i) =>
      when.kind === 'is_null' &&
      tested.has(textOf(when.arg)) &&
      (result.kind === 'literal'
        ? result.value === true
        : i === 0 && branches.length === 2 && result.kind === 'is_not_null'),
  );
  return isOfNulls ? equalityOf(otherwise.args, true) : null;
}

/** Equal values have equal forms in it; decimals whose common type would lose digits have none. */
function keyType(a: DataType, b: DataType): DataType | null {
  if (sameType(a, b, { ignoreNullability: true })) return withNullable(a, a.nullable || b.nullable);
  const type = commonType([a, b]);
  if (type === null || type.kind !== 'decimal') return type;
  const scale = Math.max(...[a, b].map((each) => (each.kind === 'decimal' ? each.scale : 0)));
  const whole = Math.max(...[a, b].map((each) => (each.kind === 'decimal' ? each.precision - each.scale : 0)));
  return type.scale === scale && type.precision - type.scale >= whole ? type : null;
}
