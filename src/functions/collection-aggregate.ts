/** COLLECT and ARRAY_AGG: the values themselves. */
import type {
  AggregateFunction,
  AggregateImplementation,
  Argument,
  ImplementContext,
  Signature,
} from '../model/function.ts';
import { type DataType, types, withNullable } from '../model/types.ts';
import { keptHelpers, keptValue } from './kept-value.ts';
import { checkCount } from './signature.ts';
import { bagForm } from './value-bag.ts';
import { valueList } from './value-list.ts';

const collectUsage = 'COLLECT([DISTINCT] value)';
const arrayUsage = 'ARRAY_AGG([DISTINCT] value [{ RESPECT | IGNORE } NULLS])';

function elementOf(usage: string, args: readonly Argument[]): DataType {
  checkCount(usage, args, 1);
  return args[0]!.type.kind === 'null' ? types.of('int') : args[0]!.type;
}

function inferCollect(args: readonly Argument[]): Signature {
  const element = elementOf(collectUsage, args);
  return { args: [element], result: { kind: 'multiset', element: withNullable(element, false), nullable: false } };
}

function implementCollect({ args, wide }: ImplementContext): AggregateImplementation {
  const element = args[0]!.type;
  const bag = bagForm(withNullable(element, false));
  const change = (cell: string, value: string, count: number): string =>
    `${cell} ??= new Map(); ${bag.add}(${cell}, ${keptValue(element, value, wide)}, ${count});`;
  return {
    cells: [{ name: 'values', type: bag.type, initial: null }],
    integers: 'row',
    add: ([cell], [value]) => change(cell!, value!, 1),
    retract: ([cell], [value]) => change(cell!, value!, -1),
    merge: ([cell], [other]) => `${cell} = ${bag.merge}(${cell}, ${other});`,
    result: ([cell]) => `${bag.counts}(${cell})`,
    helpers: { ...bag.helpers, ...keptHelpers },
  };
}

function inferArray(args: readonly Argument[]): Signature {
  const element = elementOf(arrayUsage, args);
  return { args: [element], result: types.array(element) };
}

function implementArray({ args, wide }: ImplementContext): AggregateImplementation {
  const element = args[0]!.type;
  return {
    ...valueList(element, (value) => keptValue(element, value, wide)),
    result: ([list]) => `arrayOfValues(${list})`,
  };
}

export const collectionAggregates: readonly AggregateFunction[] = [
  {
    kind: 'aggregate',
    name: 'COLLECT',
    category: 'aggregate',
    usage: collectUsage,
    description: 'The values that are not NULL, as a multiset.',
    infer: inferCollect,
    implement: implementCollect,
  },
  {
    kind: 'aggregate',
    name: 'ARRAY_AGG',
    category: 'aggregate',
    usage: arrayUsage,
    description: 'The values in the order of the rows, with NULLs unless they are to be ignored. NULL without any.',
    nulls: 'handled',
    infer: inferArray,
    implement: implementArray,
  },
];
