/** Variances and standard deviations by Welford's method, as Flink: in doubles, then cast to the type of AVG. */
import type {
  AggregateFunction,
  AggregateImplementation,
  Argument,
  ImplementContext,
  Signature,
  SqlValue,
} from '../model/function.ts';
import { isNumeric, types, withNullable } from '../model/types.ts';
import { averageType } from './aggregate.ts';
import { castNumeric } from './cast-numeric.ts';
import { toFunction } from './implementation.ts';
import { checkCount, mismatch } from './signature.ts';

type Statistic = Readonly<{ isSample: boolean; isRoot: boolean }>;

function inferStatistic(usage: string, args: readonly Argument[]): Signature {
  checkCount(usage, args, 1);
  const type = args[0]!.type.kind === 'null' ? types.of('int') : args[0]!.type;
  if (!isNumeric(type)) throw mismatch(usage, args);
  return { args: [types.of('double', type.nullable)], result: averageType(type) };
}

const double = types.of('double', false);

/** `squares`: the sum of squared distances from the mean. Rows that were taken back before they came may leave it negative: NULL. */
function implementStatistic({ isSample, isRoot }: Statistic, ctx: ImplementContext): AggregateImplementation {
  const denominator = (count: string): string => (isSample ? `(${count} - 1)` : count);
  const value = (squares: string, count: string): string => {
    const variance = `${squares} / ${denominator(count)}`;
    return `castStatistic(${isRoot ? `Math.sqrt(${variance})` : variance})`;
  };
  return {
    cells: [
      { name: 'count', type: double, initial: 0 },
      { name: 'mean', type: double, initial: 0 },
      { name: 'squares', type: double, initial: 0 },
    ],
    add: ([count, mean, squares], [x]) =>
      `${count} += 1; if (${count} > 0) { const before = ${x} - ${mean}; ${mean} += before / ${count}; ` +
      `${squares} += before * (${x} - ${mean}); }`,
    retract: ([count, mean, squares], [x]) =>
      `${count} -= 1; if (${count} === 0) { ${mean} = 0; ${squares} = 0; } else if (${count} > 0) { ` +
      `const after = ${x} - ${mean}; ${mean} -= after / ${count}; ${squares} -= (${x} - ${mean}) * after; }`,
    merge: ([count, mean, squares], [otherCount, otherMean, otherSquares]) =>
      `if (${otherCount} > 0) { const sum = ${count} + ${otherCount}; const distance = ${otherMean} - ${mean}; ` +
      `${squares} += ${otherSquares} + ${count} * ${otherCount} / sum * distance * distance; ` +
      `${mean} += ${otherCount} / sum * distance; ${count} = sum; }`,
    result: ([count, , squares]) =>
      `${count} <= ${isSample ? 1 : 0} || ${squares} < 0 ? null : ${value(squares!, count!)}`,
    helpers: { castStatistic: castTo(ctx) },
  };
}

function castTo(ctx: ImplementContext): (value: number) => SqlValue {
  const { result, wide } = ctx;
  const cast = toFunction(
    castNumeric(double, withNullable(result, false)).implement({ ...ctx, args: [{ type: double }] }),
    1,
  );
  if (!wide || (result.kind !== 'decimal' && result.kind !== 'bigint')) return cast;
  return (value) => {
    const converted = cast(value);
    return converted === null ? null : BigInt(converted as number | bigint);
  };
}

function statistic(name: string, form: Statistic, description: string): AggregateFunction {
  const usage = `${name}([DISTINCT] number)`;
  return {
    kind: 'aggregate',
    name,
    category: 'aggregate',
    usage,
    description,
    infer: (args) => inferStatistic(usage, args),
    implement: (ctx) => implementStatistic(form, ctx),
  };
}

const ofSample = { isSample: true, isRoot: false };
const rootOfSample = { isSample: true, isRoot: true };
const sampleRule = 'NULL of fewer than two values.';

export const statisticAggregates: readonly AggregateFunction[] = [
  statistic('VAR_POP', { isSample: false, isRoot: false }, 'The variance of all values.'),
  statistic('VAR_SAMP', ofSample, `The variance of a sample; ${sampleRule}`),
  statistic('VARIANCE', ofSample, 'As VAR_SAMP.'),
  statistic('STDDEV_POP', { isSample: false, isRoot: true }, 'The standard deviation of all values.'),
  statistic('STDDEV_SAMP', rootOfSample, `The standard deviation of a sample; ${sampleRule}`),
  statistic('STDDEV', rootOfSample, 'As STDDEV_SAMP.'),
];
