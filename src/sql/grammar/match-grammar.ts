/** What stands within the parentheses of MATCH_RECOGNIZE. */
import type { IToken, ParserMethod } from 'chevrotain';
import type { Identifier, SqlMatch, SqlPattern, SqlSkip } from '../ast.ts';
import { positionOf } from './base-grammar.ts';
import { ExpressionGrammar } from './expression-grammar.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

type Quantifier = Readonly<{ min: number; max: number | null; greedy: boolean }>;

export abstract class MatchGrammar extends ExpressionGrammar {
  protected readonly matchClauses: ParserMethod<[], SqlMatch> = this.rule('matchClauses', () => {
    const measures: SqlMatch['measures'][number][] = [];
    const define: SqlMatch['define'][number][] = [];
    const partitionBy = this.OPTION1(() => {
      this.CONSUME(kw.PARTITION);
      this.CONSUME1(kw.BY);
      return this.SUBRULE(this.expressionList);
    });
    const orderBy = this.OPTION2(() => this.SUBRULE(this.orderItems));
    this.OPTION3(() => {
      this.CONSUME(kw.MEASURES);
      this.AT_LEAST_ONE_SEP1({ SEP: t.Comma, DEF: () => measures.push(this.SUBRULE(this.measure)) });
    });
    const allRows = this.OPTION4(() => this.SUBRULE(this.rowsPerMatch)) ?? null;
    const skip = this.OPTION5(() => this.SUBRULE(this.afterMatch)) ?? null;
    this.CONSUME(kw.PATTERN);
    this.CONSUME(t.LeftParen);
    const pattern = this.SUBRULE(this.patternAlternation);
    this.CONSUME(t.RightParen);
    const within = this.OPTION6(() => {
      this.CONSUME(kw.WITHIN);
      return this.SUBRULE(this.expression);
    });
    const subset = this.OPTION7(() => this.SUBRULE(this.subsetClause)) ?? null;
    this.CONSUME(kw.DEFINE);
    this.AT_LEAST_ONE_SEP2({ SEP: t.Comma, DEF: () => define.push(this.SUBRULE(this.definition)) });
    return {
      partitionBy: partitionBy ?? [],
      orderBy: orderBy ?? [],
      measures,
      allRows,
      skip,
      pattern,
      within: within ?? null,
      subset,
      define,
    };
  });

  protected readonly measure: ParserMethod<[], SqlMatch['measures'][number]> = this.rule('measure', () => {
    const expression = this.SUBRULE(this.expression);
    this.CONSUME(kw.AS);
    return { expression, name: this.SUBRULE(this.identifier) };
  });

  protected readonly definition: ParserMethod<[], SqlMatch['define'][number]> = this.rule('definition', () => {
    const variable = this.SUBRULE(this.identifier);
    this.CONSUME(kw.AS);
    return { variable, condition: this.SUBRULE(this.expression) };
  });

