/** FIRST_VALUE, LAST_VALUE and LISTAGG: aggregates that depend on the order of the rows; and SINGLE_VALUE, of one row. */
import type {
  AggregateFunction,
  AggregateImplementation,
  Argument,
  ImplementContext,
  Signature,
} from '../model/function.ts';
import { isCharacter, layoutOf, types, withNullable } from '../model/types.ts';
import { evaluationError } from './failure.ts';
import { checkCount, mismatch } from './signature.ts';
import { valueList } from './value-list.ts';

function inferOne(usage: string, args: readonly Argument[]): Signature {
  checkCount(usage, args, 1);
  const type = args[0]!.type.kind === 'null' ? types.of('int') : args[0]!.type;
  return { args: [type], result: withNullable(type, true) };
}

/** The first or the last value that is not NULL. */
function implementEnd(end: 'first' | 'last', { result, retract }: ImplementContext): AggregateImplementation {
  const isBytes = layoutOf(result) === 'string' && !isCharacter(result);
  const kept = (value: string): string => (isBytes ? `${value}.slice()` : value); // a view ends with its batch
  if (retract === true) {
    const place = end === 'first' ? '0' : '-1';
    return { ...valueList(result), result: ([list]) => `${list} === null ? null : ${list}.at(${place}) ?? null` };
  }
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

/** The separator comes with each row: it is a cell too. */
function implementList({ args, retract }: ImplementContext): AggregateImplementation {
  if (retract === true) return retractableList(args.length === 2);
  const separator = { name: 'separator', type: types.string(), initial: null };
  const append = (list: string, value: string, between: string): string =>
    `${list} = ${list} === null ? ${value} : ${list} + ${between} + ${value};`;
  if (args.length === 1) {
    return {
      cells: [{ name: 'list', type: types.string(), initial: null }],
      add: ([list], [value]) => append(list!, value!, "','"),
      merge: ([list], [other]) => `if (${other} !== null) ${append(list!, other!, "','")}`,
      result: ([list]) => list!,
    };
  }
  return {
    cells: [{ name: 'list', type: types.string(), initial: null }, separator],
    add: ([list, cell], [value, between]) => `${cell} = ${between}; ${append(list!, value!, cell!)}`,
    merge: ([list, cell], [other, between]) =>
      `if (${other} !== null) { ${cell} = ${between}; ${append(list!, other!, cell!)} }`,
    result: ([list]) => list!,
  };
}

function retractableList(hasSeparator: boolean): AggregateImplementation {
  const list = valueList(types.string());
  const joined = (cell: string, between: string): string =>
    `${cell} === null || ${cell}.length === 0 ? null : ${cell}.join(${between})`;
  if (!hasSeparator) return { ...list, result: ([cell]) => joined(cell!, "','") };
  return {
    ...list,
    cells: [...list.cells, { name: 'separator', type: types.string(), initial: null }],
    add: ([cell, separator], [value, between]) => `${list.add([cell!], [value!])} ${separator} = ${between};`,
    retract: ([cell], [value]) => list.retract!([cell!], [value!]),
    merge: ([cell, separator], [other, between]) =>
      `${list.merge([cell!], [other!])} ${separator} = ${between} ?? ${separator};`,
    result: ([cell, separator]) => joined(cell!, separator!),
  };
}

/** NULL without rows; more than one row is an error. What a sub-query that stands for a value gives. */
function implementSingle({ result }: ImplementContext): AggregateImplementation {
  const isBytes = layoutOf(result) === 'string' && !isCharacter(result);
  return {
    cells: [
      { name: 'count', type: types.of('double', false), initial: 0 },
      { name: 'value', type: result, initial: null },
    ],
    add: ([count, cell], [value]) =>
      `if (${count} > 0) moreThanOne(); ${count} += 1; ${cell} = ${isBytes ? `${value} && ${value}.slice()` : value};`,
    retract: ([count, cell]) => `${count} -= 1; if (${count} === 0) ${cell} = null;`,
    merge: ([count, cell], [otherCount, other]) =>
      `if (${otherCount} > 0) { if (${count} > 0) moreThanOne(); ${count} = ${otherCount}; ${cell} = ${other}; }`,
    result: ([, cell]) => cell!,
    helpers: { moreThanOne },
  };
}

function moreThanOne(): never {
  throw evaluationError('SINGLE_VALUE: expected one row, got more');
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
  {
    kind: 'aggregate',
    name: 'SINGLE_VALUE',
    category: 'aggregate',
    usage: 'SINGLE_VALUE(value)',
    description: 'The value of the only row; it is an error that there are more.',
    nulls: 'handled',
    infer: (args) => inferOne('SINGLE_VALUE(value)', args),
    implement: implementSingle,
  },
];
