/** APPROX_COUNT_DISTINCT and APPROX_PERCENTILE, beyond Flink: in little memory, whatever comes. Rows can't be taken back. */
import type {
  AggregateFunction,
  AggregateImplementation,
  Argument,
  ImplementContext,
  Signature,
} from '../model/function.ts';
import { isNumeric, types } from '../model/types.ts';
import { addToSketch, estimateOf, mergeSketches } from './hyper-log-log.ts';
import { keptHelpers, keptValue } from './kept-value.ts';
import { checkPercentages } from './percentile-aggregate.ts';
import { checkCount, mismatch } from './signature.ts';
import { addToDigest, mergeDigests, percentileOf } from './t-digest.ts';

const countUsage = 'APPROX_COUNT_DISTINCT(value)';
const percentileUsage = 'APPROX_PERCENTILE(number, percentage)';

function inferCount(args: readonly Argument[]): Signature {
  checkCount(countUsage, args, 1);
  return { args: args.map(({ type }) => type), result: types.of('bigint', false) };
}

function implementCount({ args, wide }: ImplementContext): AggregateImplementation {
  const estimate = (cell: string): string => (wide ? `BigInt(estimateOf(${cell}))` : `estimateOf(${cell})`);
  return {
    cells: [{ name: 'sketch', type: types.bytes(), initial: null }],
    add: ([cell], [value]) => `${cell} = addToSketch(${cell}, ${keptValue(args[0]!.type, value!, wide)});`,
    merge: ([cell], [other]) => `${cell} = mergeSketches(${cell}, ${other});`,
    result: ([cell]) => estimate(cell!),
    helpers: { addToSketch, mergeSketches, estimateOf, ...keptHelpers },
  };
}

function inferPercentile(args: readonly Argument[]): Signature {
  checkCount(percentileUsage, args, 2);
  if (!args.every(({ type }) => isNumeric(type))) throw mismatch(percentileUsage, args);
  checkPercentages(percentileUsage, args);
  return { args: args.map(({ type }) => types.of('double', type.nullable)), result: types.of('double') };
}

function implementPercentile(): AggregateImplementation {
  const double = types.of('double');
  return {
    cells: [
      { name: 'digest', type: types.array(double), initial: null },
      { name: 'percentage', type: double, initial: null },
    ],
    add: ([digest, share], [value, percentage]) =>
      `${digest} ??= []; addToDigest(${digest}, ${value}); ${share} = ${percentage};`,
    merge: ([digest, share], [other, otherShare]) =>
      `${digest} = mergeDigests(${digest}, ${other}); ${share} ??= ${otherShare};`,
    result: ([digest, share]) => `percentileOf(${digest}, ${share})`,
    helpers: { addToDigest, mergeDigests, percentileOf },
  };
}

export const approximateAggregates: readonly AggregateFunction[] = [
  {
    kind: 'aggregate',
    name: 'APPROX_COUNT_DISTINCT',
    category: 'approximate',
    usage: countUsage,
    description: 'About how many distinct values there are, NULL aside: HyperLogLog with a standard error of 0.8 %.',
    infer: inferCount,
    implement: implementCount,
  },
  {
    kind: 'aggregate',
    name: 'APPROX_PERCENTILE',
    category: 'approximate',
    usage: percentileUsage,
    description: 'About the value below which a share of the values lies, by a t-digest.',
    infer: inferPercentile,
    implement: implementPercentile,
  },
];
