/**
 * What all layers of the grammar share. The grammar is one parser in layers, each of which knows those below it: names and types,
 * functions with a syntax of their own, expressions, queries, tables, statements. A new clause is a rule in its layer, a node in ast.ts,
 * and its meaning in the binder.
 *
 * One token of look-ahead everywhere; where that does not decide, a gate says what does.
 */
import type { IParserErrorMessageProvider, IToken, ParserMethod, TokenType } from 'chevrotain';
import type { Position } from '../../model/errors.ts';
import type { Identifier } from '../ast.ts';
import { vocabulary } from './tokens.ts';
import { EmbeddedActionsParser } from './toolkit.ts';

/** The names of the token types that were expected, a line each: syntax-error.ts makes the message of them. */
const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => expected.name,
  buildNotAllInputParsedMessage: () => '',
  buildNoViableAltMessage: ({ expectedPathsPerAlt }) =>
    namesOf(expectedPathsPerAlt.flatMap((paths) => paths.map((path) => path[0]))),
  buildEarlyExitMessage: ({ expectedIterationPaths }) => namesOf(expectedIterationPaths.map((path) => path[0])),
};

function namesOf(types: readonly (TokenType | undefined)[]): string {
  return types.flatMap((type) => (type === undefined ? [] : [type.name])).join('\n');
}

export class BaseGrammar extends EmbeddedActionsParser {
  /** `validate`: let the toolkit check the grammar for ambiguities, which takes longer; a test does. */
  constructor(options: Readonly<{ validate: boolean }>) {
    super(vocabulary, {
      maxLookahead: 1,
      recoveryEnabled: false,
      skipValidations: !options.validate,
      errorMessageProvider: expectations,
    });
  }

  /** RULE, with the result's type taken from what is expected. */
  protected rule<A extends unknown[], R>(name: string, body: (...args: A) => R): ParserMethod<A, R> {
    return this.RULE(name, body) as ParserMethod<A, R>;
  }

  /** Whether the token at `distance` (1 = the next) is of a type or its category. */
  protected isNext(type: TokenType, distance = 1): boolean {
    return isOfType(this.LA(distance), type);
  }

  /** Consumes a token that stands for a value. A rule may do so once per token type. */
  protected take<T>(type: TokenType, value: T): T {
    this.CONSUME(type);
    return value;
  }

  /** From a token to the last one that was consumed. */
  protected spanFrom(start: IToken): Position {
    return join(positionOf(start), positionOf(this.LA(0)));
  }

  /** From a node to the last token that was consumed. */
  protected spanOf(start: Readonly<{ position: Position }>): Position {
    return this.ACTION(() => join(start.position, positionOf(this.LA(0))));
  }
}

export function isOfType(token: IToken, type: TokenType): boolean {
  return token.tokenType === type || (type.categoryMatchesMap?.[token.tokenTypeIdx] ?? false);
}

export function positionOf(token: IToken): Position {
  return {
    line: token.startLine ?? 1,
    column: token.startColumn ?? 1,
    start: token.startOffset,
    end: (token.endOffset ?? token.startOffset) + 1,
  };
}

export function join(first: Position, last: Position): Position {
  return { line: first.line, column: first.column, start: first.start, end: last.end };
}

export function identifierOf(token: IToken): Identifier {
  const { image } = token;
  const name = image.startsWith('`') ? image.slice(1, -1).replaceAll('``', '`') : image;
  return { name, position: positionOf(token) };
}

/** The text of a string literal's token: without quotes, doubled quotes as one, `U&'\0041'` resolved. */
export function stringOf(token: IToken): string {
  const { image } = token;
  const inner = image.slice(image.indexOf("'") + 1, -1).replaceAll("''", "'");
  return /^[uU]&/.test(image)
    ? inner.replace(/\\([0-9a-fA-F]{4})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    : inner;
}
