/** Queries: SELECT and its clauses, set operations, WITH, VALUES. */
import type { ParserMethod } from 'chevrotain';
import type { CommonTable, GroupItem, Identifier, SelectItem, SelectQuery, SqlExpression, SqlQuery } from '../ast.ts';
import { join, positionOf } from './base-grammar.ts';
import { FromGrammar } from './from-grammar.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

type SetOperator = Readonly<{
  operator: 'union' | 'except' | 'intersect';
  all: boolean;
  position: SqlQuery['position'];
}>;
type NamedWindow = SelectQuery['windows'][number];
type OrderedQuery = Extract<SqlQuery, { kind: 'ordered' }>;

export abstract class QueryGrammar extends FromGrammar {
  protected override readonly query: ParserMethod<[], SqlQuery> = this.rule('query', () => {
    const start = this.LA(1);
    const tables = this.OPTION1(() => this.SUBRULE(this.withClause));
    const operands = this.SUBRULE(this.unions);
    const orderBy = this.OPTION2(() => this.SUBRULE(this.orderByClause)) ?? null;
    const limit = this.OPTION3(() => this.SUBRULE(this.limitClause)) ?? null;
    const position = this.spanFrom(start);
    const ordered: SqlQuery =
      orderBy === null && limit === null ? operands : { kind: 'ordered', input: operands, orderBy, limit, position };
    return tables === undefined ? ordered : { kind: 'with', ...tables, body: ordered, position };
  });

