/** ALTER TABLE and ALTER VIEW. */
import type { ParserMethod } from 'chevrotain';
import type { Identifier } from '../ast.ts';
import type { AlterAction, AlterElement, StatementBody, UnsupportedClause, ViewAction } from '../statement.ts';
import { positionOf } from './base-grammar.ts';
import { TableGrammar } from './table-grammar.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

type Refused = UnsupportedClause & Readonly<{ kind: 'unsupported' }>;

export abstract class AlterGrammar extends TableGrammar {
  protected readonly alter: ParserMethod<[], StatementBody> = this.rule('alter', () => {
    this.CONSUME(kw.ALTER);
    return this.OR<StatementBody>([
      { ALT: () => this.SUBRULE(this.alterTable) },
      { ALT: () => this.SUBRULE(this.alterView) },
      { ALT: () => this.SUBRULE(this.otherAlter) },
    ]);
  });

  /** ALTER DATABASE, FUNCTION, …: read to the end, refused when executed. */
  protected readonly otherAlter: ParserMethod<[], StatementBody> = this.rule('otherAlter', () => {
    const start = this.LA(1);
    const what = this.OR<string>([
      { ALT: () => this.take(kw.DATABASE, 'DATABASE') },
      { ALT: () => this.take(kw.CATALOG, 'CATALOG') },
      { ALT: () => this.take(kw.FUNCTION, 'FUNCTION') },
      { ALT: () => this.take(kw.TEMPORARY, 'TEMPORARY FUNCTION') },
      { ALT: () => this.take(kw.MODEL, 'MODEL') },
      { ALT: () => this.take(kw.MATERIALIZED, 'MATERIALIZED TABLE') },
      { ALT: () => this.take(kw.CONNECTION, 'CONNECTION') },
    ]);
    this.ACTION(() => this.skipToEnd());
    return { kind: 'unsupported', feature: `ALTER ${what}`, place: positionOf(start) };
  });

