/** What a query reads from: tables, sub-queries, windowing functions, joins. */
import type { ParserMethod } from 'chevrotain';
import type {
  FromItem,
  FunctionArgument,
  Hint,
  HintArgument,
  Identifier,
  JoinKind,
  QueryHint,
  SqlExpression,
  SqlOption,
} from '../ast.ts';
import { identifierOf, join } from './base-grammar.ts';
import { MatchGrammar } from './match-grammar.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

type Alias = Readonly<{ alias: Identifier | null; columns: readonly Identifier[] | null }>;
type JoinTail = Readonly<{ on: SqlExpression | null; using: readonly Identifier[] | null }>;

export abstract class FromGrammar extends MatchGrammar {
  protected readonly fromClause: ParserMethod<[], FromItem> = this.rule('fromClause', () => {
    this.CONSUME(kw.FROM);
    let left = this.SUBRULE1(this.joined);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      const right = this.SUBRULE2(this.joined);
      left = this.joinOf({ join: 'cross', natural: false }, left, right, { on: null, using: null });
    });
    return left;
  });

  protected readonly joined: ParserMethod<[], FromItem> = this.rule('joined', () => {
    let left = this.SUBRULE1(this.fromItem);
    this.MANY(() => {
      const natural = this.OPTION(() => this.CONSUME(kw.NATURAL)) !== undefined;
      const kind = this.SUBRULE(this.joinKind);
      const right = this.SUBRULE2(this.fromItem);
      left = this.joinOf({ join: kind, natural }, left, right, this.SUBRULE(this.joinTail));
    });
    return left;
  });

  protected joinOf(
    head: { join: JoinKind; natural: boolean },
    left: FromItem,
    right: FromItem,
    tail: JoinTail,
  ): FromItem {
    return this.ACTION(() => ({
      kind: 'join',
      ...head,
      left,
      right,
      ...tail,
      position: join(left.position, right.position),
    }));
  }

  protected readonly joinKind: ParserMethod<[], JoinKind> = this.rule('joinKind', () => {
    const kind = this.OPTION1(() =>
      this.OR<JoinKind>([
        { ALT: () => this.take(kw.INNER, 'inner' as const) },
        { ALT: () => this.take(kw.CROSS, 'cross' as const) },
        { ALT: () => this.SUBRULE(this.outerJoinKind) },
      ]),
    );
    this.CONSUME(kw.JOIN);
    return kind ?? 'inner';
  });

  protected readonly outerJoinKind: ParserMethod<[], JoinKind> = this.rule('outerJoinKind', () => {
    const kind = this.OR<JoinKind>([
      { ALT: () => this.take(kw.LEFT, 'left' as const) },
      { ALT: () => this.take(kw.RIGHT, 'right' as const) },
      { ALT: () => this.take(kw.FULL, 'full' as const) },
    ]);
    this.OPTION(() => this.CONSUME(kw.OUTER));
    return kind;
  });

  protected readonly joinTail: ParserMethod<[], JoinTail> = this.rule('joinTail', () => {
    let on: SqlExpression | null = null;
    let using: readonly Identifier[] | null = null;
    this.OPTION(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(kw.ON);
            on = this.SUBRULE(this.expression);
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw.USING);
            using = this.SUBRULE(this.identifierList);
          },
        },
      ]),
    );
    return { on, using };
  });

  protected readonly fromItem: ParserMethod<[], FromItem> = this.rule('fromItem', () => {
    const item = this.OR<FromItem>([
      {
        GATE: () => this.opensQuery(this.isNext(kw.LATERAL) ? 1 : 0),
        ALT: () => this.SUBRULE(this.subquery),
        IGNORE_AMBIGUITIES: true,
      },
      { ALT: () => this.SUBRULE(this.tableFunction), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.unnest) },
      {
        GATE: () => this.isNext(t.LeftParen, 2),
        ALT: () => this.SUBRULE(this.tableFunctionCall),
        IGNORE_AMBIGUITIES: true,
      },
      { ALT: () => this.SUBRULE(this.tableName) },
      { ALT: () => this.SUBRULE(this.parenthesizedFrom) },
    ]);
    return this.OPTION(() => this.SUBRULE(this.matchRecognize, { ARGS: [item] })) ?? item;
  });

  protected readonly parenthesizedFrom: ParserMethod<[], FromItem> = this.rule('parenthesizedFrom', () => {
    this.CONSUME(t.LeftParen);
    const item = this.SUBRULE(this.joined);
    this.CONSUME(t.RightParen);
    return item;
  });

  protected readonly subquery: ParserMethod<[], FromItem> = this.rule('subquery', () => {
    const start = this.LA(1);
    const lateral = this.OPTION(() => this.CONSUME(kw.LATERAL)) !== undefined;
    this.CONSUME(t.LeftParen);
    const query = this.SUBRULE(this.query);
    this.CONSUME(t.RightParen);
    const alias = this.SUBRULE(this.tableAlias);
    return { kind: 'subquery', query, lateral, ...alias, position: this.spanFrom(start) };
  });

  protected readonly tableName: ParserMethod<[], FromItem> = this.rule('tableName', () => {
    const name = this.SUBRULE(this.name);
    const hints = this.OPTION1(() => this.SUBRULE(this.hintList)) ?? [];
    const systemTime = this.OPTION2(() => this.SUBRULE(this.systemTime)) ?? null;
    const alias = this.SUBRULE(this.tableAlias);
    return { kind: 'table', name, hints, systemTime, ...alias, position: this.spanOf(name) };
  });

  /** `FOR SYSTEM_TIME AS OF t`: a temporal join. */
  protected readonly systemTime: ParserMethod<[], SqlExpression> = this.rule('systemTime', () => {
    this.CONSUME(kw.FOR);
    this.CONSUME(kw.SYSTEM_TIME);
    this.CONSUME(kw.AS);
    this.CONSUME(kw.OF);
    return this.SUBRULE(this.expression, { ARGS: [0] });
  });

  protected readonly tableAlias: ParserMethod<[], Alias> = this.rule('tableAlias', () => {
    let columns: readonly Identifier[] | null = null;
    const alias = this.OPTION1(() => {
      this.OPTION2(() => this.CONSUME(kw.AS));
      const name = this.SUBRULE(this.identifier);
      columns = this.OPTION3(() => this.SUBRULE(this.identifierList)) ?? null;
      return name;
    });
    return { alias: alias ?? null, columns };
  });

  protected readonly hintList: ParserMethod<[], Hint[]> = this.rule('hintList', () => {
    const hints: Hint[] = [];
    this.CONSUME(t.HintOpen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => hints.push(this.SUBRULE(this.hint)) });
    this.CONSUME(t.HintClose);
    return hints;
  });

  protected readonly hint: ParserMethod<[], Hint> = this.rule('hint', () => {
    const name = this.SUBRULE(this.identifier);
    const options = this.SUBRULE(this.optionList);
    return { name: name.name, options, position: this.spanOf(name) };
  });

  /** Behind SELECT. */
  protected readonly queryHints: ParserMethod<[], QueryHint[]> = this.rule('queryHints', () => {
    const hints: QueryHint[] = [];
    this.CONSUME(t.HintOpen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => hints.push(this.SUBRULE(this.queryHint)) });
    this.CONSUME(t.HintClose);
    return hints;
  });

  protected readonly queryHint: ParserMethod<[], QueryHint> = this.rule('queryHint', () => {
    const name = this.SUBRULE(this.identifier);
    const args: HintArgument[] = [];
    this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.hintArgument)) });
      this.CONSUME(t.RightParen);
    });
    return { name: name.name, args, position: this.spanOf(name) };
  });

  protected readonly hintArgument: ParserMethod<[], HintArgument> = this.rule('hintArgument', () => {
    const start = this.LA(1);
    let value: string | null = null;
    const key = this.OR<string>([
      {
        ALT: () => {
          const name = this.SUBRULE(this.name);
          return this.ACTION(() => name.parts.map((part) => part.name).join('.'));
        },
      },
      {
        ALT: () => {
          const text = this.SUBRULE1(this.string);
          this.OPTION(() => {
            this.CONSUME(t.Equals);
            value = this.SUBRULE2(this.string);
          });
          return text;
        },
      },
    ]);
    return { key, value, position: this.spanFrom(start) };
  });

  /** `('key' = 'value', …)` */
  protected readonly optionList: ParserMethod<[], SqlOption[]> = this.rule('optionList', () => {
    const options: SqlOption[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => options.push(this.SUBRULE(this.optionPair)) });
    this.CONSUME(t.RightParen);
    return options;
  });

  protected readonly optionPair: ParserMethod<[], SqlOption> = this.rule('optionPair', () => {
    const start = this.LA(1);
    const key = this.SUBRULE1(this.string);
    this.CONSUME(t.Equals);
    const value = this.SUBRULE2(this.string);
    return { key, value, position: this.spanFrom(start) };
  });

  /** `TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))`. */
  protected readonly tableFunction: ParserMethod<[], FromItem> = this.rule('tableFunction', () => {
    const start = this.LA(1);
    const lateral = this.OPTION(() => this.CONSUME(kw.LATERAL)) !== undefined;
    this.CONSUME(kw.TABLE);
    this.CONSUME(t.LeftParen);
    const name = this.SUBRULE(this.functionName);
    const args = this.SUBRULE(this.functionArguments);
    this.CONSUME(t.RightParen);
    const alias = this.SUBRULE(this.tableAlias);
    return { kind: 'function', name, args, lateral, ...alias, position: this.spanFrom(start) };
  });

  /** Without TABLE around it. */
  protected readonly tableFunctionCall: ParserMethod<[], FromItem> = this.rule('tableFunctionCall', () => {
    const start = this.LA(1);
    const name = this.SUBRULE(this.functionName);
    const args = this.SUBRULE(this.functionArguments);
    const alias = this.SUBRULE(this.tableAlias);
    return { kind: 'function', name, args, lateral: false, ...alias, position: this.spanFrom(start) };
  });

  protected readonly functionArguments: ParserMethod<[], FunctionArgument[]> = this.rule('functionArguments', () => {
    const args: FunctionArgument[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.functionArgument)) });
    this.CONSUME(t.RightParen);
    return args;
  });

  /** A table, a descriptor of columns or an expression; `NAME => ` may stand before. */
  protected readonly functionArgument: ParserMethod<[], FunctionArgument> = this.rule('functionArgument', () => {
    const start = this.LA(1);
    const parameter =
      this.OPTION({
        GATE: () => this.isNext(t.Arrow, 2),
        DEF: () => {
          const name = this.CONSUME(t.Identifier).image.toUpperCase();
          return this.take(t.Arrow, name);
        },
      }) ?? null;
    return this.OR<FunctionArgument>([
      {
        ALT: () => {
          this.CONSUME(kw.TABLE);
          const name = this.SUBRULE(this.name);
          const partitionBy = this.SUBRULE1(this.partitionBy);
          return { kind: 'table', parameter, name, partitionBy, position: this.spanFrom(start) };
        },
      },
      {
        GATE: () => this.opensQuery(0),
        ALT: () => {
          this.CONSUME(t.LeftParen);
          const query = this.SUBRULE(this.query);
          this.CONSUME(t.RightParen);
          const partitionBy = this.SUBRULE2(this.partitionBy);
          return { kind: 'query', parameter, query, partitionBy, position: this.spanFrom(start) };
        },
        IGNORE_AMBIGUITIES: true,
      },
      {
        GATE: () => this.isNext(t.LeftParen, 2),
        ALT: () => {
          this.CONSUME(kw.DESCRIPTOR);
          const columns = this.SUBRULE(this.identifierList);
          return { kind: 'descriptor', parameter, columns, position: this.spanFrom(start) };
        },
        IGNORE_AMBIGUITIES: true,
      },
      {
        ALT: () => {
          const expression = this.SUBRULE(this.expression);
          return { kind: 'expression', parameter, expression, position: this.spanFrom(start) };
        },
      },
    ]);
  });

  /** `PARTITION BY k`, `PARTITION BY (k, l)`. */
  protected readonly partitionBy: ParserMethod<[], SqlExpression[]> = this.rule(
    'partitionBy',
    () =>
      this.OPTION(() => {
        this.CONSUME(kw.PARTITION);
        this.CONSUME(kw.BY);
        // Without parentheses there is one column: a comma ends the argument.
        return [this.SUBRULE(this.expression)].flatMap((key) => (key.kind === 'row' ? key.args : [key]));
      }) ?? [],
  );

  protected readonly functionName: ParserMethod<[], Identifier> = this.rule('functionName', () =>
    identifierOf(this.CONSUME(t.FunctionName)),
  );

  protected readonly unnest: ParserMethod<[], FromItem> = this.rule('unnest', () => {
    const start = this.CONSUME(kw.UNNEST);
    this.CONSUME(t.LeftParen);
    const expression = this.SUBRULE(this.expression);
    this.CONSUME(t.RightParen);
    const ordinality =
      this.OPTION(() => {
        this.CONSUME(kw.WITH);
        return this.CONSUME(kw.ORDINALITY);
      }) !== undefined;
    const alias = this.SUBRULE(this.tableAlias);
    return { kind: 'unnest', expression, ordinality, ...alias, position: this.spanFrom(start) };
  });

  protected readonly matchRecognize: ParserMethod<[FromItem], FromItem> = this.rule('matchRecognize', (input) => {
    const start = this.CONSUME(kw.MATCH_RECOGNIZE);
    this.CONSUME(t.LeftParen);
    const match = this.SUBRULE(this.matchClauses);
    this.CONSUME(t.RightParen);
    const position = this.spanFrom(start);
    const alias = this.SUBRULE(this.tableAlias);
    return { kind: 'match_recognize', input, match, ...alias, position };
  });
}
