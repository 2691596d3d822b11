/** Expressions: operators by binding power (power.ts), and what they stand between. */
import type { ParserMethod } from 'chevrotain';
import type { Name, SqlBranch, SqlExpression, SqlLiteral } from '../ast.ts';
import { sqlError } from '../excerpt.ts';
import { type Quantifier, quantifiable, quantified } from '../quantified.ts';
import { identifierOf, join, stringOf } from './base-grammar.ts';
import { FunctionGrammar } from './function-grammar.ts';
import { textLiteral } from './json-grammar.ts';
import { infixPower, power } from './power.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

export abstract class ExpressionGrammar extends FunctionGrammar {
  protected override readonly expression: ParserMethod<[number?], SqlExpression> = this.rule(
    'expression',
    (least: number = 0) => {
      let left = this.SUBRULE(this.prefix);
      this.MANY({
        GATE: () => infixPower(this.LA(1), this.LA(2)) >= least,
        DEF: () => {
          left = this.SUBRULE(this.infix, { ARGS: [left] });
        },
      });
      return left;
    },
  );

  protected readonly prefix: ParserMethod<[], SqlExpression> = this.rule('prefix', () => {
    const start = this.LA(1);
    return this.OR<SqlExpression>([
      {
        ALT: () => {
          this.CONSUME(kw.NOT);
          const arg = this.SUBRULE1(this.expression, { ARGS: [power.not] });
          return { kind: 'not', arg, position: this.spanFrom(start) };
        },
      },
      {
        ALT: () => {
          const name = this.OR1([{ ALT: () => this.take(t.Minus, '-') }, { ALT: () => this.take(t.Plus, '+') }]);
          const arg = this.SUBRULE2(this.expression, { ARGS: [power.sign] });
          return { kind: 'operator', name, args: [arg], position: this.spanFrom(start) };
        },
      },
      { ALT: () => this.SUBRULE(this.postfix) },
    ]);
  });

  /** What follows the left side of an operator; `left` becomes part of the result. */
  protected readonly infix: ParserMethod<[SqlExpression], SqlExpression> = this.rule('infix', (left) =>
    this.OR<SqlExpression>([
      { ALT: () => this.SUBRULE(this.logic, { ARGS: [left] }) },
      { ALT: () => this.SUBRULE(this.arithmetic, { ARGS: [left] }) },
      { ALT: () => this.SUBRULE(this.isTest, { ARGS: [left] }) },
      { ALT: () => this.SUBRULE(this.negatable, { ARGS: [left] }) },
    ]),
  );

  protected readonly logic: ParserMethod<[SqlExpression], SqlExpression> = this.rule('logic', (left) => {
    const kind = this.OR<'and' | 'or'>([
      { ALT: () => this.take(kw.AND, 'and' as const) },
      { ALT: () => this.take(kw.OR, 'or' as const) },
    ]);
    const right = this.SUBRULE(this.expression, { ARGS: [power[kind] + 1] });
    return this.ACTION(() => ({ kind, left, right, position: join(left.position, right.position) }));
  });

  protected readonly arithmetic: ParserMethod<[SqlExpression], SqlExpression> = this.rule('arithmetic', (left) => {
    const own = infixPower(this.LA(1), this.LA(2));
    const name = this.OR<string>([
      { ALT: () => this.take(t.Equals, '=') },
      { ALT: () => this.take(t.NotEquals, '<>') },
      { ALT: () => this.take(t.Less, '<') },
      { ALT: () => this.take(t.LessOrEqual, '<=') },
      { ALT: () => this.take(t.Greater, '>') },
      { ALT: () => this.take(t.GreaterOrEqual, '>=') },
      { ALT: () => this.take(t.Plus, '+') },
      { ALT: () => this.take(t.Minus, '-') },
      { ALT: () => this.take(t.Star, '*') },
      { ALT: () => this.take(t.Slash, '/') },
      { ALT: () => this.take(t.Percent, '%') },
      { ALT: () => this.take(t.Concat, '||') },
      { ALT: () => this.take(kw.OVERLAPS, 'OVERLAPS') },
    ]);
    return this.OR2<SqlExpression>([
      { ALT: () => this.SUBRULE(this.quantified, { ARGS: [name, left] }) },
      { ALT: () => this.operatorOf(name, left, this.SUBRULE(this.expression, { ARGS: [own + 1] })) },
    ]);
  });

