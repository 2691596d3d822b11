/**
 * Puts the values of parameters into a script. `${name}` outside quotes becomes a literal of its type, inside a string literal the
 * escaped text; in an identifier or a comment it is refused, so that a value can never become SQL.
 */
import { EngineError, type Position } from '../model/errors.ts';
import { nearest } from '../model/options.ts';
import { located } from '../sql/excerpt.ts';
import type { ParameterValue } from './parameter.ts';

/**
 * Comments, string literals and quoted identifiers as wholes, and parameters between them. An open quote or comment runs to the end: the
 * parser says so.
 */
const tokens =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:[^']|'')*(?:'|$))|(?<identifier>`(?:[^`]|``)*(?:`|$)|"[^"]*(?:"|$))|(?<parameter>\$\{[A-Za-z_][A-Za-z0-9_]*\})/g;
const parameter = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const identifierPart = /[A-Za-z0-9_$]/;

export type Substitution = Readonly<{ text: string; used: ReadonlySet<string> }>;

/** Throws INVALID_OPTION for a parameter that isn't declared or stands where none can be. */
export function substituteParameters(script: string, values: ReadonlyMap<string, ParameterValue>): Substitution {
  try {
    return substitute(script, values);
  } catch (error) {
    throw located(error, script);
  }
}

function substitute(script: string, values: ReadonlyMap<string, ParameterValue>): Substitution {
  const used = new Set<string>();
  const resolve = (name: string, offset: number): ParameterValue => {
    const value = values.get(name);
    if (value === undefined) throw unknownParameter(name, values, positionAt(script, offset, name.length + 3));
    used.add(name);
    return value;
  };
  const text = script.replace(tokens, (token, ...rest) => {
    const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    const offset = rest.at(-3) as number;
    if (groups.string !== undefined) {
      return token.replace(parameter, (_, name: string, at: number) =>
        resolve(name, offset + at).text.replaceAll("'", "''"),
      );
    }
    if (groups.parameter !== undefined) {
      refuseInsideWord(script, offset, token);
      return resolve(token.slice(2, -1), offset).literal;
    }
    const found = parameter.exec(token);
    parameter.lastIndex = 0;
    if (found !== null)
      throw misplaced(groups.comment === undefined ? 'an identifier' : 'a comment', found, offset, script);
    return token;
  });
  return { text, used };
}

function refuseInsideWord(script: string, offset: number, token: string): void {
  const before = script[offset - 1] ?? ' ';
  const after = script[offset + token.length] ?? ' ';
  if (!identifierPart.test(before) && !identifierPart.test(after)) return;
  throw new EngineError('INVALID_OPTION', `${token} can't be a part of an identifier`, {
    hint: 'A parameter is a whole literal, or stands inside a string literal.',
    position: positionAt(script, offset, token.length),
  });
}

function misplaced(what: string, found: RegExpExecArray, offset: number, script: string): EngineError {
  const start = offset + found.index;
  return new EngineError('INVALID_OPTION', `${found[0]} can't stand in ${what}`, {
    hint: 'A parameter is a whole literal, or stands inside a string literal.',
    position: positionAt(script, start, found[0].length),
  });
}

function unknownParameter(name: string, values: ReadonlyMap<string, unknown>, position: Position): EngineError {
  const near = nearest(name, values.keys());
  const known = [...values.keys()].join(', ');
  return new EngineError('INVALID_OPTION', `parameter '${name}' is not declared`, {
    hint: near === undefined ? `Declared parameters: ${known || 'none'}.` : `Did you mean '${near}'?`,
    position,
  });
}

function positionAt(script: string, start: number, length: number): Position {
  const lines = script.slice(0, start).split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1, start, end: start + length };
}
