/** Expressions and names as SQL text that parses again. */
import { expressionText, intervalUnits } from '../functions/expression-text.ts';
import type { Expression } from '../model/expression.ts';
import type { Field } from '../model/types.ts';
import { reservedWords } from './grammar/keywords.ts';

/** `fields` are those of the input that the expression's columns go to. */
export function formatExpression(expression: Expression, fields: readonly Field[]): string {
  const names = fields.map(({ name }) => name);
  return expressionText(expression, names, formatName);
}

/** In backticks where it is no plain word, or a reserved one. */
export function formatName(name: string): string {
  return /^[A-Za-z_][\w$]*$/.test(name) && !reservedWords.has(name.toUpperCase())
    ? name
    : `\`${name.replaceAll('`', '``')}\``;
}

/** `1 min`, `10 s`, `1500 ms`. */
export function formatDuration(ms: number): string {
  const names: Readonly<Record<string, string>> = { DAY: 'd', HOUR: 'h', MINUTE: 'min', SECOND: 's' };
  const found = intervalUnits.find(([, size]) => ms !== 0 && ms % size === 0);
  return found === undefined ? `${ms} ms` : `${ms / found[1]} ${names[found[0]]}`;
}
