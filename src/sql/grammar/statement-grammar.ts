/** Statements: the top layer of the grammar, and the one parser. */
import type { ParserMethod } from 'chevrotain';
import type { Identifier, SqlExpression, SqlType } from '../ast.ts';
import type { ExplainDetail, InsertBody, ShowTarget, StatementBody, UnsupportedClause } from '../statement.ts';
import { AlterGrammar } from './alter-grammar.ts';
import { positionOf } from './base-grammar.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

type ShowBody = Extract<StatementBody, { kind: 'show' }>;

export class StatementGrammar extends AlterGrammar {
  constructor(options: Readonly<{ validate: boolean }>) {
    super(options);
    this.performSelfAnalysis();
  }

  readonly statement: ParserMethod<[], StatementBody> = this.rule('statement', () =>
    this.OR<StatementBody>([
      { ALT: () => this.SUBRULE(this.create) },
      { ALT: () => this.SUBRULE(this.replaceTable) },
      { ALT: () => this.SUBRULE(this.alter) },
      { ALT: () => this.SUBRULE(this.drop) },
      { ALT: () => this.SUBRULE(this.use) },
      { ALT: () => this.SUBRULE(this.setSetting) },
      { ALT: () => this.SUBRULE(this.resetSetting) },
      { ALT: () => this.SUBRULE(this.show) },
      { ALT: () => this.SUBRULE(this.describe) },
      { ALT: () => this.SUBRULE(this.explain) },
      { ALT: () => this.SUBRULE(this.insert) },
      { ALT: () => this.SUBRULE(this.executeStatementSet) },
      { ALT: () => this.SUBRULE(this.beginStatementSet) },
      { ALT: () => ({ kind: 'query', query: this.SUBRULE(this.query) }) },
      { ALT: () => this.SUBRULE(this.unsupported) },
    ]),
  );

  /** A type on its own: those of user functions. */
  readonly typeText: ParserMethod<[], SqlType> = this.rule('typeText', () => this.SUBRULE(this.columnType));

  protected readonly use: ParserMethod<[], StatementBody> = this.rule('use', () => {
    const start = this.CONSUME(kw.USE);
    return this.OR<StatementBody>([
      {
        GATE: () => this.isNext(t.Identifier, 2),
        ALT: () => {
          this.CONSUME(kw.CATALOG);
          return { kind: 'use_catalog', name: this.SUBRULE(this.identifier) };
        },
        IGNORE_AMBIGUITIES: true,
      },
      {
        ALT: () => {
          this.CONSUME(kw.MODULES);
          this.ACTION(() => this.skipToEnd());
          return { kind: 'unsupported', feature: 'USE MODULES', place: positionOf(start) };
        },
      },
      { ALT: () => ({ kind: 'use_database', name: this.SUBRULE(this.name) }) },
    ]);
  });

  protected readonly setSetting: ParserMethod<[], StatementBody> = this.rule('setSetting', () => {
    this.CONSUME(kw.SET);
    const pair = this.OPTION(() => {
      const key = this.SUBRULE1(this.string);
      this.CONSUME(t.Equals);
      return { key, value: this.SUBRULE2(this.string) };
    });
    return { kind: 'set', ...(pair ?? { key: null, value: '' }) };
  });

  protected readonly resetSetting: ParserMethod<[], StatementBody> = this.rule('resetSetting', () => {
    this.CONSUME(kw.RESET);
    return { kind: 'reset', key: this.OPTION(() => this.SUBRULE(this.string)) ?? null };
  });

