/**
 * Facts about functions: a file of lines `expression → text`, where the text is that of CAST(expression AS STRING), `NULL`, or `! part of
 * a message` for what fails. A type may follow: ` : INT NOT NULL`. `#` begins a comment; `@zone name` sets the session's zone from there on.
 */
import { readFileSync } from 'node:fs';
import { castFunction } from '../../src/functions/cast.ts';
import { toFunction } from '../../src/functions/implementation.ts';
import type { EngineError } from '../../src/model/errors.ts';
import type { Expression } from '../../src/model/expression.ts';
import type { SqlValue } from '../../src/model/function.ts';
import { formatType, layoutOf, types } from '../../src/model/types.ts';
import { compileScalar } from '../../src/operators/codegen/expression-code.ts';
import type { SqlQuery } from '../../src/sql/ast.ts';
import { ExpressionBinder } from '../../src/sql/binder/expression-binder.ts';
import { Scope } from '../../src/sql/binder/scope.ts';
import { parseQuery } from '../../src/sql/parser.ts';
import { testSession } from './sql-expressions.ts';

export type Fact = Readonly<{ expression: string; expected: string; type: string | null; timeZone: string }>;

export function readFacts(url: URL): Fact[] {
  const facts: Fact[] = [];
  let timeZone = 'UTC';
  for (const line of readFileSync(url, 'utf8').split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (line.startsWith('@zone ')) timeZone = line.slice('@zone '.length).trim();
    else facts.push(factOf(line, timeZone));
  }
  return facts;
}

function factOf(line: string, timeZone: string): Fact {
  const [expression = '', rest] = line.split(' → ') as [string, string?];
  if (rest === undefined) throw new Error(`a fact without an arrow: ${line}`);
  const [, expected = '', type = null] = /^(.*?)(?: : ([A-Z][^:]*))?$/.exec(rest)!;
  return { expression, expected, type, timeZone };
}

/** A SQL expression without columns. */
function bindSql(text: string): Expression {
  const query = parseQuery(`SELECT ${text}`) as Extract<SqlQuery, { kind: 'select' }>;
  const [item] = query.items;
  if (item?.kind !== 'expression' || query.items.length > 1) throw new Error(`no single expression: ${text}`);
  return new ExpressionBinder(new Scope([])).bind(item.expression);
}

/** Its text, or `! message` where it fails. */
export function textOfSql({ expression, timeZone }: Fact, wide: boolean): string {
  try {
    return textOf(bindSql(expression), timeZone, wide) ?? 'NULL';
  } catch (error) {
    if (typeof error === 'symbol') throw error;
    const { message, hint = '' } = error as EngineError;
    return `! ${message} ${hint}`;
  }
}

function textOf(bound: Expression, timeZone: string, wide: boolean): string | null {
  const session = { ...testSession, timeZone };
  const value = compileScalar<() => SqlValue>(bound, [], session, wide)();
  if (value === null) return null;
  const { implement } = castFunction(bound.type, types.string());
  const isWide = layoutOf(bound.type) === 'int' && typeof value === 'bigint';
  const write = toFunction(
    implement({ args: [{ type: bound.type }], result: types.string(), wide: isWide, session }),
    1,
  );
  return write(value) as string;
}

export function typeOfSql(text: string): string {
  return formatType(bindSql(text).type);
}
