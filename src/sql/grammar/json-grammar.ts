/**
 * The JSON functions, which name their arguments. They become calls: what to do is a string literal, a type is a NULL of it:
 * `JSON_VALUE(json, path, CAST(NULL AS INT), 'DEFAULT', 0, 'ERROR', NULL)`.
 */
import type { IToken, ParserMethod } from 'chevrotain';
import type { SqlCall, SqlExpression, SqlType } from '../ast.ts';
import { positionOf } from './base-grammar.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';
import { TypeGrammar } from './type-grammar.ts';

type Behaviour = Readonly<{ on: 'EMPTY' | 'ERROR'; what: string; value: SqlExpression | null }>;

export abstract class JsonGrammar extends TypeGrammar {
  /** With the binding power that an operator needs at least to be taken (expression-grammar.ts). */
  protected abstract readonly expression: ParserMethod<[number?], SqlExpression>;
  protected abstract readonly filterClause: ParserMethod<[], SqlExpression>;

  /** `JSON_EXISTS(json, path [TRUE ON ERROR])`. */
  protected readonly jsonExists: ParserMethod<[], SqlExpression> = this.rule('jsonExists', () => {
    const start = this.CONSUME(kw.JSON_EXISTS);
    const args = this.SUBRULE(this.jsonAndPath);
    const onError = this.OPTION(() => {
      const what = this.OR<string>([
        { ALT: () => this.take(kw.TRUE, 'TRUE') },
        { ALT: () => this.take(kw.FALSE, 'FALSE') },
        { ALT: () => this.take(kw.UNKNOWN, 'UNKNOWN') },
        { ALT: () => this.take(kw.ERROR, 'ERROR') },
      ]);
      this.CONSUME(kw.ON);
      this.CONSUME2(kw.ERROR);
      return what;
    });
    this.CONSUME(t.RightParen);
    return this.ACTION(() =>
      this.callNamed('JSON_EXISTS', start, onError === undefined ? args : [...args, textLiteral(onError, start)]),
    );
  });

  protected readonly jsonAndPath: ParserMethod<[], SqlExpression[]> = this.rule('jsonAndPath', () => {
    this.CONSUME(t.LeftParen);
    const json = this.SUBRULE1(this.expression);
    this.CONSUME(t.Comma);
    return [json, this.SUBRULE2(this.expression)];
  });

  /** `RETURNING INT`; STRING where it is not there. */
  protected readonly returning: ParserMethod<[], SqlExpression> = this.rule('returning', () => {
    const start = this.LA(1);
    const type =
      this.OPTION(() => {
        this.CONSUME(kw.RETURNING);
        return this.SUBRULE(this.dataType);
      }) ?? null;
    return this.ACTION(() => nullOf(type ?? stringType(start), start));
  });

  /** `JSON_VALUE(json, path RETURNING INT DEFAULT 0 ON EMPTY ERROR ON ERROR)`. */
  protected readonly jsonValue: ParserMethod<[], SqlExpression> = this.rule('jsonValue', () => {
    const start = this.CONSUME(kw.JSON_VALUE);
    const args = this.SUBRULE(this.jsonAndPath);
    const type = this.SUBRULE(this.returning);
    const behaviours: Behaviour[] = [];
    this.MANY(() => behaviours.push(this.SUBRULE(this.valueBehaviour)));
    this.CONSUME(t.RightParen);
    return this.ACTION(() => {
      const answers = (['EMPTY', 'ERROR'] as const).flatMap((on) => {
        const found = behaviours.find((behaviour) => behaviour.on === on);
        return [textLiteral(found?.what ?? 'NULL', start), found?.value ?? nullLiteral(start)];
      });
      return this.callNamed('JSON_VALUE', start, [...args, type, ...answers]);
    });
  });

  protected readonly valueBehaviour: ParserMethod<[], Behaviour> = this.rule('valueBehaviour', () => {
    let value: SqlExpression | null = null;
    const what = this.OR1<string>([
      { ALT: () => this.take(kw.NULL, 'NULL') },
      { ALT: () => this.take(kw.ERROR, 'ERROR') },
      {
        ALT: () => {
          this.CONSUME(kw.DEFAULT);
          value = this.SUBRULE(this.expression);
          return 'DEFAULT';
        },
      },
    ]);
    return { on: this.SUBRULE(this.onEmptyOrError), what, value };
  });

