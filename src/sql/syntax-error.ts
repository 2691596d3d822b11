/** What the parser says of a text that it can't read: what was expected, what was found, and the word that was probably meant. */
import type { IRecognitionException, IToken, TokenType } from 'chevrotain';
import { EngineError, type Position } from '../model/errors.ts';
import { nearest } from '../model/options.ts';
import { isOfType, positionOf } from './grammar/base-grammar.ts';
import { keywords, reservedWords } from './grammar/keywords.ts';
import type { StatementGrammar } from './grammar/statement-grammar.ts';
import * as t from './grammar/tokens.ts';
import { kw } from './grammar/tokens.ts';

export function syntaxError(
  error: IRecognitionException,
  tokens: readonly IToken[],
  grammar: StatementGrammar,
): EngineError {
  const index = Number.isNaN(error.token.startOffset) ? tokens.length : tokens.indexOf(error.token);
  const found = tokens[index];
  const position = found === undefined ? endOf(tokens.at(-1)!) : positionOf(found);
  const expected = expectedAt(index, tokens, grammar, error);
  const got = found === undefined ? 'the end of the statement' : quoted(found.image);
  const message = expected === '' ? `unexpected ${got}` : `expected ${expected}, got ${got}`;
  return new EngineError('SQL_SYNTAX', message, { position, hint: hintFor(index, tokens, grammar) });
}

