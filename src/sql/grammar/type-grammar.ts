/** Names, strings and types. */
import type { IToken, ParserMethod } from 'chevrotain';
import type { Identifier, Name, SqlField, SqlType } from '../ast.ts';
import { BaseGrammar, identifierOf, stringOf } from './base-grammar.ts';
import * as t from './tokens.ts';
import { kw } from './tokens.ts';

type Nullable<T> = T extends unknown ? Omit<T, 'nullable'> : never;
type BareType = Nullable<SqlType>;

export class TypeGrammar extends BaseGrammar {
  protected readonly identifier: ParserMethod<[], Identifier> = this.rule('identifier', () =>
    identifierOf(this.CONSUME(t.Identifier)),
  );

  /** `a`, `a.b.c`; stops before `.*`. */
  protected readonly name: ParserMethod<[], Name> = this.rule('name', () => {
    const parts: Identifier[] = [this.SUBRULE(this.identifier)];
    this.MANY({
      GATE: () => !this.isNext(t.Star, 2),
      DEF: () => {
        this.CONSUME(t.Dot);
        parts.push(this.SUBRULE2(this.identifier));
      },
    });
    return { parts, position: this.spanOf(parts[0]!) };
  });

  protected readonly string: ParserMethod<[], string> = this.rule('string', () =>
    this.OR([
      { ALT: () => stringOf(this.CONSUME(t.StringLiteral)) },
      { ALT: () => stringOf(this.CONSUME(t.UnicodeLiteral)) },
    ]),
  );

  protected readonly integer: ParserMethod<[], number> = this.rule('integer', () =>
    Number(this.CONSUME(t.IntegerNumber).image),
  );