  protected readonly show: ParserMethod<[], StatementBody> = this.rule('show', () => {
    this.CONSUME(kw.SHOW);
    return this.OR<StatementBody>([
      { ALT: () => this.SUBRULE(this.showList) },
      { ALT: () => this.SUBRULE(this.otherShow) },
      {
        ALT: () => {
          this.CONSUME(kw.CURRENT);
          return showOf(
            this.OR1<ShowTarget>([
              { ALT: () => this.take(kw.CATALOG, 'current_catalog' as const) },
              { ALT: () => this.take(kw.DATABASE, 'current_database' as const) },
            ]),
          );
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.CREATE);
          const target = this.OR2<ShowTarget>([
            { ALT: () => this.take(kw.TABLE, 'create_table' as const) },
            { ALT: () => this.take(kw.VIEW, 'create_view' as const) },
          ]);
          return { ...showOf(target), name: this.SUBRULE(this.name) };
        },
      },
    ]);
  });

  protected readonly otherShow: ParserMethod<[], StatementBody> = this.rule('otherShow', () => {
    const start = this.LA(1);
    const what = this.OR<string>([
      { ALT: () => this.take(kw.MODULES, 'MODULES') },
      { ALT: () => this.take(kw.FULL, 'FULL MODULES') },
      { ALT: () => this.take(kw.JARS, 'JARS') },
      { ALT: () => this.take(kw.COLUMNS, 'COLUMNS') },
    ]);
    this.ACTION(() => this.skipToEnd());
    return { kind: 'unsupported', feature: `SHOW ${what}`, place: positionOf(start) };
  });

  /** `SHOW TABLES [FROM db] [[NOT] LIKE 'pattern']`. */
  protected readonly showList: ParserMethod<[], ShowBody> = this.rule('showList', () => {
    const target = this.OR<ShowTarget>([
      { ALT: () => this.take(kw.TABLES, 'tables' as const) },
      { ALT: () => this.take(kw.VIEWS, 'views' as const) },
      { ALT: () => this.take(kw.CATALOGS, 'catalogs' as const) },
      { ALT: () => this.take(kw.DATABASES, 'databases' as const) },
      { ALT: () => this.take(kw.FUNCTIONS, 'functions' as const) },
      {
        ALT: () => {
          this.CONSUME(kw.USER);
          this.CONSUME2(kw.FUNCTIONS);
          return 'user_functions';
        },
      },
    ]);
    const name = this.OPTION1(() => {
      this.OR1([{ ALT: () => this.CONSUME(kw.FROM) }, { ALT: () => this.CONSUME(kw.IN) }]);
      return this.SUBRULE(this.name);
    });
    let negated = false;
    const like = this.OPTION2(() => {
      negated = this.OPTION3(() => this.take(kw.NOT, true)) ?? false;
      this.CONSUME(kw.LIKE);
      return this.SUBRULE(this.string);
    });
    return { ...showOf(target), name: name ?? null, like: like ?? null, negated };
  });

  protected readonly describe: ParserMethod<[], StatementBody> = this.rule('describe', () => {
    this.OR([{ ALT: () => this.CONSUME(kw.DESCRIBE) }, { ALT: () => this.CONSUME(kw.DESC) }]);
    this.OPTION(() => this.CONSUME(kw.EXTENDED));
    return { kind: 'describe', name: this.SUBRULE(this.name) };
  });

  protected readonly explain: ParserMethod<[], StatementBody> = this.rule('explain', () => {
    this.CONSUME(kw.EXPLAIN);
    const details = this.OPTION(() =>
      this.OR1<readonly ExplainDetail[]>([
        {
          ALT: () => {
            this.CONSUME(kw.PLAN);
            this.CONSUME(kw.FOR);
            return [];
          },
        },
        { ALT: () => this.SUBRULE(this.explainDetails) },
      ]),
    );
    const body = this.OR2<StatementBody>([
      { ALT: () => this.SUBRULE(this.insert) },
      { ALT: () => this.SUBRULE(this.executeStatementSet) },
      { ALT: () => this.SUBRULE(this.explainedSet) },
      { ALT: () => ({ kind: 'query', query: this.SUBRULE(this.query) }) },
    ]);
    return { kind: 'explain', body, details: details ?? [] };
  });

  protected readonly explainDetails: ParserMethod<[], ExplainDetail[]> = this.rule('explainDetails', () => {
    const details: ExplainDetail[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => details.push(this.SUBRULE(this.explainDetail)) });
    return details;
  });

  protected readonly explainDetail: ParserMethod<[], ExplainDetail> = this.rule('explainDetail', () =>
    this.OR<ExplainDetail>([
      { ALT: () => this.take(kw.ESTIMATED_COST, 'ESTIMATED_COST') },
      { ALT: () => this.take(kw.CHANGELOG_MODE, 'CHANGELOG_MODE') },
      { ALT: () => this.take(kw.JSON_EXECUTION_PLAN, 'JSON_EXECUTION_PLAN') },
      { ALT: () => this.take(kw.PLAN_ADVICE, 'PLAN_ADVICE') },
    ]),
  );

  /** `EXPLAIN STATEMENT SET BEGIN …; END`. */
  protected readonly explainedSet: ParserMethod<[], StatementBody> = this.rule('explainedSet', () => {
    this.CONSUME(kw.STATEMENT);
    this.CONSUME(kw.SET);
    this.CONSUME(kw.BEGIN);
    return this.SUBRULE(this.statementSetBody);
  });

  protected readonly insert: ParserMethod<[], InsertBody> = this.rule('insert', () => {
    this.CONSUME(kw.INSERT);
    const unsupported: UnsupportedClause[] = [];
    this.OR([
      { ALT: () => this.CONSUME(kw.INTO) },
      { ALT: () => unsupported.push({ feature: 'INSERT OVERWRITE', place: positionOf(this.CONSUME(kw.OVERWRITE)) }) },
    ]);
    const target = this.SUBRULE(this.name);
    const partition = this.OPTION1(() => this.SUBRULE(this.partition)) ?? [];
    const columns =
      this.OPTION2({
        GATE: () => !this.opensQuery(0),
        DEF: () => this.SUBRULE(this.identifierList),
      }) ?? null;
    const query = this.SUBRULE(this.query);
    this.OPTION3(() => {
      const clause = this.SUBRULE(this.onConflict);
      if (clause !== null) unsupported.push(clause);
    });
    return { kind: 'insert', target, columns, partition, query, unsupported: unsupported[0] ?? null };
  });

  /** What becomes of rows with equal keys. DEDUPLICATE is what is done anyway: a table's rows are brought to one for each key. */
  protected readonly onConflict: ParserMethod<[], UnsupportedClause | null> = this.rule('onConflict', () => {
    const start = this.CONSUME(kw.ON);
    this.CONSUME(kw.CONFLICT);
    this.CONSUME(kw.DO);
    const feature = this.OR([
      { ALT: () => this.take(kw.DEDUPLICATE, null) },
      { ALT: () => this.take(kw.NOTHING, 'ON CONFLICT DO NOTHING') },
      { ALT: () => this.take(kw.ERROR, 'ON CONFLICT DO ERROR') },
    ]);
    return feature === null ? null : { feature, place: this.spanFrom(start) };
  });

  /** `PARTITION (day = '2020-01-31', hour = 5)` */
  protected readonly partition: ParserMethod<[], InsertBody['partition']> = this.rule('partition', () => {
    const values: { column: Identifier; value: SqlExpression }[] = [];
    this.CONSUME(kw.PARTITION);
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const column = this.SUBRULE(this.identifier);
        this.CONSUME(t.Equals);
        values.push({ column, value: this.SUBRULE(this.literal) });
      },
    });
    this.CONSUME(t.RightParen);
    return values;
  });

  protected readonly executeStatementSet: ParserMethod<[], StatementBody> = this.rule('executeStatementSet', () => {
    this.CONSUME(kw.EXECUTE);
    this.CONSUME(kw.STATEMENT);
    this.CONSUME(kw.SET);
    this.CONSUME(kw.BEGIN);
    return this.SUBRULE(this.statementSetBody);
  });

  protected readonly beginStatementSet: ParserMethod<[], StatementBody> = this.rule('beginStatementSet', () => {
    this.CONSUME(kw.BEGIN);
    this.CONSUME(kw.STATEMENT);
    this.CONSUME(kw.SET);
    this.CONSUME(t.Semicolon);
    return this.SUBRULE(this.statementSetBody);
  });

  protected readonly statementSetBody: ParserMethod<[], StatementBody> = this.rule('statementSetBody', () => {
    const inserts: InsertBody[] = [];
    this.AT_LEAST_ONE(() => {
      inserts.push(this.SUBRULE(this.insert));
      this.CONSUME(t.Semicolon);
    });
    this.CONSUME(kw.END);
    return { kind: 'statement_set', inserts };
  });

  /** Statements of Flink SQL that begin with a word of their own: read to the end, refused when executed. */
  protected readonly unsupported: ParserMethod<[], StatementBody> = this.rule('unsupported', () => {
    const start = this.OR([
      { ALT: () => this.CONSUME(kw.ANALYZE) },
      { ALT: () => this.CONSUME(kw.UPDATE) },
      { ALT: () => this.CONSUME(kw.DELETE) },
      { ALT: () => this.CONSUME(kw.TRUNCATE) },
      { ALT: () => this.CONSUME(kw.CALL) },
      { ALT: () => this.CONSUME(kw.LOAD) },
      { ALT: () => this.CONSUME(kw.UNLOAD) },
      { ALT: () => this.CONSUME(kw.ADD) },
      { ALT: () => this.CONSUME(kw.COMPILE) },
      { ALT: () => this.CONSUME(kw.STOP) },
      { ALT: () => this.CONSUME(kw.MERGE) },
    ]);
    const { tokenType } = start;
    const second = tokenType === kw.UPDATE || tokenType === kw.CALL ? '' : this.LA(1).image; // no name of the user's
    this.ACTION(() => this.skipToEnd());
    const feature = this.ACTION(() =>
      [start.image, second]
        .filter((word) => /^\w+$/.test(word))
        .join(' ')
        .toUpperCase(),
    );
    return { kind: 'unsupported', feature, place: positionOf(start) };
  });
}

function showOf(target: ShowTarget): ShowBody {
  return { kind: 'show', target, name: null, like: null, negated: false };
}
