/** PERCENTILE: exact, with every value and how often it is there. */
import type {
  AggregateFunction,
  AggregateImplementation,
  Argument,
  ImplementContext,
  Signature,
} from '../model/function.ts';
import { type DataType, isInteger, isNumeric, types } from '../model/types.ts';
import { evaluationError } from './failure.ts';
import { checkCount, mismatch } from './signature.ts';
import { bagForm } from './value-bag.ts';

const usage = 'PERCENTILE(number, percentage or ARRAY of them [, frequency])';
const double = types.of('double');

function inferPercentile(args: readonly Argument[]): Signature {
  checkCount(usage, args, 2, 3);
  const [value, percentage, frequency] = args as [Argument, Argument, Argument | undefined];
  const isList = percentage.type.kind === 'array';
  const share = percentage.type.kind === 'array' ? percentage.type.element : percentage.type;
  const fits = isNumeric(value.type) && isNumeric(share) && (frequency === undefined || isInteger(frequency.type));
  if (!fits) throw mismatch(usage, args);
  checkPercentages(usage, args);
  const taken: DataType[] = [
    types.of('double', value.type.nullable),
    isList
      ? types.array(types.of('double', share.nullable), percentage.type.nullable)
      : types.of('double', share.nullable),
  ];
  if (frequency !== undefined) taken.push(types.of('bigint', frequency.type.nullable));
  return { args: taken, result: isList ? types.array(double) : double };
}

/** The second argument, where it is a constant, is from 0 to 1. */
export function checkPercentages(usage: string, args: readonly Argument[]): void {
  const { type, literal } = args[1]!;
  if (typeof literal !== 'number' && typeof literal !== 'bigint') return;
  const value = type.kind === 'decimal' ? Number(literal) / 10 ** type.scale : Number(literal);
  if (value < 0 || value > 1) throw mismatch(usage, args, 'A percentage is a number from 0 to 1.');
}

function implementPercentile({ result }: ImplementContext): AggregateImplementation {
  const bag = bagForm(types.of('double', false));
  const isList = result.kind === 'array';
  const count = (frequency: string | undefined): string => (frequency === undefined ? '1' : `Number(${frequency})`);
  const change = (values: string, [value, , frequency]: readonly string[], sign: string): string =>
    `const count = ${count(frequency)}; if (count > 0) { ${values} ??= new Map(); ` +
    `${bag.add}(${values}, ${value}, ${sign}count); }`;
  const percentages = isList ? types.array(double) : double;
  return {
    cells: [
      { name: 'values', type: bag.type, initial: null },
      { name: 'percentages', type: percentages, initial: null },
    ],
    integers: 'row',
    add: ([values, shares], parts) =>
      `if (${shares} === null) ${shares} = checkedPercentages(${parts[1]}); ${change(values!, parts, '')}`,
    retract: ([values], parts) => change(values!, parts, '-'),
    merge: ([values, shares], [others, otherShares]) =>
      `${values} = ${bag.merge}(${values}, ${others}); ${shares} ??= ${otherShares};`,
    result: ([values, shares]) =>
      isList
        ? `percentilesOf(${values}, ${shares})`
        : `(percentilesOf(${values}, ${shares} === null ? null : [${shares}]) ?? [null])[0]`,
    helpers: { ...bag.helpers, checkedPercentages, percentilesOf },
  };
}

function checkedPercentages(percentages: number | readonly number[]): number | readonly number[] {
  const shares = typeof percentages === 'number' ? [percentages] : percentages;
  for (const share of shares) {
    if (!(share >= 0 && share <= 1))
      throw evaluationError(`PERCENTILE: expected percentages from 0 to 1, got ${share}`);
  }
  return percentages;
}

/** Between two values in the proportion of the distances. */
function percentilesOf(
  values: ReadonlyMap<number, number> | null,
  percentages: readonly number[] | null,
): number[] | null {
  const sorted = [...(values ?? [])].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total <= 0 || percentages === null || percentages.length === 0) return null;
  return percentages.map((share) => {
    const position = share * (total - 1) + 1;
    const [lower, higher] = [Math.floor(position), Math.ceil(position)];
    let place = 0;
    let before = sorted[0]![1];
    while (before < lower) before += sorted[++place]![1];
    const value = sorted[place]![0];
    return before >= higher ? value : (higher - position) * value + (position - lower) * sorted[place + 1]![0];
  });
}

export const percentileAggregates: readonly AggregateFunction[] = [
  {
    kind: 'aggregate',
    name: 'PERCENTILE',
    category: 'aggregate',
    usage,
    description: 'The value below which a share of the values lies; between two of them by their distances.',
    infer: inferPercentile,
    implement: implementPercentile,
  },
];