  protected readonly onEmptyOrError: ParserMethod<[], 'EMPTY' | 'ERROR'> = this.rule('onEmptyOrError', () => {
    this.CONSUME(kw.ON);
    return this.OR<'EMPTY' | 'ERROR'>([
      { ALT: () => this.take(kw.EMPTY, 'EMPTY' as const) },
      { ALT: () => this.take(kw.ERROR, 'ERROR' as const) },
    ]);
  });

  /** `JSON_QUERY(json, path RETURNING ARRAY<STRING> WITH CONDITIONAL ARRAY WRAPPER EMPTY ARRAY ON EMPTY NULL ON ERROR)`. */
  protected readonly jsonQuery: ParserMethod<[], SqlExpression> = this.rule('jsonQuery', () => {
    const start = this.CONSUME(kw.JSON_QUERY);
    const args = this.SUBRULE(this.jsonAndPath);
    const type = this.SUBRULE(this.returning);
    const wrapper = this.OPTION(() => this.SUBRULE(this.wrapper)) ?? 'WITHOUT';
    const behaviours: Behaviour[] = [];
    this.MANY(() => behaviours.push(this.SUBRULE(this.queryBehaviour)));
    this.CONSUME(t.RightParen);
    return this.ACTION(() => {
      const answers = (['EMPTY', 'ERROR'] as const).map(
        (on) => behaviours.find((each) => each.on === on)?.what ?? 'NULL',
      );
      const words = [wrapper, ...answers].map((word) => textLiteral(word, start));
      return this.callNamed('JSON_QUERY', start, [...args, type, ...words]);
    });
  });

  /** WITH alone is WITH UNCONDITIONAL. */
  protected readonly wrapper: ParserMethod<[], string> = this.rule('wrapper', () => {
    const kind = this.OR1<string>([
      { ALT: () => this.take(kw.WITHOUT, 'WITHOUT') },
      {
        ALT: () => {
          this.CONSUME(kw.WITH);
          return (
            this.OPTION1(() =>
              this.OR2<string>([
                { ALT: () => this.take(kw.CONDITIONAL, 'CONDITIONAL') },
                { ALT: () => this.take(kw.UNCONDITIONAL, 'UNCONDITIONAL') },
              ]),
            ) ?? 'UNCONDITIONAL'
          );
        },
      },
    ]);
    this.OPTION2(() => this.CONSUME(kw.ARRAY));
    this.CONSUME(kw.WRAPPER);
    return kind;
  });

  protected readonly queryBehaviour: ParserMethod<[], Behaviour> = this.rule('queryBehaviour', () => {
    const what = this.OR1<string>([
      { ALT: () => this.take(kw.NULL, 'NULL') },
      { ALT: () => this.take(kw.ERROR, 'ERROR') },
      {
        ALT: () => {
          this.CONSUME(kw.EMPTY);
          return (
            this.OPTION(() =>
              this.OR2<string>([
                { ALT: () => this.take(kw.ARRAY, 'EMPTY ARRAY') },
                { ALT: () => this.take(kw.OBJECT, 'EMPTY OBJECT') },
              ]),
            ) ?? 'EMPTY ARRAY'
          );
        },
      },
    ]);
    return { on: this.SUBRULE(this.onEmptyOrError), what, value: null };
  });

