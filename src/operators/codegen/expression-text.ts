/** Expressions as SQL-like text, for messages. */
import type { Expression, LiteralValue } from '../../model/expression.ts';
import { formatType, withNullable } from '../../model/types.ts';

const maxLength = 160; // of a text in a message

/** `price / quantity`; long ones are cut. `names` are those of the columns. */
export function expressionText(expression: Expression, names: readonly string[]): string {
  const text = write(expression, names);
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

function write(expression: Expression, names: readonly string[]): string {
  const inner = (e: Expression): string => write(e, names);
  const operand = (e: Expression): string => (isInfix(e) ? `(${inner(e)})` : inner(e));
  switch (expression.kind) {
    case 'column':
      return names[expression.index] ?? `$${expression.index}`;
    case 'literal':
      return writeLiteral(expression.value);
    case 'call': {
      const { name, args } = expression;
      if (isInfix(expression)) return args.map(operand).join(` ${name} `);
      return `${name}(${args.map(inner).join(', ')})`;
    }
    case 'cast': {
      const name = expression.onError === 'fail' ? 'CAST' : 'TRY_CAST';
      return `${name}(${inner(expression.arg)} AS ${formatType(withNullable(expression.type, true))})`;
    }
    case 'case': {
      const branches = expression.branches.map(({ when, result }) => `WHEN ${inner(when)} THEN ${inner(result)}`);
      return `CASE ${branches.join(' ')} ELSE ${inner(expression.otherwise)} END`;
    }
    case 'and':
    case 'or':
      return expression.args.map(operand).join(` ${expression.kind.toUpperCase()} `);
    case 'not':
      return `NOT ${operand(expression.arg)}`;
    case 'is_null':
      return `${operand(expression.arg)} IS NULL`;
    case 'is_not_null':
      return `${operand(expression.arg)} IS NOT NULL`;
    case 'field': {
      const { arg, index } = expression;
      return `${operand(arg)}.${arg.type.kind === 'row' ? arg.type.fields[index]!.name : index}`;
    }
  }
}

function isInfix(expression: Expression): boolean {
  if (expression.kind === 'and' || expression.kind === 'or') return true;
  return expression.kind === 'call' && expression.args.length === 2 && /^(?:\W+|LIKE)$/.test(expression.name);
}

function writeLiteral(value: LiteralValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return value instanceof Uint8Array ? `X'${hexOf(value)}'` : String(value).toUpperCase();
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
