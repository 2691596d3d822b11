/**
 * Tokens. Words are found by one pattern and get their token type afterwards, by look-up: that is faster than some 250 patterns, and
 * keeps keywords apart from identifiers by one table.
 */
import type { IToken, TokenType } from 'chevrotain';
import { functionKeywords, type Keyword, keywords, reservedWords, typeKeywords, unitKeywords } from './keywords.ts';
import { createToken, Lexer } from './toolkit.ts';

const category = (name: string): TokenType => createToken({ name, pattern: Lexer.NA });

/** What can name a column, table or alias: plain words, words in backticks, and keywords that are not reserved. */
export const Identifier = category('Identifier');
/** What can name a function where a parenthesis follows. */
export const FunctionName = category('FunctionName');
export const TypeName = category('TypeName');
export const TimeUnit = category('TimeUnit');

const token = (name: string, pattern: RegExp, categories: TokenType[] = []): TokenType =>
  createToken({ name, pattern, categories });

/** Everything outside ASCII counts as a letter. */
export const Word = token('Word', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/, [Identifier, FunctionName]);
export const QuotedIdentifier = token('QuotedIdentifier', /`(?:[^`]|``)+`/, [Identifier, FunctionName]);
/** A word that Flink reserves and the grammar does not name: only good as the name of a function. */
export const ReservedWord = createToken({ name: 'ReservedWord', pattern: Lexer.NA, categories: [FunctionName] });

export const StringLiteral = token('StringLiteral', /'(?:[^']|'')*'/);
export const UnicodeLiteral = token('UnicodeLiteral', /[uU]&'(?:[^']|'')*'/);
export const BinaryLiteral = token('BinaryLiteral', /[xX]'[^']*'/);
export const DecimalNumber = token('DecimalNumber', /(?:\d+\.\d*|\.\d+)(?![eE\d])/);
export const ApproximateNumber = token('ApproximateNumber', /(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+/);
export const IntegerNumber = token('IntegerNumber', /\d+/);

export const HintOpen = token('HintOpen', /\/\*\+/);
export const HintClose = token('HintClose', /\*\//);
export const Arrow = token('Arrow', /=>/);
export const NotEquals = token('NotEquals', /<>/);
/** Not of Flink's SQL: named, so that the error can say what to write. */
export const BangEquals = token('BangEquals', /!=/);
export const LessOrEqual = token('LessOrEqual', /<=/);
export const GreaterOrEqual = token('GreaterOrEqual', />=/);
export const Concat = token('Concat', /\|\|/);
export const Equals = token('Equals', /=/);
export const Less = token('Less', /</);
export const Greater = token('Greater', />/);
export const Plus = token('Plus', /\+/);
export const Minus = token('Minus', /-/);
export const Star = token('Star', /\*/);
export const Slash = token('Slash', /\//);
export const Percent = token('Percent', /%/);
export const LeftParen = token('LeftParen', /\(/);
export const RightParen = token('RightParen', /\)/);
export const LeftBracket = token('LeftBracket', /\[/);
export const RightBracket = token('RightBracket', /\]/);
export const LeftBrace = token('LeftBrace', /\{/);
export const RightBrace = token('RightBrace', /\}/);
export const Comma = token('Comma', /,/);
export const Dot = token('Dot', /\./);
export const Semicolon = token('Semicolon', /;/);
/** Signs that only patterns of MATCH_RECOGNIZE know. */
export const Question = token('Question', /\?/);
export const Bar = token('Bar', /\|/);
export const Caret = token('Caret', /\^/);
export const Dollar = token('Dollar', /\$/);

export const UnclosedString = token('UnclosedString', /'[\s\S]*/);
export const UnclosedQuote = token('UnclosedQuote', /`[\s\S]*/);
export const UnclosedComment = token('UnclosedComment', /\/\*(?!\+)[\s\S]*/);

const skipped = (name: string, pattern: RegExp): TokenType =>
  createToken({ name, pattern, group: Lexer.SKIPPED, line_breaks: true });

/** In the order in which they are tried. */
const lexed: readonly TokenType[] = [
  skipped('WhiteSpace', /\s+/),
  skipped('LineComment', /--[^\r\n]*/),
  skipped('BlockComment', /\/\*(?!\+)(?:[^*]|\*(?!\/))*\*\//),
  UnicodeLiteral,
  BinaryLiteral,
  Word,
  QuotedIdentifier,
  StringLiteral,
  ApproximateNumber,
  DecimalNumber,
  IntegerNumber,
  UnclosedString,
  UnclosedQuote,
  HintOpen,
  UnclosedComment,
  HintClose,
  Arrow,
  BangEquals,
  NotEquals,
  LessOrEqual,
  GreaterOrEqual,
  Concat,
  Equals,
  Less,
  Greater,
  Plus,
  Minus,
  Star,
  Slash,
  Percent,
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  LeftBrace,
  RightBrace,
  Comma,
  Dot,
  Semicolon,
  Question,
  Bar,
  Caret,
  Dollar,
];

/** The token type of each keyword. */
export const kw = Object.fromEntries(
  keywords.map((word) => {
    const free = !reservedWords.has(word);
    const categories = [
      ...(free ? [Identifier] : []),
      ...(free || functionKeywords.has(word) ? [FunctionName] : []),
      ...(typeKeywords.has(word) ? [TypeName] : []),
      ...(unitKeywords.has(word) ? [TimeUnit] : []),
    ];
    return [word, createToken({ name: word, pattern: Lexer.NA, categories })];
  }),
) as unknown as Readonly<Record<Keyword, TokenType>>;

export const vocabulary: TokenType[] = [
  Identifier,
  FunctionName,
  TypeName,
  TimeUnit,
  ReservedWord,
  ...lexed,
  ...Object.values(kw),
];

const wordTypes: ReadonlyMap<string, TokenType> = new Map([
  ...[...reservedWords].map((word) => [word, ReservedWord] as const),
  ...Object.entries(kw),
]);

const lexer = new Lexer([...lexed, Identifier, FunctionName, ReservedWord, TypeName, TimeUnit, ...Object.values(kw)], {
  ensureOptimizations: false,
  skipValidations: true,
  positionTracking: 'full',
});

/** A character that begins no token. */
export type StrayText = Readonly<{ line: number; column: number; start: number; length: number }>;

export type Tokens = Readonly<{ tokens: readonly IToken[]; stray: readonly StrayText[] }>;

export function tokenize(text: string): Tokens {
  const { tokens, errors } = lexer.tokenize(text);
  for (const found of tokens) {
    if (found.tokenType !== Word) continue;
    const type = wordTypes.get(found.image.toUpperCase());
    if (type === undefined) continue;
    found.tokenType = type;
    found.tokenTypeIdx = type.tokenTypeIdx!;
  }
  return {
    tokens,
    stray: errors.map(({ line, column, offset, length }) => ({
      line: line ?? 1,
      column: column ?? 1,
      start: offset,
      length,
    })),
  };
}