  /** `JSON_OBJECT(KEY 'a' VALUE x, 'b' VALUE y ABSENT ON NULL)`. */
  protected readonly jsonObject: ParserMethod<[], SqlExpression> = this.rule('jsonObject', () => {
    const start = this.CONSUME(kw.JSON_OBJECT);
    const pairs: (readonly [SqlExpression, SqlExpression])[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => pairs.push(this.SUBRULE(this.keyAndValue)) });
    const onNull = this.OPTION(() => this.SUBRULE(this.onNull)) ?? 'NULL';
    this.CONSUME(t.RightParen);
    return this.ACTION(() => {
      const shape = `${onNull}:${pairs.map(([, value]) => signOf(value)).join('')}`;
      return this.callNamed('JSON_OBJECT', start, [textLiteral(shape, start), ...pairs.flat()]);
    });
  });

  protected readonly keyAndValue: ParserMethod<[], readonly [SqlExpression, SqlExpression]> = this.rule(
    'keyAndValue',
    () => {
      this.OPTION({ GATE: () => !this.isNext(kw.VALUE, 2), DEF: () => this.CONSUME(kw.KEY) });
      const key = this.SUBRULE1(this.expression);
      this.CONSUME(kw.VALUE);
      return [key, this.SUBRULE2(this.expression)];
    },
  );

  protected readonly onNull: ParserMethod<[], string> = this.rule('onNull', () => {
    const what = this.OR<string>([
      { ALT: () => this.take(kw.NULL, 'NULL') },
      { ALT: () => this.take(kw.ABSENT, 'ABSENT') },
    ]);
    this.CONSUME(kw.ON);
    this.CONSUME2(kw.NULL);
    return what;
  });

  /** `JSON_ARRAY(x, y NULL ON NULL)`. */
  protected readonly jsonArray: ParserMethod<[], SqlExpression> = this.rule('jsonArray', () => {
    const start = this.CONSUME(kw.JSON_ARRAY);
    const values: SqlExpression[] = [];
    this.CONSUME(t.LeftParen);
    this.OPTION1({
      GATE: () => !this.isNext(t.RightParen) && !this.isNext(kw.ON, 2),
      DEF: () => this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => values.push(this.SUBRULE(this.expression)) }),
    });
    const onNull = this.OPTION2(() => this.SUBRULE(this.onNull)) ?? 'ABSENT';
    this.CONSUME(t.RightParen);
    return this.ACTION(() => {
      const shape = `${onNull}:${values.map(signOf).join('')}`;
      return this.callNamed('JSON_ARRAY', start, [textLiteral(shape, start), ...values]);
    });
  });

  /** `JSON_OBJECTAGG(KEY k VALUE v ABSENT ON NULL)` becomes `JSON_OBJECTAGG_ABSENT_ON_NULL(k, v)`. */
  protected readonly jsonObjectAggregate: ParserMethod<[], SqlExpression> = this.rule('jsonObjectAggregate', () => {
    const start = this.CONSUME(kw.JSON_OBJECTAGG);
    this.CONSUME(t.LeftParen);
    const pair = this.SUBRULE(this.keyAndValue);
    const onNull = this.OPTION(() => this.SUBRULE(this.onNull)) ?? 'NULL';
    this.CONSUME(t.RightParen);
    const filter = this.OPTION2(() => this.SUBRULE(this.filterClause)) ?? null;
    return this.callNamed(`JSON_OBJECTAGG_${onNull}_ON_NULL`, start, pair, filter);
  });

  /** `JSON_ARRAYAGG(x NULL ON NULL)` becomes `JSON_ARRAYAGG_NULL_ON_NULL(x)`. */
  protected readonly jsonArrayAggregate: ParserMethod<[], SqlExpression> = this.rule('jsonArrayAggregate', () => {
    const start = this.CONSUME(kw.JSON_ARRAYAGG);
    this.CONSUME(t.LeftParen);
    const value = this.SUBRULE(this.expression);
    const onNull = this.OPTION(() => this.SUBRULE(this.onNull)) ?? 'ABSENT';
    this.CONSUME(t.RightParen);
    const filter = this.OPTION2(() => this.SUBRULE(this.filterClause)) ?? null;
    return this.callNamed(`JSON_ARRAYAGG_${onNull}_ON_NULL`, start, [value], filter);
  });

  protected callNamed(
    name: string,
    start: IToken,
    args: readonly SqlExpression[],
    filter: SqlExpression | null = null,
  ): SqlExpression {
    return this.ACTION(() => {
      const call: SqlCall = {
        name: { name, position: positionOf(start) },
        args,
        star: false,
        distinct: false,
        filter,
        over: null,
      };
      return { kind: 'call', call, position: this.spanFrom(start) };
    });
  }
}

export function textLiteral(text: string, at: IToken): SqlExpression {
  return { kind: 'literal', literal: { of: 'string', text }, position: positionOf(at) };
}

function nullLiteral(at: IToken): SqlExpression {
  return { kind: 'literal', literal: { of: 'null' }, position: positionOf(at) };
}

function nullOf(type: SqlType, at: IToken): SqlExpression {
  return { kind: 'cast', arg: nullLiteral(at), type, onError: 'fail', position: positionOf(at) };
}

function stringType(at: IToken): SqlType {
  return { kind: 'simple', name: 'STRING', args: [], nullable: true, position: positionOf(at) };
}

const makesJson: ReadonlySet<string> = new Set(['JSON_OBJECT', 'JSON_ARRAY', 'JSON']);

/** `j` for what is JSON already (functions/json.ts). */
function signOf(value: SqlExpression): string {
  return value.kind === 'call' && makesJson.has(value.call.name.name.toUpperCase()) ? 'j' : 'v';
}
