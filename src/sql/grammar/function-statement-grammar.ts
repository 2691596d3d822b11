/** CREATE FUNCTION and DROP FUNCTION. */
import type { ParserMethod } from 'chevrotain';
import type { Identifier } from '../ast.ts';
import type { FunctionScope, StatementBody } from '../statement.ts';
import { identifierOf, positionOf } from './base-grammar.ts';
import { QueryGrammar } from './query-grammar.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

export abstract class FunctionStatementGrammar extends QueryGrammar {
  protected abstract readonly ifNotExists: ParserMethod<[], boolean>;
  protected abstract readonly ifExists: ParserMethod<[], boolean>;

  /** Whether `[TEMPORARY [SYSTEM]] FUNCTION` comes next. */
  protected opensFunction(): boolean {
    return (
      this.isNext(kw.FUNCTION) ||
      (this.isNext(kw.TEMPORARY) && (this.isNext(kw.FUNCTION, 2) || this.isNext(kw.SYSTEM, 2)))
    );
  }

  protected readonly functionScope: ParserMethod<[], FunctionScope> = this.rule('functionScope', () => {
    let scope: FunctionScope = 'catalog';
    this.OPTION1(() => {
      scope = this.take(kw.TEMPORARY, 'temporary' as const);
      this.OPTION2(() => {
        scope = this.take(kw.SYSTEM, 'system' as const);
      });
    });
    this.CONSUME(kw.FUNCTION);
    return scope;
  });

  /** `CREATE TEMPORARY FUNCTION IF NOT EXISTS f AS './udf.ts#export' LANGUAGE TYPESCRIPT`. */
  protected readonly createFunction: ParserMethod<[], StatementBody> = this.rule('createFunction', () => {
    const scope = this.SUBRULE(this.functionScope);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.name);
    this.CONSUME(kw.AS);
    const at = positionOf(this.LA(1));
    const identifier = this.SUBRULE(this.string);
    const language = this.OPTION1(() => {
      this.CONSUME(kw.LANGUAGE);
      return this.SUBRULE(this.language);
    });
    const using = this.OPTION2(() => {
      const start = this.CONSUME(kw.USING);
      this.ACTION(() => this.skipToEnd());
      return positionOf(start);
    });
    const place = { text: identifier, position: at };
    return {
      kind: 'create_function',
      scope,
      ifNotExists,
      name,
      module: place,
      language: language ?? null,
      using: using ?? null,
    };
  });

  protected readonly language: ParserMethod<[], Identifier> = this.rule('language', () =>
    this.OR([
      { ALT: () => identifierOf(this.CONSUME(t.Identifier)) },
      { ALT: () => identifierOf(this.CONSUME(t.ReservedWord)) },
    ]),
  );

  protected readonly dropFunction: ParserMethod<[], StatementBody> = this.rule('dropFunction', () => {
    const scope = this.SUBRULE(this.functionScope);
    const ifExists = this.SUBRULE(this.ifExists);
    return { kind: 'drop_function', scope, ifExists, name: this.SUBRULE(this.name) };
  });

  /** Moves on to the end of the statement. */
  protected skipToEnd(): void {
    while (!Number.isNaN(this.LA(1).startOffset)) this.SKIP_TOKEN();
  }
}