  protected readonly alterView: ParserMethod<[], StatementBody> = this.rule('alterView', () => {
    this.CONSUME(kw.VIEW);
    const name = this.SUBRULE1(this.name);
    const action = this.OR<ViewAction>([
      {
        ALT: () => {
          this.CONSUME(kw.RENAME);
          this.CONSUME(kw.TO);
          return { kind: 'rename', to: this.SUBRULE2(this.name) };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.AS);
          return { kind: 'as', query: this.SUBRULE(this.query) };
        },
      },
    ]);
    return { kind: 'alter_view', name, action };
  });

  protected readonly alterTable: ParserMethod<[], StatementBody> = this.rule('alterTable', () => {
    this.CONSUME(kw.TABLE);
    const ifExists = this.SUBRULE(this.ifExists);
    const name = this.SUBRULE(this.name);
    const action = this.OR<AlterAction | Refused>([
      { ALT: () => this.SUBRULE(this.renameAction) },
      { ALT: () => this.SUBRULE(this.setAction) },
      { ALT: () => this.SUBRULE(this.resetAction) },
      { ALT: () => this.SUBRULE(this.addAction) },
      { ALT: () => this.SUBRULE(this.modifyAction) },
      { ALT: () => this.SUBRULE(this.dropAction) },
    ]);
    return action.kind === 'unsupported' ? action : { kind: 'alter_table', name, ifExists, action };
  });

  protected readonly renameAction: ParserMethod<[], AlterAction> = this.rule('renameAction', () => {
    this.CONSUME(kw.RENAME);
    return this.OR<AlterAction>([
      {
        ALT: () => {
          this.CONSUME1(kw.TO);
          return { kind: 'rename', to: this.SUBRULE(this.name) };
        },
      },
      {
        ALT: () => {
          const from = this.SUBRULE1(this.identifier);
          this.CONSUME2(kw.TO);
          return { kind: 'rename_column', from, to: this.SUBRULE2(this.identifier) };
        },
      },
    ]);
  });

  protected readonly setAction: ParserMethod<[], AlterAction> = this.rule('setAction', () => {
    this.CONSUME(kw.SET);
    return { kind: 'set', options: this.SUBRULE(this.optionList) };
  });

  protected readonly resetAction: ParserMethod<[], AlterAction> = this.rule('resetAction', () => {
    const keys: string[] = [];
    this.CONSUME(kw.RESET);
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => keys.push(this.SUBRULE(this.string)) });
    this.CONSUME(t.RightParen);
    return { kind: 'reset', keys };
  });

  protected readonly addAction: ParserMethod<[], AlterAction | Refused> = this.rule('addAction', () => {
    this.CONSUME(kw.ADD);
    return this.OR<AlterAction | Refused>([
      { ALT: () => this.SUBRULE(this.partitionAction) },
      { ALT: () => ({ kind: 'add', elements: this.SUBRULE(this.alterElements) }) },
    ]);
  });

  protected readonly modifyAction: ParserMethod<[], AlterAction | Refused> = this.rule('modifyAction', () => {
    this.CONSUME(kw.MODIFY);
    return { kind: 'modify', elements: this.SUBRULE(this.alterElements) };
  });

  /** ADD PARTITION, DROP PARTITION. */
  protected readonly partitionAction: ParserMethod<[], Refused> = this.rule('partitionAction', () => {
    const place = positionOf(this.CONSUME(kw.PARTITION));
    this.ACTION(() => this.skipToEnd());
    return { kind: 'unsupported', feature: 'ALTER TABLE … PARTITION', place };
  });

  /** One, or several in parentheses. */
  protected readonly alterElements: ParserMethod<[], AlterElement[]> = this.rule('alterElements', () => {
    const elements: AlterElement[] = [];
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.LeftParen);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => elements.push(this.SUBRULE1(this.alterElement)) });
          this.CONSUME(t.RightParen);
        },
      },
      {
        ALT: () => {
          this.OPTION(() => this.CONSUME(kw.COLUMN));
          elements.push(this.SUBRULE2(this.alterElement));
        },
      },
    ]);
    return elements;
  });

  protected readonly alterElement: ParserMethod<[], AlterElement> = this.rule('alterElement', () =>
    this.OR<AlterElement>([
      { ALT: () => ({ kind: 'primary_key', key: this.SUBRULE(this.primaryKey) }) },
      { ALT: () => ({ kind: 'watermark', watermark: this.SUBRULE(this.watermark) }) },
      {
        ALT: () => {
          const column = this.SUBRULE(this.column);
          return { kind: 'column', column, place: this.SUBRULE(this.columnPlace) };
        },
      },
    ]),
  );

  protected readonly columnPlace: ParserMethod<[], 'first' | Identifier | null> = this.rule(
    'columnPlace',
    () =>
      this.OPTION(() =>
        this.OR<'first' | Identifier>([
          { ALT: () => this.take(kw.FIRST, 'first' as const) },
          {
            ALT: () => {
              this.CONSUME(kw.AFTER);
              return this.SUBRULE(this.identifier);
            },
          },
        ]),
      ) ?? null,
  );

  protected readonly dropAction: ParserMethod<[], AlterAction | Refused> = this.rule('dropAction', () => {
    this.CONSUME(kw.DROP);
    return this.OR<AlterAction | Refused>([
      { ALT: () => this.SUBRULE(this.partitionAction) },
      {
        ALT: () => {
          this.CONSUME(kw.PRIMARY);
          this.CONSUME(kw.KEY);
          return { kind: 'drop_primary_key' };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.CONSTRAINT);
          this.SUBRULE1(this.identifier);
          return { kind: 'drop_primary_key' };
        },
      },
      { ALT: () => this.take(kw.WATERMARK, { kind: 'drop_watermark' } as const) },
      { ALT: () => ({ kind: 'drop_columns', columns: this.SUBRULE(this.identifierList) }) },
      {
        ALT: () => {
          this.OPTION(() => this.CONSUME(kw.COLUMN));
          return { kind: 'drop_columns', columns: [this.SUBRULE2(this.identifier)] };
        },
      },
    ]);
  });
}
