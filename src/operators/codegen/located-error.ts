/** Failures on a row, with the expression that failed and where it stands. */
import { expressionText } from '../../functions/expression-text.ts';
import { EngineError, isEngineError } from '../../model/errors.ts';
import type { Expression } from '../../model/expression.ts';

const maxTextLength = 160; // characters of an expression in a message

const located = new WeakSet<object>();

/** Says of an error which expression threw it, unless an inner one has said so already. What is no failure of a row stays as it is. */
export function locatedError(error: unknown, expression: Expression, names: readonly string[]): unknown {
  if (!isEngineError(error) || located.has(error)) return error;
  if (error.code !== 'EVALUATION' && error.code !== 'LIMIT') return error;
  const message = `${cut(expressionText(expression, names))}: ${error.message}`;
  const { hint, cause } = error;
  const result = new EngineError(error.code, message, { hint, cause, position: error.position ?? expression.position });
  located.add(result);
  return result;
}

function cut(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength)}…`;
}