  /** `> SOME (SELECT …)`, `= ALL (SELECT …)`. */
  protected readonly quantified: ParserMethod<[string, SqlExpression], SqlExpression> = this.rule(
    'quantified',
    (name, left) => {
      const quantifier = this.OR<Quantifier>([
        { ALT: () => this.take(kw.SOME, 'some' as const) },
        { ALT: () => this.take(kw.ANY, 'some' as const) },
        { ALT: () => this.take(kw.ALL, 'all' as const) },
      ]);
      this.CONSUME(t.LeftParen);
      const query = this.SUBRULE(this.query);
      this.CONSUME(t.RightParen);
      return this.ACTION(() => {
        const position = this.spanOf(left);
        if (quantifiable.has(name)) return quantified(quantifier, { name, left, query, position });
        throw sqlError('SQL_SYNTAX', `${name} has no SOME or ALL`, position, 'Comparisons have.');
      });
    },
  );

  protected readonly isTest: ParserMethod<[SqlExpression], SqlExpression> = this.rule('isTest', (left) => {
    this.CONSUME(kw.IS);
    const negated = this.OPTION(() => this.CONSUME(kw.NOT)) !== undefined;
    return this.OR<SqlExpression>([
      {
        ALT: () => {
          const what = this.OR1<'null' | 'true' | 'false' | 'unknown'>([
            { ALT: () => this.take(kw.NULL, 'null' as const) },
            { ALT: () => this.take(kw.TRUE, 'true' as const) },
            { ALT: () => this.take(kw.FALSE, 'false' as const) },
            { ALT: () => this.take(kw.UNKNOWN, 'unknown' as const) },
          ]);
          return { kind: 'is', arg: left, what, negated, position: this.spanOf(left) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.DISTINCT);
          this.CONSUME(kw.FROM);
          const right = this.SUBRULE(this.expression, { ARGS: [power.is + 1] });
          return { kind: 'distinct_from', left, right, negated, position: this.spanOf(left) };
        },
      },
      {
        ALT: () => {
          const start = this.CONSUME(kw.JSON);
          const kind =
            this.OPTION2(() =>
              this.OR2<string>([
                { ALT: () => this.take(kw.VALUE, 'VALUE') },
                { ALT: () => this.take(kw.SCALAR, 'SCALAR') },
                { ALT: () => this.take(kw.ARRAY, 'ARRAY') },
                { ALT: () => this.take(kw.OBJECT, 'OBJECT') },
              ]),
            ) ?? 'VALUE';
          const position = this.spanOf(left);
          const test: SqlExpression = {
            kind: 'operator',
            name: 'IS_JSON',
            args: [left, textLiteral(kind, start)],
            position,
          };
          return negated ? { kind: 'not', arg: test, position } : test;
        },
      },
    ]);
  });

  /** `[NOT] LIKE`, `SIMILAR TO`, `BETWEEN`, `IN`. */
  protected readonly negatable: ParserMethod<[SqlExpression], SqlExpression> = this.rule('negatable', (left) => {
    const negated = this.OPTION(() => this.CONSUME(kw.NOT)) !== undefined;
    return this.OR<SqlExpression>([
      { ALT: () => this.SUBRULE(this.like, { ARGS: [left, negated] }) },
      { ALT: () => this.SUBRULE(this.between, { ARGS: [left, negated] }) },
      { ALT: () => this.SUBRULE(this.membership, { ARGS: [left, negated] }) },
    ]);
  });

  protected readonly like: ParserMethod<[SqlExpression, boolean], SqlExpression> = this.rule(
    'like',
    (left, negated) => {
      const name = this.OR<string>([
        { ALT: () => this.take(kw.LIKE, 'LIKE') },
        {
          ALT: () => {
            this.CONSUME(kw.SIMILAR);
            return this.take(kw.TO, 'SIMILAR TO');
          },
        },
      ]);
      const args = [left, this.SUBRULE1(this.expression, { ARGS: [power.like + 1] })];
      this.OPTION(() => {
        this.CONSUME(kw.ESCAPE);
        args.push(this.SUBRULE2(this.expression, { ARGS: [power.like + 1] }));
      });
      const position = this.spanOf(left);
      const test: SqlExpression = { kind: 'operator', name, args, position };
      return negated ? { kind: 'not', arg: test, position } : test;
    },
  );