  /** ONE ROW PER MATCH is null, ALL ROWS PER MATCH the place where it stands. */
  protected readonly rowsPerMatch: ParserMethod<[], SqlMatch['allRows']> = this.rule('rowsPerMatch', () => {
    const start = this.LA(1);
    const all = this.OR([
      {
        ALT: () => {
          this.CONSUME(kw.ONE);
          return this.take(kw.ROW, false);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.ALL);
          return this.take(kw.ROWS, true);
        },
      },
    ]);
    this.CONSUME(kw.PER);
    this.CONSUME(kw.MATCH);
    return all ? this.spanFrom(start) : null;
  });

  protected readonly afterMatch: ParserMethod<[], SqlSkip> = this.rule('afterMatch', () => {
    this.CONSUME(kw.AFTER);
    this.CONSUME(kw.MATCH);
    const start = this.CONSUME(kw.SKIP);
    const skip = this.OR<Omit<SqlSkip, 'position'>>([
      {
        ALT: () => {
          this.CONSUME(kw.PAST);
          this.CONSUME1(kw.LAST);
          this.CONSUME1(kw.ROW);
          return { to: 'past_last_row', variable: null };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.TO);
          return this.SUBRULE(this.skipTarget);
        },
      },
    ]);
    return { ...skip, position: this.spanFrom(start) };
  });

  /** `NEXT ROW`, `FIRST v`, `LAST v`; `v` alone is its last row. A variable may be called FIRST or LAST. */
  protected readonly skipTarget: ParserMethod<[], Omit<SqlSkip, 'position'>> = this.rule('skipTarget', () =>
    this.OR<Omit<SqlSkip, 'position'>>([
      {
        ALT: () => {
          this.CONSUME(kw.NEXT);
          this.CONSUME(kw.ROW);
          return { to: 'next_row', variable: null };
        },
      },
      {
        GATE: () => this.isNext(t.Identifier, 2),
        ALT: () => {
          this.CONSUME(kw.FIRST);
          return { to: 'first', variable: this.SUBRULE1(this.identifier) };
        },
        IGNORE_AMBIGUITIES: true,
      },
      {
        GATE: () => this.isNext(t.Identifier, 2),
        ALT: () => {
          this.CONSUME(kw.LAST);
          return { to: 'last', variable: this.SUBRULE2(this.identifier) };
        },
        IGNORE_AMBIGUITIES: true,
      },
      { ALT: () => ({ to: 'last', variable: this.SUBRULE3(this.identifier) }) },
    ]),
  );

  protected readonly subsetClause: ParserMethod<[], SqlMatch['subset']> = this.rule('subsetClause', () => {
    const start = this.CONSUME(kw.SUBSET);
    const variables: Identifier[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        variables.push(this.SUBRULE(this.identifier));
        this.CONSUME(t.Equals);
        this.SUBRULE(this.identifierList);
      },
    });
    return this.spanFrom(start);
  });

  /** `A B | C`: a sequence binds tighter than a bar. */
  protected readonly patternAlternation: ParserMethod<[], SqlPattern> = this.rule('patternAlternation', () => {
    const terms: SqlPattern[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Bar, DEF: () => terms.push(this.SUBRULE(this.patternSequence)) });
    return this.composite('alternation', terms);
  });

  protected readonly patternSequence: ParserMethod<[], SqlPattern> = this.rule('patternSequence', () => {
    const terms: SqlPattern[] = [];
    this.AT_LEAST_ONE(() => terms.push(this.SUBRULE(this.patternTerm)));
    return this.composite('sequence', terms);
  });

  protected composite(kind: 'alternation' | 'sequence', terms: readonly SqlPattern[]): SqlPattern {
    return this.ACTION(() => {
      const [first] = terms as [SqlPattern];
      return terms.length === 1 ? first : { kind, terms, position: this.spanOf(first) };
    });
  }

  protected readonly patternTerm: ParserMethod<[], SqlPattern> = this.rule('patternTerm', () => {
    const term = this.SUBRULE(this.patternPrimary);
    const quantifier = this.OPTION({
      GATE: () => !this.isNext(t.LeftBrace) || !this.isNext(t.Minus, 2),
      DEF: () => this.SUBRULE(this.quantifier),
    });
    if (quantifier === undefined) return term;
    return { kind: 'quantified', term, ...quantifier, position: this.spanOf(term) };
  });

  protected readonly patternPrimary: ParserMethod<[], SqlPattern> = this.rule('patternPrimary', () =>
    this.OR<SqlPattern>([
      {
        ALT: () => {
          const name = this.SUBRULE(this.identifier);
          return { kind: 'variable', name: name.name, position: name.position };
        },
      },
      { ALT: () => this.SUBRULE(this.patternGroup) },
      { ALT: () => this.SUBRULE(this.patternPermutation) },
      { ALT: () => this.SUBRULE(this.patternExclusion) },
      { ALT: () => this.anchor(this.CONSUME(t.Caret)) },
      { ALT: () => this.anchor(this.CONSUME(t.Dollar)) },
    ]),
  );

  protected anchor(sign: IToken): SqlPattern {
    return { kind: 'anchor', sign: sign.image, position: positionOf(sign) };
  }

  protected readonly patternGroup: ParserMethod<[], SqlPattern> = this.rule('patternGroup', () => {
    const start = this.CONSUME(t.LeftParen);
    const term = this.SUBRULE(this.patternAlternation);
    this.CONSUME(t.RightParen);
    return { kind: 'group', term, position: this.spanFrom(start) };
  });

  protected readonly patternPermutation: ParserMethod<[], SqlPattern> = this.rule('patternPermutation', () => {
    const start = this.CONSUME(kw.PERMUTE);
    const terms: SqlPattern[] = [];
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => terms.push(this.SUBRULE(this.patternAlternation)) });
    this.CONSUME(t.RightParen);
    return { kind: 'permutation', terms, position: this.spanFrom(start) };
  });

  /** `{- A -}` */
  protected readonly patternExclusion: ParserMethod<[], SqlPattern> = this.rule('patternExclusion', () => {
    const start = this.CONSUME(t.LeftBrace);
    this.CONSUME1(t.Minus);
    const term = this.SUBRULE(this.patternAlternation);
    this.CONSUME2(t.Minus);
    this.CONSUME(t.RightBrace);
    return { kind: 'exclusion', term, position: this.spanFrom(start) };
  });

  /** `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`, `{,m}`; reluctant with a `?` behind. */
  protected readonly quantifier: ParserMethod<[], Quantifier> = this.rule('quantifier', () => {
    const bounds = this.OR<Omit<Quantifier, 'greedy'>>([
      { ALT: () => this.take(t.Star, { min: 0, max: null }) },
      { ALT: () => this.take(t.Plus, { min: 1, max: null }) },
      { ALT: () => this.take(t.Question, { min: 0, max: 1 }) },
      { ALT: () => this.SUBRULE(this.bounds) },
    ]);
    const reluctant = this.OPTION(() => this.CONSUME1(t.Question)) !== undefined;
    return { ...bounds, greedy: !reluctant };
  });

  protected readonly bounds: ParserMethod<[], Omit<Quantifier, 'greedy'>> = this.rule('bounds', () => {
    this.CONSUME(t.LeftBrace);
    const min = this.OPTION1(() => Number(this.CONSUME1(t.IntegerNumber).image));
    const range = this.OPTION2(() => {
      this.CONSUME(t.Comma);
      return { max: this.OPTION3(() => Number(this.CONSUME2(t.IntegerNumber).image)) ?? null };
    });
    this.CONSUME(t.RightBrace);
    return { min: min ?? 0, max: range === undefined ? (min ?? 0) : range.max };
  });
}
