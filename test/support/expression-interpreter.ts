/**
 * A second, slow meaning of expressions: one value at a time, integers as bigint, no code generated. Only for the functions that the laws
 * about generated code use.
 */
import { assert, EngineError } from '../../src/model/errors.ts';
import type { Expression } from '../../src/model/expression.ts';
import { type DataType, isInteger } from '../../src/model/types.ts';

/** Integers are bigint, NULL is null. */
export type Interpreted = bigint | number | boolean | string | null;

export function interpret(expression: Expression, row: readonly Interpreted[]): Interpreted {
  const inner = (e: Expression): Interpreted => interpret(e, row);
  switch (expression.kind) {
    case 'column':
      return row[expression.index]!;
    case 'literal':
      return isInteger(expression.type) && expression.value !== null
        ? BigInt(expression.value as number)
        : (expression.value as Interpreted);
    case 'not': {
      const value = inner(expression.arg);
      return value === null ? null : !value;
    }
    case 'is_null':
      return inner(expression.arg) === null;
    case 'is_not_null':
      return inner(expression.arg) !== null;
    case 'and':
    case 'or':
      return logic(expression.kind === 'or', expression.args, inner);
    case 'case': {
      const branch = expression.branches.find(({ when }) => inner(when) === true);
      return inner(branch?.result ?? expression.otherwise);
    }
    case 'cast':
      return castTo(expression.type, inner(expression.arg));
    case 'call': {
      const [a, b] = expression.args.map(inner) as [Interpreted, Interpreted];
      return a === null || b === null ? null : binary(expression.name, expression.type, a, b);
    }
    default:
      return assert(false, () => `the interpreter does not know ${expression.kind}`) as never;
  }
}

function logic(decisive: boolean, args: readonly Expression[], inner: (e: Expression) => Interpreted): Interpreted {
  let result: Interpreted = !decisive;
  for (const arg of args) {
    const value = inner(arg);
    if (value === decisive) return decisive;
    if (value === null) result = null;
  }
  return result;
}

const bits: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, int: 32, bigint: 64 };

function castTo(type: DataType, value: Interpreted): Interpreted {
  if (value === null) return null;
  if (type.kind === 'double') return Number(value);
  if (type.kind === 'varchar') return String(value);
  return BigInt.asIntN(bits[type.kind]!, value as bigint);
}

function binary(name: string, type: DataType, a: Interpreted, b: Interpreted): Interpreted {
  const [x, y] = [a!, b!];
  switch (name) {
    case '=':
      return x === y;
    case '<>':
      return x !== y;
    case '<':
      return x < y;
    case '<=':
      return x <= y;
    case '>':
      return x > y;
    case '>=':
      return x >= y;
    case '||':
      return `${x as string}${y as string}`;
    default:
      return typeof x === 'number' ? double(name, x, y as number) : integer(name, type, x as bigint, y as bigint);
  }
}

function double(name: string, x: number, y: number): number {
  if (name === '+') return x + y;
  if (name === '-') return x - y;
  return name === '*' ? x * y : x / y;
}

function integer(name: string, type: DataType, x: bigint, y: bigint): bigint {
  const wrap = (value: bigint): bigint => BigInt.asIntN(bits[type.kind]!, value);
  if (name === '+') return wrap(x + y);
  if (name === '-') return wrap(x - y);
  if (name === '*') return wrap(x * y);
  if (y === 0n) throw new EngineError('EVALUATION', 'division by zero');
  return wrap(name === '/' ? x / y : x % y);
}
