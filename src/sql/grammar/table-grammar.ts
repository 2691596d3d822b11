/** CREATE, DROP and what they are made of. */
import type { ParserMethod } from 'chevrotain';
import type { Position } from '../../model/errors.ts';
import type { Identifier, SqlExpression, SqlOption, SqlQuery, SqlType } from '../ast.ts';
import type {
  ColumnDefinition,
  ColumnKey,
  LikeClause,
  LikeOption,
  PrimaryKeyDefinition,
  StatementBody,
  WatermarkClause,
} from '../statement.ts';
import { positionOf } from './base-grammar.ts';
import { FunctionStatementGrammar } from './function-statement-grammar.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

type TableBody = Pick<Extract<StatementBody, { kind: 'create_table' }>, 'columns' | 'primaryKeys' | 'watermarks'>;
type TableElements = {
  columns: ColumnDefinition[];
  primaryKeys: PrimaryKeyDefinition[];
  watermarks: WatermarkClause[];
};
type ColumnTail = (name: Identifier, span: Position) => ColumnDefinition;
type Derived = Readonly<{ like: LikeClause | null; query: SqlQuery | null }> | StatementBody;

export abstract class TableGrammar extends FunctionStatementGrammar {
  protected readonly create: ParserMethod<[], StatementBody> = this.rule('create', () => {
    this.CONSUME(kw.CREATE);
    return this.OR<StatementBody>([
      { GATE: () => this.opensFunction(), ALT: () => this.SUBRULE(this.createFunction), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.createCatalog) },
      { ALT: () => this.SUBRULE(this.createDatabase) },
      {
        GATE: () => this.isNext(kw.TABLE) || this.isNext(kw.TABLE, 2),
        ALT: () => this.SUBRULE(this.createTable),
        IGNORE_AMBIGUITIES: true,
      },
      {
        GATE: () => this.isNext(kw.VIEW) || this.isNext(kw.VIEW, 2),
        ALT: () => this.SUBRULE(this.createView),
        IGNORE_AMBIGUITIES: true,
      },
      {
        GATE: () => this.isNext(kw.OR) && this.isNext(kw.TABLE, 3),
        ALT: () => {
          this.CONSUME(kw.OR);
          const table = this.SUBRULE(this.replaceTable);
          return this.ACTION(() => (table.kind === 'create_table' ? { ...table, replace: 'any' } : table));
        },
        IGNORE_AMBIGUITIES: true,
      },
      { ALT: () => this.SUBRULE(this.otherCreate) },
    ]);
  });

  /** `[CREATE OR] REPLACE TABLE … AS SELECT`. */
  protected readonly replaceTable: ParserMethod<[], StatementBody> = this.rule('replaceTable', () => {
    this.CONSUME(kw.REPLACE);
    const table = this.SUBRULE(this.createTable);
    return this.ACTION(() => (table.kind === 'create_table' ? { ...table, replace: 'existing' } : table));
  });

  /** CREATE [OR REPLACE | TEMPORARY] MODEL, …: read to the end, refused when executed. */
  protected readonly otherCreate: ParserMethod<[], StatementBody> = this.rule('otherCreate', () => {
    const start = this.LA(1);
    const temporary = this.OPTION(() => this.take(kw.TEMPORARY, 'TEMPORARY '));
    const what = this.OR<string>([
      { ALT: () => this.take(kw.MODEL, 'MODEL') },
      { ALT: () => this.take(kw.OR, 'OR REPLACE') },
      { ALT: () => this.take(kw.MATERIALIZED, 'MATERIALIZED TABLE') },
      { ALT: () => this.take(kw.CONNECTION, 'CONNECTION') },
    ]);
    this.ACTION(() => this.skipToEnd());
    return { kind: 'unsupported', feature: `CREATE ${temporary ?? ''}${what}`, place: positionOf(start) };
  });

  protected override readonly ifNotExists: ParserMethod<[], boolean> = this.rule(
    'ifNotExists',
    () =>
      this.OPTION({
        GATE: () => this.isNext(kw.NOT, 2),
        DEF: () => {
          this.CONSUME(kw.IF);
          this.CONSUME(kw.NOT);
          return this.take(kw.EXISTS, true);
        },
      }) ?? false,
  );

  protected override readonly ifExists: ParserMethod<[], boolean> = this.rule(
    'ifExists',
    () =>
      this.OPTION({
        GATE: () => this.isNext(kw.EXISTS, 2),
        DEF: () => {
          this.CONSUME(kw.IF);
          return this.take(kw.EXISTS, true);
        },
      }) ?? false,
  );

  protected readonly temporary: ParserMethod<[], boolean> = this.rule(
    'temporary',
    () => this.OPTION(() => this.take(kw.TEMPORARY, true)) ?? false,
  );

  protected readonly withOptions: ParserMethod<[], SqlOption[]> = this.rule('withOptions', () => {
    this.CONSUME(kw.WITH);
    return this.SUBRULE(this.optionList);
  });

  protected readonly comment: ParserMethod<[], string | null> = this.rule(
    'comment',
    () =>
      this.OPTION(() => {
        this.CONSUME(kw.COMMENT);
        return this.SUBRULE(this.string);
      }) ?? null,
  );

  protected readonly createCatalog: ParserMethod<[], StatementBody> = this.rule('createCatalog', () => {
    this.CONSUME(kw.CATALOG);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.identifier);
    this.SUBRULE(this.comment);
    const options = this.OPTION(() => this.SUBRULE(this.withOptions)) ?? [];
    return { kind: 'create_catalog', name, ifNotExists, options };
  });

  protected readonly createDatabase: ParserMethod<[], StatementBody> = this.rule('createDatabase', () => {
    this.CONSUME(kw.DATABASE);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.name);
    this.SUBRULE(this.comment);
    const options = this.OPTION(() => this.SUBRULE(this.withOptions)) ?? [];
    return { kind: 'create_database', name, ifNotExists, options };
  });

  protected readonly createView: ParserMethod<[], StatementBody> = this.rule('createView', () => {
    const temporary = this.SUBRULE(this.temporary);
    this.CONSUME(kw.VIEW);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.name);
    const columns = this.OPTION(() => this.SUBRULE(this.identifierList)) ?? null;
    this.SUBRULE(this.comment);
    this.CONSUME(kw.AS);
    const query = this.SUBRULE(this.query);
    return { kind: 'create_view', name, temporary, ifNotExists, columns, query };
  });

  protected readonly createTable: ParserMethod<[], StatementBody> = this.rule('createTable', () => {
    const temporary = this.SUBRULE(this.temporary);
    this.CONSUME(kw.TABLE);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.name);
    const body: TableBody = this.OPTION1(() => this.SUBRULE(this.tableBody)) ?? noElements;
    const comment = this.SUBRULE(this.comment);
    const partitionedBy =
      this.OPTION2(() => {
        this.CONSUME(kw.PARTITIONED);
        this.CONSUME(kw.BY);
        return this.SUBRULE(this.identifierList);
      }) ?? [];
    const options = this.OPTION3(() => this.SUBRULE(this.withOptions)) ?? [];
    const derived = this.OPTION4(() => this.SUBRULE(this.derivedTable)) ?? { like: null, query: null };
    if ('kind' in derived) return derived;
    const table = { name, temporary, ifNotExists, ...body, comment, partitionedBy, options };
    return { kind: 'create_table', ...table, ...derived, replace: null };
  });

  protected readonly derivedTable: ParserMethod<[], Derived> = this.rule('derivedTable', () =>
    this.OR<Derived>([
      { ALT: () => ({ like: this.SUBRULE(this.likeClause), query: null }) },
      {
        ALT: () => {
          this.CONSUME(kw.AS);
          return { like: null, query: this.SUBRULE(this.query) };
        },
      },
      { ALT: () => this.SUBRULE(this.distributed) },
    ]),
  );

  /** DISTRIBUTED BY …: what follows is not looked into. */
  protected readonly distributed: ParserMethod<[], StatementBody> = this.rule('distributed', () => {
    const place = positionOf(this.CONSUME(kw.DISTRIBUTED));
    this.ACTION(() => this.skipToEnd());
    return { kind: 'unsupported', feature: 'CREATE TABLE … DISTRIBUTED BY', place };
  });

  /** `LIKE t (INCLUDING ALL EXCLUDING OPTIONS)`. */
  protected readonly likeClause: ParserMethod<[], LikeClause> = this.rule('likeClause', () => {
    this.CONSUME(kw.LIKE);
    const source = this.SUBRULE(this.name);
    const options: LikeOption[] = [];
    this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      this.MANY(() => options.push(this.SUBRULE(this.likeOption)));
      this.CONSUME(t.RightParen);
    });
    return { source, options };
  });

  protected readonly likeOption: ParserMethod<[], LikeOption> = this.rule('likeOption', () => {
    const start = this.LA(1);
    const strategy = this.OR1<LikeOption['strategy']>([
      { ALT: () => this.take(kw.INCLUDING, 'INCLUDING') },
      { ALT: () => this.take(kw.EXCLUDING, 'EXCLUDING') },
      { ALT: () => this.take(kw.OVERWRITING, 'OVERWRITING') },
    ]);
    const feature = this.OR2<LikeOption['feature']>([
      { ALT: () => this.take(kw.ALL, 'ALL') },
      { ALT: () => this.take(kw.CONSTRAINTS, 'CONSTRAINTS') },
      { ALT: () => this.take(kw.DISTRIBUTION, 'DISTRIBUTION') },
      { ALT: () => this.take(kw.GENERATED, 'GENERATED') },
      { ALT: () => this.take(kw.METADATA, 'METADATA') },
      { ALT: () => this.take(kw.OPTIONS, 'OPTIONS') },
      { ALT: () => this.take(kw.PARTITIONS, 'PARTITIONS') },
      { ALT: () => this.take(kw.WATERMARKS, 'WATERMARKS') },
    ]);
    return { strategy, feature, position: this.spanFrom(start) };
  });

  protected readonly tableBody: ParserMethod<[], TableBody> = this.rule('tableBody', () => {
    const elements: TableElements = { columns: [], primaryKeys: [], watermarks: [] };
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.tableElement, { ARGS: [elements] }) });
    this.CONSUME(t.RightParen);
    return elements;
  });

  protected readonly tableElement: ParserMethod<[TableElements?], void> = this.rule(
    'tableElement',
    ({ columns, primaryKeys, watermarks } = { columns: [], primaryKeys: [], watermarks: [] }) => {
      this.OR([
        { ALT: () => primaryKeys.push(this.SUBRULE(this.primaryKey)) },
        { ALT: () => watermarks.push(this.SUBRULE(this.watermark)) },
        { ALT: () => columns.push(this.SUBRULE(this.column)) },
      ]);
    },
  );

  protected readonly primaryKey: ParserMethod<[], PrimaryKeyDefinition> = this.rule('primaryKey', () => {
    const start = this.LA(1);
    this.OPTION1(() => {
      this.CONSUME(kw.CONSTRAINT);
      this.SUBRULE(this.identifier);
    });
    this.CONSUME(kw.PRIMARY);
    this.CONSUME(kw.KEY);
    const columns = this.SUBRULE(this.identifierList);
    const enforced = this.SUBRULE(this.enforcement);
    return { columns, enforced, position: this.spanFrom(start) };
  });

  protected readonly enforcement: ParserMethod<[], boolean> = this.rule('enforcement', () => {
    let enforced = true;
    this.OPTION1(() => {
      this.OPTION2(() => {
        this.CONSUME(kw.NOT);
        enforced = false;
      });
      this.CONSUME(kw.ENFORCED);
    });
    return enforced;
  });

  protected readonly watermark: ParserMethod<[], WatermarkClause> = this.rule('watermark', () => {
    const start = this.CONSUME(kw.WATERMARK);
    this.CONSUME(kw.FOR);
    const column = this.SUBRULE(this.name);
    this.CONSUME(kw.AS);
    const expression: SqlExpression = this.SUBRULE(this.expression);
    return { column, expression, position: this.spanFrom(start) };
  });

  protected readonly column: ParserMethod<[], ColumnDefinition> = this.rule('column', () => {
    const start = this.LA(1);
    const name = this.SUBRULE(this.identifier);
    const tail = this.OR<ColumnTail>([
      { ALT: () => this.SUBRULE(this.computedColumn) },
      { ALT: () => this.SUBRULE(this.typedColumn) },
    ]);
    const comment = this.SUBRULE(this.comment);
    const span = this.spanFrom(start);
    return this.ACTION(() => ({ ...tail(name, span), comment }));
  });

  protected readonly computedColumn: ParserMethod<[], ColumnTail> = this.rule('computedColumn', () => {
    this.CONSUME(kw.AS);
    const expression = this.SUBRULE(this.expression);
    return (name, span) => ({ kind: 'computed', name, expression, comment: null, span });
  });

  protected readonly typedColumn: ParserMethod<[], ColumnTail> = this.rule('typedColumn', () => {
    const type: SqlType = this.SUBRULE(this.columnType);
    return this.OR<ColumnTail>([
      { ALT: () => this.SUBRULE(this.metadata, { ARGS: [type] }) },
      {
        ALT: () => {
          const primaryKey = this.OPTION(() => this.SUBRULE(this.columnKey)) ?? null;
          return (name, span) => ({ kind: 'physical', name, type, primaryKey, comment: null, span });
        },
      },
    ]);
  });

  protected readonly columnKey: ParserMethod<[], ColumnKey> = this.rule('columnKey', () => {
    const start = this.CONSUME(kw.PRIMARY);
    this.CONSUME(kw.KEY);
    const enforced = this.SUBRULE(this.enforcement);
    return { enforced, position: this.spanFrom(start) };
  });

  protected readonly metadata: ParserMethod<[SqlType], ColumnTail> = this.rule('metadata', (type) => {
    const start = this.CONSUME(kw.METADATA);
    const key = this.OPTION1(() => {
      this.CONSUME(kw.FROM);
      return this.SUBRULE(this.string);
    });
    const virtual = this.OPTION2(() => this.take(kw.VIRTUAL, true)) ?? false;
    const position = this.spanFrom(start);
    return (name, span) => ({ kind: 'metadata', name, type, key: key ?? null, virtual, position, comment: null, span });
  });

  protected readonly drop: ParserMethod<[], StatementBody> = this.rule('drop', () => {
    this.CONSUME(kw.DROP);
    return this.OR<StatementBody>([
      { GATE: () => this.opensFunction(), ALT: () => this.SUBRULE(this.dropFunction), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.dropCatalog) },
      { ALT: () => this.SUBRULE(this.dropDatabase) },
      { ALT: () => this.SUBRULE(this.dropTable) },
      { ALT: () => this.SUBRULE(this.otherDrop) },
    ]);
  });

  protected readonly otherDrop: ParserMethod<[], StatementBody> = this.rule('otherDrop', () => {
    const start = this.LA(1);
    const what = this.OR<string>([
      { ALT: () => this.take(kw.MODEL, 'MODEL') },
      { ALT: () => this.take(kw.MATERIALIZED, 'MATERIALIZED TABLE') },
      { ALT: () => this.take(kw.CONNECTION, 'CONNECTION') },
    ]);
    this.ACTION(() => this.skipToEnd());
    return { kind: 'unsupported', feature: `DROP ${what}`, place: positionOf(start) };
  });

  protected readonly dropCatalog: ParserMethod<[], StatementBody> = this.rule('dropCatalog', () => {
    this.CONSUME(kw.CATALOG);
    const ifExists = this.SUBRULE(this.ifExists);
    return { kind: 'drop_catalog', ifExists, name: this.SUBRULE(this.identifier) };
  });

  protected readonly dropDatabase: ParserMethod<[], StatementBody> = this.rule('dropDatabase', () => {
    this.CONSUME(kw.DATABASE);
    const ifExists = this.SUBRULE(this.ifExists);
    const name = this.SUBRULE(this.name);
    const cascade =
      this.OPTION(() =>
        this.OR([{ ALT: () => this.take(kw.CASCADE, true) }, { ALT: () => this.take(kw.RESTRICT, false) }]),
      ) ?? false;
    return { kind: 'drop_database', name, ifExists, cascade };
  });

  protected readonly dropTable: ParserMethod<[], StatementBody> = this.rule('dropTable', () => {
    const temporary = this.SUBRULE(this.temporary);
    const kind = this.OR<'drop_table' | 'drop_view'>([
      { ALT: () => this.take(kw.TABLE, 'drop_table' as const) },
      { ALT: () => this.take(kw.VIEW, 'drop_view' as const) },
    ]);
    const ifExists = this.SUBRULE(this.ifExists);
    return { kind, temporary, ifExists, name: this.SUBRULE(this.name) };
  });
}

const noElements: TableBody = { columns: [], primaryKeys: [], watermarks: [] };