function quoted(image: string): string {
  return /^['`]/.test(image) ? image : `'${image}'`;
}

function endOf(last: IToken): Position {
  const { line, column, start, end } = positionOf(last);
  return { line, column: column + end - start, start: end, end };
}

/** How many tokens the parser gets through before its first error. */
function progress(grammar: StatementGrammar, tokens: readonly IToken[]): number {
  grammar.input = [...tokens];
  grammar.statement();
  const error = grammar.errors[0];
  if (error === undefined || Number.isNaN(error.token.startOffset)) return tokens.length;
  return tokens.indexOf(error.token);
}

function tokenOf(type: TokenType, image: string, like: IToken): IToken {
  return { ...like, tokenType: type, tokenTypeIdx: type.tokenTypeIdx!, image };
}

/** A keyword, in place of the word at the error or just before, with which the parser gets further. */
function hintFor(index: number, tokens: readonly IToken[], grammar: StatementGrammar): string | undefined {
  const found = tokens[index];
  const order = clauseOrder(index, tokens);
  if (order !== null) return order;
  if (found !== undefined && isReserved(found)) {
    const inBackticks = tokens.with(index, tokenOf(t.QuotedIdentifier, `\`${found.image}\``, found));
    if (progress(grammar, inBackticks) > index) {
      return `'${found.image}' is a reserved word: as a name, write it in backticks: \`${found.image}\`.`;
    }
  }
  for (const place of [index, index - 1]) {
    const token = tokens[place];
    if (token === undefined || !/^\w{2,}$/.test(token.image)) continue;
    if (place < index && token.tokenType !== t.Word && token.tokenType !== t.ReservedWord) continue;
    const better = betterKeyword(token, place, tokens, grammar, index);
    if (better !== undefined) return `Did you mean ${better}?`;
  }
  return undefined;
}

const clauses: readonly TokenType[] = [
  kw.FROM,
  kw.WHERE,
  kw.GROUP,
  kw.HAVING,
  kw.WINDOW,
  kw.QUALIFY,
  kw.ORDER,
  kw.LIMIT,
];

/** A clause that comes too late: behind one of the same query that has to follow it. null: it is something else. */
function clauseOrder(index: number, tokens: readonly IToken[]): string | null {
  const place = clauses.indexOf(tokens[index]?.tokenType as TokenType);
  let depth = 0;
  for (let at = index - 1; place >= 0 && at >= 0 && tokens[at]!.tokenType !== kw.SELECT; at--) {
    const { tokenType } = tokens[at]!;
    if (tokenType === t.RightParen) depth++;
    if (tokenType === t.LeftParen) depth--;
    if (depth < 0) return null;
    if (depth === 0 && clauses.indexOf(tokenType) > place)
      return 'The clauses of a query stand in this order: FROM, WHERE, GROUP BY, HAVING, WINDOW, QUALIFY, ORDER BY, LIMIT.';
  }
  return null;
}

function isReserved(token: IToken): boolean {
  return token.tokenType !== t.QuotedIdentifier && reservedWords.has(token.image.toUpperCase());
}

function betterKeyword(
  token: IToken,
  place: number,
  tokens: readonly IToken[],
  grammar: StatementGrammar,
  index: number,
): string | undefined {
  const word = token.image.toUpperCase();
  const fitting = keywords.filter((keyword) => {
    const near =
      Math.abs(keyword.length - word.length) <= 2 && keyword !== word && nearest(word, [keyword]) !== undefined;
    return near && progress(grammar, tokens.with(place, tokenOf(kw[keyword], keyword, token))) > index;
  });
  return nearest(word, fitting);
}

const expectedLimit = 6; // more alternatives tell a reader nothing

/** What may stand at a place, by trying: candidates with which the parser gets further. */
function expectedAt(
  index: number,
  tokens: readonly IToken[],
  grammar: StatementGrammar,
  error: IRecognitionException,
): string {
  if (index === 0) return 'a statement such as SELECT, INSERT, CREATE or SET';
  const like = tokens[Math.min(index, tokens.length - 1)]!;
  const given = new Set(error.message.split('\n'));
  const candidates = t.vocabulary.filter(({ name }) => given.has(name) || common.has(name));
  const accepted = candidates.filter((type) => {
    const trial = [...tokens.slice(0, index), tokenOf(type, type.name, like), ...tokens.slice(index)];
    return isOfType(trial[index]!, type) && progress(grammar, trial) > index;
  });
  return listOf(namesFor(accepted));
}

/** Tried at every error, beside what the toolkit says. */
// biome-ignore format: a list of words
const common: ReadonlySet<string> = new Set([
  'Word', 'IntegerNumber', 'StringLiteral', 'LeftParen', 'RightParen', 'Comma', 'Equals', 'FROM', 'WHERE', 'GROUP',
  'WITH', 'AS', 'AND', 'SELECT', 'END', 'Semicolon', 'BY', 'THEN', 'WHEN', 'TABLE', 'NOT',
]);

const labels: Readonly<Record<string, string>> = {
  Word: 'a name',
  Identifier: 'a name',
  QuotedIdentifier: 'a name',
  FunctionName: 'a function',
  TypeName: 'a type',
  TimeUnit: 'a unit of time',
  IntegerNumber: 'a number',
  StringLiteral: "a string ('…')",
  UnicodeLiteral: "a string ('…')",
  LeftParen: "'('",
  RightParen: "')'",
  LeftBracket: "'['",
  RightBracket: "']'",
  Comma: "','",
  Dot: "'.'",
  Semicolon: "';'",
  Equals: "'='",
  Less: "'<'",
  Greater: "'>'",
  Star: "'*'",
  Arrow: "'=>'",
};

/** Where an expression may begin, that is said in one word. */
function namesFor(accepted: readonly TokenType[]): string[] {
  const names = new Set(accepted.map(({ name }) => name));
  const expression = ['Word', 'IntegerNumber', 'StringLiteral', 'LeftParen'].every((name) => names.has(name));
  const operator = names.has('AND') && names.has('Equals');
  const shown = accepted.filter((type) => {
    if (expression && startsExpression(type)) return false;
    return !(operator && (type === kw.AND || type === t.Equals || type === kw.NOT));
  });
  const others = shown.map(({ name }) => labels[name] ?? name).filter((label) => /^[A-Z_']|^a /.test(label));
  return [...(expression ? ['an expression'] : []), ...(operator ? ['an operator'] : []), ...new Set(others)];
}

function startsExpression(type: TokenType): boolean {
  // biome-ignore format: a list of words
  return [
    'IntegerNumber', 'DecimalNumber', 'ApproximateNumber', 'StringLiteral', 'UnicodeLiteral', 'BinaryLiteral',
    'LeftParen', 'Plus', 'Minus', 'Word', 'Identifier', 'QuotedIdentifier', 'FunctionName', 'CASE', 'CAST', 'TRY_CAST',
    'NOT', 'EXISTS', 'NULL', 'TRUE', 'FALSE', 'UNKNOWN', 'INTERVAL', 'DATE', 'TIME', 'TIMESTAMP', 'ROW', 'ARRAY', 'MAP',
    'EXTRACT', 'TRIM', 'SUBSTRING', 'POSITION', 'OVERLAY', 'FLOOR', 'CEIL', 'CEILING', 'TIMESTAMPADD', 'TIMESTAMPDIFF',
    'CURRENT_DATE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP', 'LOCALTIME', 'LOCALTIMESTAMP', 'USER',
  ].includes(type.name);
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, expectedLimit);
  if (shown.length < names.length) return `${shown.join(', ')} or another word that fits`;
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}
