/** How strongly operators bind: Calcite's numbers (SqlStdOperatorTable), which Flink uses. */
import type { IToken, TokenType } from 'chevrotain';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

export const power = {
  or: 22,
  and: 24,
  not: 26,
  is: 28,
  comparison: 30,
  /** LIKE, IN, BETWEEN. */
  like: 32,
  additive: 40,
  multiplicative: 60,
  sign: 80,
} as const;

const powers: ReadonlyMap<TokenType, number> = new Map([
  [kw.OR, power.or],
  [kw.AND, power.and],
  [kw.IS, power.is],
  ...[t.Equals, t.NotEquals, t.Less, t.LessOrEqual, t.Greater, t.GreaterOrEqual, kw.OVERLAPS].map(
    (type) => [type, power.comparison] as const,
  ),
  ...[kw.LIKE, kw.SIMILAR, kw.BETWEEN, kw.IN].map((type) => [type, power.like] as const),
  ...[t.Plus, t.Minus].map((type) => [type, power.additive] as const),
  ...[t.Star, t.Slash, t.Percent, t.Concat].map((type) => [type, power.multiplicative] as const),
]);

/** Of an infix operator, the token after it decides for `NOT LIKE` and its kin; −1 for what is none. */
export function infixPower(token: IToken, next: IToken): number {
  if (token.tokenType === kw.NOT) return powers.get(next.tokenType) === power.like ? power.like : -1;
  return powers.get(token.tokenType) ?? -1;
}