  protected readonly between: ParserMethod<[SqlExpression, boolean], SqlExpression> = this.rule(
    'between',
    (arg, negated) => {
      this.CONSUME(kw.BETWEEN);
      const symmetric =
        this.OPTION(() =>
          this.OR([{ ALT: () => this.take(kw.SYMMETRIC, true) }, { ALT: () => this.take(kw.ASYMMETRIC, false) }]),
        ) ?? false;
      const low = this.SUBRULE1(this.expression, { ARGS: [power.like + 1] });
      this.CONSUME(kw.AND);
      const high = this.SUBRULE2(this.expression, { ARGS: [power.like + 1] });
      return { kind: 'between', arg, low, high, symmetric, negated, position: this.spanOf(arg) };
    },
  );

  protected readonly membership: ParserMethod<[SqlExpression, boolean], SqlExpression> = this.rule(
    'membership',
    (arg, negated) => {
      this.CONSUME(kw.IN);
      this.CONSUME(t.LeftParen);
      const found = this.OR<(position: SqlExpression['position']) => SqlExpression>([
        {
          GATE: () => this.opensQuery(0),
          ALT: () => {
            const query = this.SUBRULE(this.query);
            return (position) => ({ kind: 'in_query', arg, query, negated, position });
          },
          IGNORE_AMBIGUITIES: true,
        },
        {
          ALT: () => {
            const list = this.SUBRULE(this.expressionList);
            return (position) => ({ kind: 'in_list', arg, list, negated, position });
          },
        },
      ]);
      this.CONSUME(t.RightParen);
      return this.ACTION(() => found(this.spanOf(arg)));
    },
  );

