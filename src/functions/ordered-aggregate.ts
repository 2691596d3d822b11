/** FIRST_VALUE, LAST_VALUE and LISTAGG: aggregates that depend on the order of the rows. */
import type {
  AggregateFunction,
  AggregateImplementation,
  Argument,
  ImplementContext,
  Signature,
} from '../model/function.ts';
import { isCharacter, layoutOf, types, withNullable } from '../model/types.ts';
import { checkCount, mismatch } from './signature.ts';

function inferOne(usage: string, args: readonly Argument[]): Signature {
  checkCount(usage, args, 1);
  const type = args[0]!.type.kind === 'null' ? types.of('int') : args[0]!.type;
  return { args: [type], result: withNullable(type, true) };
}

/** The first or the last value that is not NULL. */
function implementEnd(end: 'first' | 'last', { result }: ImplementContext): AggregateImplementation {
  const isBytes = layoutOf(result) === 'string' && !isCharacter(result);
  const kept = (value: string): string => (isBytes ? `${value}.slice()` : value); // a view ends with its batch
  return {
    cells: [{ name: 'value', type: result, initial: null }],
    add: ([cell], [value]) => `${end === 'first' ? `if (${cell} === null) ` : ''}${cell} = ${kept(value!)};`,
    merge: ([cell], [other]) =>
      `if (${end === 'first' ? `${cell} === null` : `${other} !== null`}) ${cell} = ${other};`,
    result: ([cell]) => cell!,
  };
}

function ofEnd(name: string, end: 'first' | 'last', description: string): AggregateFunction {
  const usage = `${name}(value)`;
  return {
    kind: 'aggregate',
    name,
    category: 'aggregate',
    usage,
    description,
    infer: (args) => inferOne(usage, args),
    implement: (ctx) => implementEnd(end, ctx),
  };
}

const listUsage = 'LISTAGG(string [, separator])';

function inferList(args: readonly Argument[]): Signature {
  checkCount(listUsage, args, 1, 2);
  const taken = args.map(({ type }) => (type.kind === 'null' ? types.string() : type));
  const isConstant = args.length === 1 || typeof args[1]!.literal === 'string';
  if (!taken.every(isCharacter) || !isConstant) throw mismatch(listUsage, args, 'The separator is a constant.');
  return { args: taken, result: types.string() };
}

function implementList({ args }: ImplementContext): AggregateImplementation {
  const separator = JSON.stringify(args[1]?.literal ?? ',');
  const append = (cell: string, value: string): string =>
    `${cell} = ${cell} === null ? ${value} : ${cell} + ${separator} + ${value};`;
  return {
    cells: [{ name: 'list', type: types.string(), initial: null }],
    add: ([cell], [value]) => append(cell!, value!),
    merge: ([cell], [other]) => `if (${other} !== null) ${append(cell!, other!)}`,
    result: ([cell]) => cell!,
  };
}

export const orderedAggregates: readonly AggregateFunction[] = [
  ofEnd('FIRST_VALUE', 'first', 'The first value that is not NULL.'),
  ofEnd('LAST_VALUE', 'last', 'The last value that is not NULL.'),
  {
    kind: 'aggregate',
    name: 'LISTAGG',
    category: 'aggregate',
    usage: listUsage,
    description: 'The strings that are not NULL, with a separator (a comma) between them.',
    infer: inferList,
    implement: implementList,
  },
];