  protected readonly withClause: ParserMethod<[], { recursive: boolean; tables: CommonTable[] }> = this.rule(
    'withClause',
    () => {
      const tables: CommonTable[] = [];
      this.CONSUME(kw.WITH);
      const recursive = this.OPTION(() => this.CONSUME(kw.RECURSIVE)) !== undefined;
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => tables.push(this.SUBRULE(this.commonTable)) });
      return { recursive, tables };
    },
  );

  protected readonly commonTable: ParserMethod<[], CommonTable> = this.rule('commonTable', () => {
    const name = this.SUBRULE(this.identifier);
    const columns = this.OPTION(() => this.SUBRULE(this.identifierList)) ?? null;
    this.CONSUME(kw.AS);
    this.CONSUME(t.LeftParen);
    const query = this.SUBRULE(this.query);
    this.CONSUME(t.RightParen);
    return { name, columns, query, position: this.spanOf(name) };
  });

  protected readonly unions: ParserMethod<[], SqlQuery> = this.rule('unions', () => {
    let left = this.SUBRULE1(this.intersections);
    this.MANY(() => {
      const operator = this.OR<Pick<SetOperator, 'operator' | 'position'>>([
        { ALT: () => ({ operator: 'union', position: positionOf(this.CONSUME(kw.UNION)) }) },
        { ALT: () => ({ operator: 'except', position: positionOf(this.CONSUME(kw.EXCEPT)) }) },
        { ALT: () => ({ operator: 'except', position: positionOf(this.CONSUME(kw.MINUS)) }) },
      ]);
      const all = this.SUBRULE(this.setQuantifier);
      left = this.setOperation(left, { ...operator, all }, this.SUBRULE2(this.intersections));
    });
    return left;
  });

  protected readonly intersections: ParserMethod<[], SqlQuery> = this.rule('intersections', () => {
    let left = this.SUBRULE1(this.queryTerm);
    this.MANY(() => {
      const position = positionOf(this.CONSUME(kw.INTERSECT));
      const all = this.SUBRULE(this.setQuantifier);
      left = this.setOperation(left, { operator: 'intersect', all, position }, this.SUBRULE2(this.queryTerm));
    });
    return left;
  });

  protected readonly setQuantifier: ParserMethod<[], boolean> = this.rule(
    'setQuantifier',
    () =>
      this.OPTION(() =>
        this.OR([{ ALT: () => this.take(kw.ALL, true) }, { ALT: () => this.take(kw.DISTINCT, false) }]),
      ) ?? false,
  );

  protected setOperation(left: SqlQuery, { operator, all, position }: SetOperator, right: SqlQuery): SqlQuery {
    return this.ACTION(() => ({
      kind: 'set_operation',
      operator,
      all,
      left,
      right,
      operatorPosition: position,
      position: join(left.position, right.position),
    }));
  }

  protected readonly queryTerm: ParserMethod<[], SqlQuery> = this.rule('queryTerm', () =>
    this.OR<SqlQuery>([
      { ALT: () => this.SUBRULE(this.select) },
      { ALT: () => this.SUBRULE(this.values) },
      {
        ALT: () => {
          const start = this.CONSUME(t.LeftParen);
          const query = this.SUBRULE(this.query);
          this.CONSUME(t.RightParen);
          return { ...query, position: this.spanFrom(start) };
        },
      },
    ]),
  );

  protected readonly values: ParserMethod<[], SqlQuery> = this.rule('values', () => {
    const start = this.CONSUME(kw.VALUES);
    const rows: { values: readonly SqlExpression[]; position: SqlQuery['position'] }[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const row = this.SUBRULE(this.expression);
        rows.push({ values: row.kind === 'row' ? row.args : [row], position: row.position });
      },
    });
    return { kind: 'values', rows, position: this.spanFrom(start) };
  });

  protected readonly select: ParserMethod<[], SelectQuery> = this.rule('select', () => {
    const start = this.CONSUME(kw.SELECT);
    const items: SelectItem[] = [];
    const windows: NamedWindow[] = [];
    const hints = this.OPTION(() => this.SUBRULE(this.queryHints)) ?? [];
    const distinct =
      this.OPTION1(() =>
        this.OR([{ ALT: () => positionOf(this.CONSUME(kw.DISTINCT)) }, { ALT: () => this.take(kw.ALL, null) }]),
      ) ?? null;
    this.AT_LEAST_ONE_SEP1({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.selectItem)) });
    const from = this.OPTION2(() => this.SUBRULE(this.fromClause)) ?? null;
    const where = this.OPTION3(() => this.SUBRULE(this.whereClause)) ?? null;
    const groupBy = this.OPTION4(() => this.SUBRULE(this.groupByClause)) ?? null;
    const having = this.OPTION5(() => this.SUBRULE(this.havingClause)) ?? null;
    this.OPTION6(() => {
      this.CONSUME(kw.WINDOW);
      this.AT_LEAST_ONE_SEP2({ SEP: t.Comma, DEF: () => windows.push(this.SUBRULE(this.namedWindow)) });
    });
    const qualify = this.OPTION7(() => this.SUBRULE(this.qualifyClause)) ?? null;
    const position = this.spanFrom(start);
    return { kind: 'select', hints, distinct, items, from, where, groupBy, having, windows, qualify, position };
  });

  protected readonly selectItem: ParserMethod<[], SelectItem> = this.rule('selectItem', () => {
    const start = this.LA(1);
    return this.OR<SelectItem>([
      {
        ALT: () => {
          this.CONSUME(t.Star);
          return { kind: 'star', qualifier: null, position: this.spanFrom(start) };
        },
      },
      {
        GATE: () => this.startsQualifiedStar(),
        ALT: () => {
          const qualifier = this.SUBRULE(this.name);
          this.CONSUME(t.Dot);
          this.CONSUME1(t.Star);
          return { kind: 'star', qualifier, position: this.spanFrom(start) };
        },
        IGNORE_AMBIGUITIES: true,
      },
      {
        ALT: () => {
          const expression = this.SUBRULE(this.expression);
          const alias = this.SUBRULE(this.columnAlias);
          return { kind: 'expression', expression, alias, position: this.spanFrom(start) };
        },
      },
    ]);
  });

  /** `t.*` */
  protected startsQualifiedStar(): boolean {
    let distance = 1;
    while (this.isNext(t.Identifier, distance) && this.isNext(t.Dot, distance + 1)) distance += 2;
    return distance > 1 && this.isNext(t.Star, distance);
  }

  protected readonly columnAlias: ParserMethod<[], Identifier | null> = this.rule(
    'columnAlias',
    () =>
      this.OPTION(() => {
        this.OPTION1(() => this.CONSUME(kw.AS));
        return this.SUBRULE(this.identifier);
      }) ?? null,
  );

  protected readonly whereClause: ParserMethod<[], SqlExpression> = this.rule('whereClause', () => {
    this.CONSUME(kw.WHERE);
    return this.SUBRULE(this.expression);
  });

  protected readonly havingClause: ParserMethod<[], SqlExpression> = this.rule('havingClause', () => {
    this.CONSUME(kw.HAVING);
    return this.SUBRULE(this.expression);
  });

  protected readonly qualifyClause: ParserMethod<[], SqlExpression> = this.rule('qualifyClause', () => {
    this.CONSUME(kw.QUALIFY);
    return this.SUBRULE(this.expression);
  });

  protected readonly groupByClause: ParserMethod<[], SelectQuery['groupBy']> = this.rule('groupByClause', () => {
    const start = this.CONSUME(kw.GROUP);
    const items: GroupItem[] = [];
    this.CONSUME(kw.BY);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.groupItem)) });
    return { items, position: this.spanFrom(start) };
  });

  protected readonly groupItem: ParserMethod<[], GroupItem> = this.rule('groupItem', () => {
    const start = this.LA(1);
    return this.OR<GroupItem>([
      {
        ALT: () => {
          const kind = this.OR1<'cube' | 'rollup' | 'grouping_sets'>([
            { ALT: () => this.take(kw.CUBE, 'cube' as const) },
            { ALT: () => this.take(kw.ROLLUP, 'rollup' as const) },
            { ALT: () => this.SUBRULE(this.groupingSets) },
          ]);
          const items: GroupItem[] = [];
          this.CONSUME1(t.LeftParen);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.groupItem)) });
          this.CONSUME1(t.RightParen);
          return { kind, items, position: this.spanFrom(start) };
        },
        IGNORE_AMBIGUITIES: true,
      },
      {
        GATE: () => this.isNext(t.LeftParen) && this.isNext(t.RightParen, 2),
        ALT: () => {
          this.CONSUME2(t.LeftParen);
          this.CONSUME2(t.RightParen);
          return { kind: 'set', expressions: [], position: this.spanFrom(start) };
        },
        IGNORE_AMBIGUITIES: true,
      },
      {
        ALT: () => {
          const expression = this.SUBRULE(this.expression);
          const { position } = expression;
          return expression.kind === 'row'
            ? { kind: 'set', expressions: expression.args, position }
            : { kind: 'expression', expression, position };
        },
      },
    ]);
  });

  protected readonly groupingSets: ParserMethod<[], 'grouping_sets'> = this.rule('groupingSets', () => {
    this.CONSUME(kw.GROUPING);
    return this.take(kw.SETS, 'grouping_sets');
  });

  protected readonly namedWindow: ParserMethod<[], NamedWindow> = this.rule('namedWindow', () => {
    const name = this.SUBRULE(this.identifier);
    this.CONSUME(kw.AS);
    const specification = this.SUBRULE(this.windowSpecification);
    return { name, specification, position: this.spanOf(name) };
  });

  protected readonly orderByClause: ParserMethod<[], OrderedQuery['orderBy']> = this.rule('orderByClause', () => {
    const start = this.LA(1);
    const items = this.SUBRULE(this.orderItems);
    return { items, position: this.spanFrom(start) };
  });

  /** `LIMIT n [OFFSET m]`, `OFFSET m [ROWS] [FETCH FIRST n ROWS ONLY]`. */
  protected readonly limitClause: ParserMethod<[], OrderedQuery['limit']> = this.rule('limitClause', () => {
    const start = this.LA(1);
    let count: SqlExpression | null = null;
    let offset: SqlExpression | null = null;
    this.AT_LEAST_ONE(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(kw.LIMIT);
            this.OR1([
              { ALT: () => this.CONSUME(kw.ALL) },
              {
                ALT: () => {
                  count = this.SUBRULE1(this.expression);
                },
              },
            ]);
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw.OFFSET);
            offset = this.SUBRULE2(this.expression);
            this.OPTION1(() => this.SUBRULE1(this.rowsWord));
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw.FETCH);
            this.OR2([{ ALT: () => this.CONSUME(kw.NEXT) }, { ALT: () => this.CONSUME(t.Identifier) }]);
            this.OPTION2(() => {
              count = this.SUBRULE3(this.expression);
            });
            this.SUBRULE2(this.rowsWord);
            this.CONSUME(kw.ONLY);
          },
        },
      ]),
    );
    return { offset, count, position: this.spanFrom(start) };
  });

  protected readonly rowsWord: ParserMethod<[], unknown> = this.rule('rowsWord', () =>
    this.OR([{ ALT: () => this.CONSUME(kw.ROW) }, { ALT: () => this.CONSUME(kw.ROWS) }]),
  );
}
