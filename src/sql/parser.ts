/** Text to statements. */
import type { IToken } from 'chevrotain';
import { EngineError, isEngineError, type Position } from '../model/errors.ts';
import type { SqlQuery, SqlType } from './ast.ts';
import { located } from './excerpt.ts';
import { join, positionOf } from './grammar/base-grammar.ts';
import { StatementGrammar } from './grammar/statement-grammar.ts';
import {
  BangEquals,
  kw,
  Semicolon,
  type StrayText,
  tokenize,
  UnclosedComment,
  UnclosedQuote,
  UnclosedString,
} from './grammar/tokens.ts';
import type { Statement, StatementBody } from './statement.ts';
import { syntaxError } from './syntax-error.ts';

let grammar: StatementGrammar | null = null;

/** Made when first needed (50 ms), and kept: a parser has no state between texts. */
function theGrammar(): StatementGrammar {
  grammar ??= new StatementGrammar({ validate: false });
  return grammar;
}

/** The statements of a script, separated by semicolons. Throws EngineError SQL_SYNTAX for the first fault. */
export function parseScript(text: string): Statement[] {
  const { statements, errors } = parse(text);
  if (errors.length > 0) throw errors[0];
  return statements;
}

/** Every statement's first syntax error, in the order of the text. */
export function lintScript(text: string): EngineError[] {
  return parse(text).errors;
}

/** A statement as text. `words`: its first tokens in capitals, whatever they are. */
export type ScriptPart = Readonly<{ text: string; position: Position; words: readonly string[] }>;

const shownWords = 4;

/** Cuts a script at its semicolons without reading the statements: also those of a dialect that goes further. Throws EngineError SQL_SYNTAX. */
export function splitScript(text: string): ScriptPart[] {
  const { tokens, stray } = tokenize(text);
  if (stray[0] !== undefined) throw located(strayError(text, stray[0]), text);
  return split(tokens).map((group) => {
    const unclosed = group.find(({ tokenType }) => unclosedTypes.has(tokenType));
    if (unclosed !== undefined) throw located(unclosedError(unclosed), text);
    const position = join(positionOf(group[0]!), positionOf(group.at(-1)!));
    const words = group.slice(0, shownWords).map(({ image }) => image.toUpperCase());
    return { text: text.slice(position.start, position.end), position, words };
  });
}

/** A query on its own: the text of a view. */
export function parseQuery(text: string): SqlQuery {
  const [statement, another] = parseScript(text);
  if (statement?.kind === 'query' && another === undefined) return statement.query;
  throw new EngineError('SQL_SYNTAX', `expected one query, got: ${text}`);
}

/** A SQL type on its own. Throws EngineError SQL_SYNTAX. */
export function parseType(text: string): SqlType {
  const { tokens, stray } = tokenize(text);
  const parser = theGrammar();
  parser.input = [...tokens];
  const type = parser.typeText();
  if (stray.length === 0 && parser.errors.length === 0) return type;
  throw new EngineError('SQL_SYNTAX', `expected a SQL type, got: ${text}`);
}

type Parsed = Readonly<{ statements: Statement[]; errors: EngineError[] }>;

function parse(text: string): Parsed {
  const { tokens, stray } = tokenize(text);
  const statements: Statement[] = [];
  const errors = stray.map((found) => strayError(text, found));
  for (const group of split(tokens)) {
    try {
      statements.push(statementOf(text, group));
    } catch (error) {
      if (error instanceof RangeError) errors.push(tooDeep(group));
      else if (isEngineError(error)) errors.push(error);
      else throw error;
    }
  }
  errors.sort((a, b) => a.position!.start - b.position!.start);
  return { statements, errors: errors.map((error) => located(error, text) as EngineError) };
}

function tooDeep(tokens: readonly IToken[]): EngineError {
  return new EngineError('LIMIT', 'the statement is nested too deeply', { position: positionOf(tokens[0]!) });
}

function statementOf(text: string, tokens: readonly IToken[]): Statement {
  const unclosed = tokens.find(({ tokenType }) => unclosedTypes.has(tokenType));
  if (unclosed !== undefined) throw unclosedError(unclosed);
  const bang = tokens.find(({ tokenType }) => tokenType === BangEquals);
  if (bang !== undefined) throw bangError(bang);
  const body = bodyOf(tokens);
  const position = join(positionOf(tokens[0]!), positionOf(tokens.at(-1)!));
  return { ...body, position, text: text.slice(position.start, position.end), script: text };
}

function bodyOf(tokens: readonly IToken[]): StatementBody {
  const parser = theGrammar();
  parser.input = [...tokens];
  const body = parser.statement();
  const error = parser.errors[0];
  if (error !== undefined) throw syntaxError(error, tokens, parser);
  return body;
}

/**
 * The tokens of each statement. Semicolons inside a statement set belong to it: it begins with EXECUTE or EXPLAIN and has BEGIN in it, or
 * begins with BEGIN, and ends with END.
 */
function split(tokens: readonly IToken[]): IToken[][] {
  const groups: IToken[][] = [];
  let group: IToken[] = [];
  let inSet = false;
  for (const [i, token] of tokens.entries()) {
    if (opensSet(tokens, i, group)) inSet = true;
    if (token.tokenType === kw.END && isAfterSemicolon(tokens, i)) inSet = false;
    if (token.tokenType !== Semicolon || inSet) group.push(token);
    else {
      groups.push(group);
      group = [];
    }
  }
  return [...groups, group].filter((found) => found.length > 0);
}

function opensSet(tokens: readonly IToken[], index: number, group: readonly IToken[]): boolean {
  if (tokens[index]!.tokenType !== kw.BEGIN) return false;
  const first = group[0]?.tokenType;
  return (
    first === undefined || (tokens[index - 1]?.tokenType === kw.SET && (first === kw.EXECUTE || first === kw.EXPLAIN))
  );
}

function isAfterSemicolon(tokens: readonly IToken[], index: number): boolean {
  return tokens[index - 1]?.tokenType === Semicolon;
}

const unclosedTypes: ReadonlySet<unknown> = new Set([UnclosedString, UnclosedQuote, UnclosedComment]);

function unclosedError(token: IToken): EngineError {
  const [what, sign] =
    token.tokenType === UnclosedComment
      ? ['comment', '*/']
      : token.tokenType === UnclosedQuote
        ? ['name in backticks', '`']
        : ['string', "'"];
  const { line, column, start } = positionOf(token);
  const position = { line, column, start, end: start + 1 };
  return new EngineError(
    'SQL_SYNTAX',
    `a ${what} begins here and never ends: expected ${sign} before the end of the text`,
    {
      position,
    },
  );
}

/** Calcite knows it; Flink refuses it. */
function bangError(token: IToken): EngineError {
  return new EngineError('SQL_SYNTAX', "Flink SQL has no operator '!='", {
    position: positionOf(token),
    hint: "Write '<>'.",
  });
}

function strayError(text: string, { line, column, start, length }: StrayText): EngineError {
  const position: Position = { line, column, start, end: start + length };
  const found = text.slice(start, start + Math.min(length, 20));
  const hint = found.startsWith('"') ? "Strings are written '…', names with special characters `…`." : undefined;
  return new EngineError('SQL_SYNTAX', `unexpected character: ${found}`, { position, hint });
}