  /** `x[1]`, `f(x).a`. */
  protected readonly postfix: ParserMethod<[], SqlExpression> = this.rule('postfix', () => {
    let left = this.SUBRULE(this.primary);
    this.MANY(() => {
      left = this.OR<SqlExpression>([
        {
          ALT: () => {
            this.CONSUME(t.LeftBracket);
            const index = this.SUBRULE(this.expression);
            this.CONSUME(t.RightBracket);
            return { kind: 'item', arg: left, index, position: this.spanOf(left) };
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Dot);
            const field = this.SUBRULE(this.identifier);
            return { kind: 'field', arg: left, field, position: this.spanOf(left) };
          },
        },
      ]);
    });
    return left;
  });

  protected readonly primary: ParserMethod<[], SqlExpression> = this.rule('primary', () =>
    this.OR<SqlExpression>([
      { GATE: () => this.startsTypedLiteral(), ALT: () => this.SUBRULE(this.typedLiteral), IGNORE_AMBIGUITIES: true },
      { GATE: () => this.isNext(t.LeftParen, 2), ALT: () => this.SUBRULE(this.specialCall), IGNORE_AMBIGUITIES: true },
      { GATE: () => this.isNext(t.LeftBracket, 2), ALT: () => this.SUBRULE(this.collection), IGNORE_AMBIGUITIES: true },
      { GATE: () => this.isNext(t.LeftParen, 2), ALT: () => this.SUBRULE(this.call), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.literal) },
      { ALT: () => this.SUBRULE(this.caseExpression) },
      { ALT: () => this.SUBRULE(this.cast) },
      { ALT: () => this.SUBRULE(this.exists) },
      { ALT: () => this.SUBRULE(this.rowConstructor) },
      { ALT: () => this.SUBRULE(this.parenthesized) },
      { ALT: () => this.SUBRULE(this.niladicCall) },
      { ALT: () => this.SUBRULE(this.columnName) },
      { ALT: () => this.SUBRULE(this.userColumn) },
    ]),
  );

  protected readonly columnName: ParserMethod<[], SqlExpression> = this.rule('columnName', () => {
    const name: Name = this.SUBRULE(this.name);
    return { kind: 'name', name, position: name.position };
  });

  /** USER is reserved, but Flink takes it for a column. */
  protected readonly userColumn: ParserMethod<[], SqlExpression> = this.rule('userColumn', () => {
    const token = this.CONSUME(kw.USER);
    return this.ACTION(() => {
      const column = identifierOf(token);
      const { position } = column;
      return { kind: 'name', name: { parts: [column], position }, position };
    });
  });

  protected readonly literal: ParserMethod<[], SqlExpression> = this.rule('literal', () => {
    const start = this.LA(1);
    const literal = this.OR<SqlLiteral>([
      { ALT: () => ({ of: 'integer', text: this.CONSUME(t.IntegerNumber).image }) },
      { ALT: () => ({ of: 'decimal', text: this.CONSUME(t.DecimalNumber).image }) },
      { ALT: () => ({ of: 'approximate', text: this.CONSUME(t.ApproximateNumber).image }) },
      { ALT: () => ({ of: 'string', text: this.SUBRULE(this.string) }) },
      { ALT: () => ({ of: 'binary', text: stringOf(this.CONSUME(t.BinaryLiteral)) }) },
      { ALT: () => this.take(kw.TRUE, { of: 'boolean', value: true } as const) },
      { ALT: () => this.take(kw.FALSE, { of: 'boolean', value: false } as const) },
      { ALT: () => this.take(kw.UNKNOWN, { of: 'boolean', value: null } as const) },
      { ALT: () => this.take(kw.NULL, { of: 'null' } as const) },
      { ALT: () => this.SUBRULE(this.intervalLiteral) },
    ]);
    return { kind: 'literal', literal, position: this.spanFrom(start) };
  });

  /** `INTERVAL '1' DAY`, `INTERVAL -'1:30' MINUTE TO SECOND`. */
  protected readonly intervalLiteral: ParserMethod<[], SqlLiteral> = this.rule('intervalLiteral', () => {
    this.CONSUME(kw.INTERVAL);
    const negative =
      this.OPTION(() => this.OR([{ ALT: () => this.take(t.Minus, true) }, { ALT: () => this.take(t.Plus, false) }])) ??
      false;
    const text = this.SUBRULE(this.string);
    return { of: 'interval', text, negative, ...this.SUBRULE(this.intervalQualifier) };
  });

  protected startsTypedLiteral(): boolean {
    return this.isNext(t.StringLiteral, 2);
  }

  /** `DATE '2020-01-31'`, `TIME '…'`, `TIMESTAMP '…'`. */
  protected readonly typedLiteral: ParserMethod<[], SqlExpression> = this.rule('typedLiteral', () => {
    const start = this.LA(1);
    const of = this.OR<'date' | 'time' | 'timestamp'>([
      { ALT: () => this.take(kw.DATE, 'date' as const) },
      { ALT: () => this.take(kw.TIME, 'time' as const) },
      { ALT: () => this.take(kw.TIMESTAMP, 'timestamp' as const) },
    ]);
    const text = stringOf(this.CONSUME(t.StringLiteral));
    return { kind: 'literal', literal: { of, text }, position: this.spanFrom(start) };
  });

  protected readonly caseExpression: ParserMethod<[], SqlExpression> = this.rule('caseExpression', () => {
    const start = this.CONSUME(kw.CASE);
    const branches: SqlBranch[] = [];
    const operand = this.OPTION1(() => this.SUBRULE1(this.expression)) ?? null;
    this.AT_LEAST_ONE(() => {
      this.CONSUME(kw.WHEN);
      const when = this.SUBRULE2(this.expression);
      this.CONSUME(kw.THEN);
      branches.push({ when, result: this.SUBRULE3(this.expression) });
    });
    const otherwise = this.OPTION2(() => {
      this.CONSUME(kw.ELSE);
      return this.SUBRULE4(this.expression);
    });
    this.CONSUME(kw.END);
    return { kind: 'case', operand, branches, otherwise: otherwise ?? null, position: this.spanFrom(start) };
  });

  protected readonly cast: ParserMethod<[], SqlExpression> = this.rule('cast', () => {
    const start = this.LA(1);
    const onError = this.OR<'fail' | 'null'>([
      { ALT: () => this.take(kw.CAST, 'fail' as const) },
      { ALT: () => this.take(kw.TRY_CAST, 'null' as const) },
    ]);
    this.CONSUME(t.LeftParen);
    const arg = this.SUBRULE(this.expression);
    this.CONSUME(kw.AS);
    const type = this.SUBRULE(this.dataType);
    this.CONSUME(t.RightParen);
    return { kind: 'cast', arg, type, onError, position: this.spanFrom(start) };
  });

  protected readonly exists: ParserMethod<[], SqlExpression> = this.rule('exists', () => {
    const start = this.CONSUME(kw.EXISTS);
    this.CONSUME(t.LeftParen);
    const query = this.SUBRULE(this.query);
    this.CONSUME(t.RightParen);
    return { kind: 'exists', query, position: this.spanFrom(start) };
  });

  protected readonly rowConstructor: ParserMethod<[], SqlExpression> = this.rule('rowConstructor', () => {
    const start = this.CONSUME(kw.ROW);
    this.CONSUME(t.LeftParen);
    const args = this.SUBRULE(this.expressionList);
    this.CONSUME(t.RightParen);
    return { kind: 'row', args, position: this.spanFrom(start) };
  });

  /** `ARRAY[1, 2]`, `MAP['a', 1]`. */
  protected readonly collection: ParserMethod<[], SqlExpression> = this.rule('collection', () => {
    const start = this.LA(1);
    const kind = this.OR<'array' | 'map'>([
      { ALT: () => this.take(kw.ARRAY, 'array' as const) },
      { ALT: () => this.take(kw.MAP, 'map' as const) },
    ]);
    this.CONSUME(t.LeftBracket);
    const args = this.OPTION(() => this.SUBRULE(this.expressionList)) ?? [];
    this.CONSUME(t.RightBracket);
    return { kind, args, position: this.spanFrom(start) };
  });

  /** `(x)`, `(x, y)` (a row), `(SELECT …)`, `(x - y) DAY`. */
  protected readonly parenthesized: ParserMethod<[], SqlExpression> = this.rule('parenthesized', () => {
    const start = this.CONSUME(t.LeftParen);
    const inner = this.OR<SqlExpression | SqlExpression[]>([
      {
        GATE: () => this.opensQuery(0),
        ALT: () => ({ kind: 'subquery', query: this.SUBRULE(this.query), position: this.spanFrom(start) }),
        IGNORE_AMBIGUITIES: true,
      },
      { ALT: () => this.SUBRULE(this.expressionList) },
    ]);
    this.CONSUME(t.RightParen);
    const unit = this.OPTION({
      GATE: () => isDifference(inner) && differenceUnits.some((type) => this.isNext(type)),
      DEF: () => this.SUBRULE(this.intervalQualifier),
    });
    const position = this.spanFrom(start);
    if (!Array.isArray(inner)) return { ...inner, position };
    const [first] = inner as [SqlExpression];
    if (unit !== undefined && first.kind === 'operator') {
      return { ...first, name: 'MINUS_DATE', args: [...first.args, textLiteral(unit.from, start)], position };
    }
    return inner.length === 1 ? { ...first, position } : { kind: 'row', args: inner, position };
  });

  /** `CURRENT_TIMESTAMP`, with parentheses or without. */
  protected readonly niladicCall: ParserMethod<[], SqlExpression> = this.rule('niladicCall', () => {
    const start = this.OR([
      { ALT: () => this.CONSUME(kw.CURRENT_DATE) },
      { ALT: () => this.CONSUME(kw.CURRENT_TIME) },
      { ALT: () => this.CONSUME(kw.CURRENT_TIMESTAMP) },
      { ALT: () => this.CONSUME(kw.LOCALTIME) },
      { ALT: () => this.CONSUME(kw.LOCALTIMESTAMP) },
    ]);
    this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      this.CONSUME(t.RightParen);
    });
    return this.callOf(start, []);
  });

  protected operatorOf(name: string, left: SqlExpression, right: SqlExpression): SqlExpression {
    return this.ACTION(() => ({
      kind: 'operator',
      name,
      args: [left, right],
      position: join(left.position, right.position),
    }));
  }

  /** Whether a query begins behind the parentheses that follow; `skip` tokens are left out before. */
  protected opensQuery(skip: number): boolean {
    let distance = skip + 1;
    while (this.isNext(t.LeftParen, distance)) distance++;
    return [kw.SELECT, kw.VALUES, kw.WITH].some((type) => this.isNext(type, distance));
  }
}

const differenceUnits = [kw.YEAR, kw.MONTH, kw.DAY, kw.HOUR, kw.MINUTE, kw.SECOND];

function isDifference(inner: SqlExpression | readonly SqlExpression[]): boolean {
  const [first, more] = Array.isArray(inner) ? inner : [];
  return more === undefined && first?.kind === 'operator' && first.name === '-' && first.args.length === 2;
}