  protected readonly identifierList: ParserMethod<[], Identifier[]> = this.rule('identifierList', () => {
    const list: Identifier[] = [];
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.identifier)) });
    this.CONSUME(t.RightParen);
    return list;
  });

  /** A type with its `NOT NULL`. */
  protected readonly columnType: ParserMethod<[], SqlType> = this.rule('columnType', () => {
    const type = this.SUBRULE(this.dataType);
    let nullable = true;
    this.OPTION(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(kw.NOT);
            this.CONSUME(kw.NULL);
            nullable = false;
          },
        },
        { ALT: () => this.CONSUME2(kw.NULL) },
      ]),
    );
    return { ...type, nullable };
  });

  protected readonly dataType: ParserMethod<[], SqlType> = this.rule('dataType', () => {
    const start = this.LA(1);
    let type = this.OR<BareType>([
      { ALT: () => this.SUBRULE(this.collectionType) },
      { ALT: () => this.SUBRULE(this.rowType) },
      { ALT: () => this.SUBRULE(this.intervalType) },
      { ALT: () => this.SUBRULE(this.simpleType) },
      {
        ALT: () => ({
          kind: 'simple',
          name: this.CONSUME(t.Identifier).image,
          args: [],
          position: this.spanFrom(start),
        }),
        IGNORE_AMBIGUITIES: true,
      },
    ]);
    this.MANY(() => {
      const kind = this.OR2<'array' | 'multiset'>([
        { ALT: () => this.take(kw.ARRAY, 'array' as const) },
        { ALT: () => this.take(kw.MULTISET, 'multiset' as const) },
      ]);
      type = { kind, element: { ...type, nullable: true } as SqlType, position: this.spanFrom(start) };
    });
    return { ...type, nullable: true } as SqlType;
  });

  protected readonly collectionType: ParserMethod<[], BareType> = this.rule('collectionType', () => {
    const start = this.LA(1);
    return this.OR<BareType>([
      { ALT: () => this.SUBRULE(this.mapType) },
      {
        ALT: () => {
          const kind = this.OR1<'array' | 'multiset'>([
            { ALT: () => this.take(kw.ARRAY, 'array' as const) },
            { ALT: () => this.take(kw.MULTISET, 'multiset' as const) },
          ]);
          return { kind, element: this.SUBRULE(this.typeArgument), position: this.spanFrom(start) };
        },
      },
    ]);
  });

  protected readonly typeArgument: ParserMethod<[], SqlType> = this.rule('typeArgument', () => {
    this.CONSUME(t.Less);
    const type = this.SUBRULE(this.columnType);
    this.CONSUME(t.Greater);
    return type;
  });

  protected readonly mapType: ParserMethod<[], BareType> = this.rule('mapType', () => {
    const start = this.CONSUME(kw.MAP);
    this.CONSUME(t.Less);
    const key = this.SUBRULE1(this.columnType);
    this.CONSUME(t.Comma);
    const value = this.SUBRULE2(this.columnType);
    this.CONSUME(t.Greater);
    return { kind: 'map', key, value, position: this.spanFrom(start) };
  });

  protected readonly rowType: ParserMethod<[], BareType> = this.rule('rowType', () => {
    const start = this.CONSUME(kw.ROW);
    const fields: SqlField[] = [];
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Less);
          this.MANY_SEP1({ SEP: t.Comma, DEF: () => fields.push(this.SUBRULE1(this.rowField)) });
          this.CONSUME(t.Greater);
        },
      },
      { ALT: () => this.CONSUME(t.NotEquals) },
      {
        ALT: () => {
          this.CONSUME(t.LeftParen);
          this.MANY_SEP2({ SEP: t.Comma, DEF: () => fields.push(this.SUBRULE2(this.rowField)) });
          this.CONSUME(t.RightParen);
        },
      },
    ]);
    return { kind: 'row', fields, position: this.spanFrom(start) };
  });

  protected readonly rowField: ParserMethod<[], SqlField> = this.rule('rowField', () => {
    const name = this.SUBRULE(this.identifier);
    const type = this.SUBRULE(this.columnType);
    const comment = this.OPTION(() => this.SUBRULE(this.string)) ?? null;
    return { name, type, comment };
  });

  protected readonly intervalType: ParserMethod<[], BareType> = this.rule('intervalType', () => {
    const start = this.CONSUME(kw.INTERVAL);
    const qualifier = this.SUBRULE(this.intervalQualifier);
    return { kind: 'interval', ...qualifier, position: this.spanFrom(start) };
  });

  /** `DAY`, `DAY(3) TO SECOND(6)`; precisions are read and don't matter. */
  protected readonly intervalQualifier: ParserMethod<[], { from: string; to: string | null }> = this.rule(
    'intervalQualifier',
    () => {
      const from = this.CONSUME1(t.TimeUnit).image.toUpperCase();
      this.OPTION1(() => this.SUBRULE1(this.typeArguments));
      const to = this.OPTION2(() => {
        this.CONSUME(kw.TO);
        const unit = this.CONSUME2(t.TimeUnit).image.toUpperCase();
        this.OPTION3(() => this.SUBRULE2(this.typeArguments));
        return unit;
      });
      return { from, to: to ?? null };
    },
  );

  protected readonly typeArguments: ParserMethod<[], number[]> = this.rule('typeArguments', () => {
    const args: number[] = [];
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.integer)) });
    this.CONSUME(t.RightParen);
    return args;
  });

  /** Several words may make one name: `DOUBLE PRECISION`, `CHAR VARYING`, `TIMESTAMP WITH LOCAL TIME ZONE`. */
  protected readonly simpleType: ParserMethod<[], BareType> = this.rule('simpleType', () => {
    const start: IToken = this.CONSUME(t.TypeName);
    let name = start.image.toUpperCase();
    this.OPTION1({
      GATE: () => name === 'DOUBLE',
      DEF: () => this.CONSUME(kw.PRECISION),
    });
    this.OPTION2({
      GATE: () => name === 'CHAR' || name === 'CHARACTER' || name === 'BINARY',
      DEF: () => {
        this.CONSUME(kw.VARYING);
        name = name === 'BINARY' ? 'VARBINARY' : 'VARCHAR';
      },
    });
    const args = this.OPTION3(() => this.SUBRULE(this.typeArguments)) ?? [];
    this.OPTION4({
      GATE: () => name === 'TIME' || name === 'TIMESTAMP',
      DEF: () => {
        name += this.SUBRULE(this.zoneSuffix);
      },
    });
    return { kind: 'simple', name, args, position: this.spanFrom(start) };
  });

  protected readonly zoneSuffix: ParserMethod<[], string> = this.rule('zoneSuffix', () => {
    const suffix = this.OR([
      {
        ALT: () => {
          this.CONSUME(kw.WITH);
          return this.OPTION(() => this.CONSUME(kw.LOCAL)) === undefined ? '_TZ' : '_LTZ';
        },
      },
      { ALT: () => this.take(kw.WITHOUT, '') },
    ]);
    this.CONSUME(kw.TIME);
    this.CONSUME(kw.ZONE);
    return suffix;
  });
}
