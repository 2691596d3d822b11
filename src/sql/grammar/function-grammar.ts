/** Calls, and the functions that have a syntax of their own. */
import type { IToken, ParserMethod } from 'chevrotain';
import type {
  FrameBound,
  OrderItem,
  SqlCall,
  SqlExpression,
  SqlQuery,
  WindowReference,
  WindowSpecification,
} from '../ast.ts';
import { identifierOf } from './base-grammar.ts';
import { JsonGrammar, textLiteral } from './json-grammar.ts';
import { power } from './power.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

/** The prefix of the SQL standard's names of units: `SQL_TSI_DAY`. */
const standardUnit = /^SQL_TSI_/i;

export abstract class FunctionGrammar extends JsonGrammar {
  protected abstract readonly query: ParserMethod<[], SqlQuery>;

  protected readonly expressionList: ParserMethod<[], SqlExpression[]> = this.rule('expressionList', () => {
    const list: SqlExpression[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.expression)) });
    return list;
  });

  /** `f(x, y)`, `COUNT(*)`, `COUNT(DISTINCT x) FILTER (WHERE …) OVER (…)`. */
  protected readonly call: ParserMethod<[], SqlExpression> = this.rule('call', () => {
    const start = this.CONSUME(t.FunctionName);
    let args: SqlExpression[] = [];
    let star = false;
    this.CONSUME(t.LeftParen);
    const distinct =
      this.OPTION1(() =>
        this.OR1([{ ALT: () => this.take(kw.DISTINCT, true) }, { ALT: () => this.take(kw.ALL, false) }]),
      ) ?? false;
    this.OPTION2(() =>
      this.OR2([
        {
          ALT: () => {
            this.CONSUME(t.Star);
            star = true;
          },
        },
        {
          ALT: () => {
            args = this.SUBRULE(this.expressionList);
          },
        },
      ]),
    );
    const ignoresNulls =
      this.OPTION5({
        GATE: () => start.image.toUpperCase() === 'ARRAY_AGG',
        DEF: () => this.SUBRULE(this.nullTreatment),
      }) ?? false;
    this.CONSUME(t.RightParen);
    const condition = this.OPTION3(() => this.SUBRULE(this.filterClause)) ?? null;
    const filter = ignoresNulls ? this.ACTION(() => whereNotNull(args[0]!, condition)) : condition;
    const over = this.OPTION4(() => this.SUBRULE(this.overClause)) ?? null;
    const call: SqlCall = { name: identifierOf(start), args, star, distinct, filter, over };
    return { kind: 'call', call, position: this.spanFrom(start) };
  });

  /** Whether NULLs are ignored. */
  protected readonly nullTreatment: ParserMethod<[], boolean> = this.rule('nullTreatment', () => {
    const ignores = this.OR([{ ALT: () => this.take(kw.IGNORE, true) }, { ALT: () => this.take(kw.RESPECT, false) }]);
    this.CONSUME(kw.NULLS);
    return ignores;
  });

  protected readonly filterClause: ParserMethod<[], SqlExpression> = this.rule('filterClause', () => {
    this.CONSUME(kw.FILTER);
    this.CONSUME(t.LeftParen);
    this.CONSUME(kw.WHERE);
    const condition = this.SUBRULE(this.expression);
    this.CONSUME(t.RightParen);
    return condition;
  });

  protected readonly overClause: ParserMethod<[], WindowReference> = this.rule('overClause', () => {
    const start = this.CONSUME(kw.OVER);
    return this.OR<WindowReference>([
      {
        ALT: () => ({
          specification: this.SUBRULE(this.windowSpecification),
          name: null,
          position: this.spanFrom(start),
        }),
      },
      { ALT: () => ({ name: this.SUBRULE(this.identifier), specification: null, position: this.spanFrom(start) }) },
    ]);
  });

  protected readonly windowSpecification: ParserMethod<[], WindowSpecification> = this.rule(
    'windowSpecification',
    () => {
      this.CONSUME(t.LeftParen);
      const partitionBy = this.OPTION1(() => {
        this.CONSUME(kw.PARTITION);
        this.CONSUME(kw.BY);
        return this.SUBRULE(this.expressionList);
      });
      const orderBy = this.OPTION2(() => this.SUBRULE(this.orderItems));
      const frame = this.OPTION3(() => this.SUBRULE(this.frame));
      this.CONSUME(t.RightParen);
      return { partitionBy: partitionBy ?? [], orderBy: orderBy ?? [], frame: frame ?? null };
    },
  );

  protected readonly frame: ParserMethod<[], WindowSpecification['frame']> = this.rule('frame', () => {
    const unit = this.OR1<'rows' | 'range'>([
      { ALT: () => this.take(kw.ROWS, 'rows' as const) },
      { ALT: () => this.take(kw.RANGE, 'range' as const) },
    ]);
    return this.OR2([
      {
        ALT: () => {
          this.CONSUME(kw.BETWEEN);
          const start = this.SUBRULE1(this.frameBound);
          this.CONSUME(kw.AND);
          return { unit, start, end: this.SUBRULE2(this.frameBound) };
        },
      },
      { ALT: () => ({ unit, start: this.SUBRULE3(this.frameBound), end: null }) },
    ]);
  });

  protected readonly frameBound: ParserMethod<[], FrameBound> = this.rule('frameBound', () =>
    this.OR([
      { ALT: () => this.SUBRULE(this.currentRow) },
      { ALT: () => this.SUBRULE(this.offsetBound), IGNORE_AMBIGUITIES: true },
    ]),
  );

  protected readonly offsetBound: ParserMethod<[], FrameBound> = this.rule('offsetBound', () => {
    const offset = this.OR1<SqlExpression | null>([
      { ALT: () => this.take(kw.UNBOUNDED, null), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.expression, { ARGS: [power.additive] }) },
    ]);
    const kind = this.OR2<'preceding' | 'following'>([
      { ALT: () => this.take(kw.PRECEDING, 'preceding' as const) },
      { ALT: () => this.take(kw.FOLLOWING, 'following' as const) },
    ]);
    return { kind, offset };
  });

  protected readonly currentRow: ParserMethod<[], FrameBound> = this.rule('currentRow', () => {
    this.CONSUME(kw.CURRENT);
    this.CONSUME(kw.ROW);
    return { kind: 'current' };
  });

  protected readonly orderItems: ParserMethod<[], OrderItem[]> = this.rule('orderItems', () => {
    const items: OrderItem[] = [];
    this.CONSUME(kw.ORDER);
    this.CONSUME(kw.BY);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.orderItem)) });
    return items;
  });

  protected readonly orderItem: ParserMethod<[], OrderItem> = this.rule('orderItem', () => {
    const expression = this.SUBRULE(this.expression);
    const descending = this.OPTION1(() =>
      this.OR1([{ ALT: () => this.take(kw.ASC, false) }, { ALT: () => this.take(kw.DESC, true) }]),
    );
    const nulls = this.OPTION2(() => {
      this.CONSUME(kw.NULLS);
      return this.OR2<'first' | 'last'>([
        { ALT: () => this.take(kw.FIRST, 'first' as const) },
        { ALT: () => this.take(kw.LAST, 'last' as const) },
      ]);
    });
    return { expression, descending: descending ?? false, nulls: nulls ?? null };
  });

  /**
   * Functions that name their arguments. They become calls: a unit is a string literal (`EXTRACT('YEAR', d)`, `FLOOR(ts, 'HOUR')`,
   * `TIMESTAMPADD('DAY', 1, ts)`), TRIM has the side first: `TRIM('BOTH', characters, text)`.
   */
  protected readonly specialCall: ParserMethod<[], SqlExpression> = this.rule('specialCall', () =>
    this.OR([
      { ALT: () => this.SUBRULE(this.extract) },
      { ALT: () => this.SUBRULE(this.positionIn) },
      { ALT: () => this.SUBRULE(this.substring) },
      { ALT: () => this.SUBRULE(this.overlay) },
      { ALT: () => this.SUBRULE(this.trim) },
      { ALT: () => this.SUBRULE(this.roundToUnit) },
      { ALT: () => this.SUBRULE(this.timestampArithmetic) },
      { ALT: () => this.SUBRULE(this.jsonExists) },
      { ALT: () => this.SUBRULE(this.jsonValue) },
      { ALT: () => this.SUBRULE(this.jsonQuery) },
      { ALT: () => this.SUBRULE(this.jsonObject) },
      { ALT: () => this.SUBRULE(this.jsonArray) },
      { ALT: () => this.SUBRULE(this.jsonObjectAggregate) },
      { ALT: () => this.SUBRULE(this.jsonArrayAggregate) },
    ]),
  );

  protected readonly extract: ParserMethod<[], SqlExpression> = this.rule('extract', () => {
    const start = this.CONSUME(kw.EXTRACT);
    this.CONSUME(t.LeftParen);
    const unit = this.SUBRULE(this.unit);
    this.CONSUME(kw.FROM);
    const from = this.SUBRULE(this.expression);
    this.CONSUME(t.RightParen);
    return this.callOf(start, [unit, from]);
  });

  protected readonly unit: ParserMethod<[], SqlExpression> = this.rule('unit', () => {
    const token = this.OR<IToken>([
      { ALT: () => this.CONSUME(t.TimeUnit) },
      { GATE: () => standardUnit.test(this.LA(1).image), ALT: () => this.CONSUME(t.Word) },
    ]);
    return this.ACTION(() => textLiteral(token.image.toUpperCase().replace(standardUnit, ''), token));
  });

  protected readonly positionIn: ParserMethod<[], SqlExpression> = this.rule('positionIn', () => {
    const start = this.CONSUME(kw.POSITION);
    this.CONSUME(t.LeftParen);
    const part = this.SUBRULE1(this.expression, { ARGS: [power.additive] });
    this.CONSUME(kw.IN);
    const args = [part, this.SUBRULE2(this.expression)];
    this.CONSUME(t.RightParen);
    return this.callOf(start, args);
  });

  /** `SUBSTRING(s FROM 2 FOR 3)` and `SUBSTRING(s, 2, 3)`. */
  protected readonly substring: ParserMethod<[], SqlExpression> = this.rule('substring', () => {
    const start = this.CONSUME(kw.SUBSTRING);
    this.CONSUME(t.LeftParen);
    const args = [this.SUBRULE1(this.expression)];
    this.OR1([{ ALT: () => this.CONSUME1(t.Comma) }, { ALT: () => this.CONSUME(kw.FROM) }]);
    args.push(this.SUBRULE2(this.expression));
    this.OPTION(() => {
      this.OR2([{ ALT: () => this.CONSUME2(t.Comma) }, { ALT: () => this.CONSUME(kw.FOR) }]);
      args.push(this.SUBRULE3(this.expression));
    });
    this.CONSUME(t.RightParen);
    return this.callOf(start, args);
  });

  /** `OVERLAY(s PLACING r FROM 2 FOR 3)`. */
  protected readonly overlay: ParserMethod<[], SqlExpression> = this.rule('overlay', () => {
    const start = this.CONSUME(kw.OVERLAY);
    this.CONSUME(t.LeftParen);
    const args = [this.SUBRULE1(this.expression)];
    this.CONSUME(kw.PLACING);
    args.push(this.SUBRULE2(this.expression));
    this.CONSUME(kw.FROM);
    args.push(this.SUBRULE3(this.expression));
    this.OPTION(() => {
      this.CONSUME(kw.FOR);
      args.push(this.SUBRULE4(this.expression));
    });
    this.CONSUME(t.RightParen);
    return this.callOf(start, args);
  });

  /** `TRIM(s)`, `TRIM(BOTH 'x' FROM s)`, `TRIM('x' FROM s)`, `TRIM(LEADING FROM s)`. */
  protected readonly trim: ParserMethod<[], SqlExpression> = this.rule('trim', () => {
    const start = this.CONSUME(kw.TRIM);
    let side = 'BOTH';
    this.CONSUME(t.LeftParen);
    this.OPTION1(() => {
      side = this.OR<string>([
        { ALT: () => this.take(kw.BOTH, 'BOTH') },
        { ALT: () => this.take(kw.LEADING, 'LEADING') },
        { ALT: () => this.take(kw.TRAILING, 'TRAILING') },
      ]);
    });
    const first = this.OPTION2(() => this.SUBRULE1(this.expression)) ?? null;
    const text = this.OPTION3(() => {
      this.CONSUME(kw.FROM);
      return this.SUBRULE2(this.expression);
    });
    this.CONSUME(t.RightParen);
    const blank = textLiteral(' ', start);
    return this.callOf(start, [
      textLiteral(side, start),
      ...(text === undefined ? [blank, first ?? blank] : [first ?? blank, text]),
    ]);
  });

  /** `FLOOR(x)`, `FLOOR(ts TO HOUR)`. */
  protected readonly roundToUnit: ParserMethod<[], SqlExpression> = this.rule('roundToUnit', () => {
    const start = this.OR([
      { ALT: () => this.CONSUME(kw.FLOOR) },
      { ALT: () => this.CONSUME(kw.CEIL) },
      { ALT: () => this.CONSUME(kw.CEILING) },
    ]);
    this.CONSUME(t.LeftParen);
    const args = [this.SUBRULE(this.expression)];
    this.OPTION(() => {
      this.CONSUME(kw.TO);
      args.push(this.SUBRULE(this.unit));
    });
    this.CONSUME(t.RightParen);
    return this.callOf(start, args);
  });

  protected readonly timestampArithmetic: ParserMethod<[], SqlExpression> = this.rule('timestampArithmetic', () => {
    const start = this.OR([
      { ALT: () => this.CONSUME(kw.TIMESTAMPADD) },
      { ALT: () => this.CONSUME(kw.TIMESTAMPDIFF) },
    ]);
    this.CONSUME(t.LeftParen);
    const unit = this.SUBRULE(this.unit);
    this.CONSUME1(t.Comma);
    const first = this.SUBRULE1(this.expression);
    this.CONSUME2(t.Comma);
    const second = this.SUBRULE2(this.expression);
    this.CONSUME(t.RightParen);
    return this.callOf(start, [unit, first, second]);
  });

  protected callOf(start: IToken, args: readonly SqlExpression[]): SqlExpression {
    return this.ACTION(() => this.callNamed(start.image.toUpperCase(), start, args));
  }
}

/** `ARRAY_AGG(x IGNORE NULLS)` is the aggregate of the rows that have one. */
function whereNotNull(arg: SqlExpression, condition: SqlExpression | null): SqlExpression {
  const { position } = arg;
  const isThere: SqlExpression = { kind: 'is', arg, what: 'null', negated: true, position };
  return condition === null ? isThere : { kind: 'and', left: condition, right: isThere, position };
}
