/** COUNT SUM AVG: their cells and steps. */
import { type Decimal, divideDecimal, fitDecimal, maxDecimalPrecision } from '../model/decimal.ts';
import type {
  AccumulatorCell,
  AggregateFunction,
  AggregateImplementation,
  Argument,
  ImplementContext,
  Signature,
} from '../model/function.ts';
import { type DataType, isInteger, isNumeric, types, withNullable } from '../model/types.ts';
import { inRange } from './arithmetic.ts';
import { checkCount, mismatch } from './signature.ts';

const counter: AccumulatorCell = { name: 'count', type: types.of('bigint', false), initial: 0 };

function one(wide: boolean): string {
  return wide ? '1n' : '1';
}

function isZero(cell: string, wide: boolean): string {
  return `${cell} === ${wide ? '0n' : '0'}`;
}

const countFunction: AggregateFunction = {
  kind: 'aggregate',
  name: 'COUNT',
  category: 'aggregate',
  usage: 'COUNT(*) or COUNT([DISTINCT] value, …)',
  description: 'How many rows, or how many whose value is not NULL.',
  infer: (args) => {
    checkCount('COUNT(*) or COUNT([DISTINCT] value, …)', args, 0, 254);
    return { args: args.map(({ type }) => type), result: types.of('bigint', false) };
  },
  implement: ({ wide }) => ({
    cells: [counter],
    add: ([count]) => `${count} += ${one(wide)};`,
    merge: ([count], [other]) => `${count} += ${other};`,
    retract: ([count]) => `${count} -= ${one(wide)};`,
    result: ([count]) => count!,
  }),
};

/** One numeric argument; a NULL literal counts as INT. */
function numericArgument(usage: string, args: readonly Argument[]): DataType {
  checkCount(usage, args, 1);
  const { type } = args[0]!;
  if (type.kind === 'null') return types.of('int');
  if (!isNumeric(type)) throw mismatch(usage, args);
  return type;
}

function inferSum(args: readonly Argument[]): Signature {
  const type = numericArgument('SUM([DISTINCT] number)', args);
  const result = type.kind === 'decimal' ? types.decimal(maxDecimalPrecision, type.scale) : withNullable(type, true);
  return { args: [type], result };
}

/** The sum and how many went in: without any it is NULL. Integers wrap at their type, a DECIMAL that does not fit is NULL. */
function implementSum({ result, wide }: ImplementContext): AggregateImplementation {
  const isDecimal = result.kind === 'decimal';
  const add = (sum: string, value: string): string => wrapSum(result, `${sum} + ${value}`, wide);
  const take = (sum: string, value: string): string => wrapSum(result, `${sum} - ${value}`, wide);
  return {
    cells: [{ name: 'sum', type: withNullable(result, false), initial: 0 }, counter],
    add: ([sum, count], [value]) => `${sum} = ${add(sum!, value!)}; ${count} += ${one(wide)};`,
    merge: ([sum, count], [otherSum, otherCount]) => `${sum} = ${add(sum!, otherSum!)}; ${count} += ${otherCount};`,
    retract: ([sum, count], [value]) => `${sum} = ${take(sum!, value!)}; ${count} -= ${one(wide)};`,
    result: ([sum, count]) =>
      `${isZero(count!, wide)} ? null : ${isDecimal && wide ? `fitWideDecimal(${sum}, ${maxDecimalPrecision})` : sum}`,
    helpers: isDecimal ? { fitWideDecimal } : undefined,
  };
}

function wrapSum(type: DataType, source: string, wide: boolean): string {
  return type.kind === 'float' ? `Math.fround(${source})` : inRange(type, source, wide);
}

function fitWideDecimal(value: bigint, precision: number): bigint | null {
  const fitting = fitDecimal(value, precision);
  return fitting === null ? null : BigInt(fitting);
}

const minAverageScale = 6;

function inferAverage(args: readonly Argument[]): Signature {
  const type = numericArgument('AVG([DISTINCT] number)', args);
  return { args: [type], result: averageType(type) };
}

/** Of AVG and the statistics: integers give integers. */
export function averageType(type: DataType): DataType {
  if (type.kind !== 'decimal') return withNullable(type, true);
  return types.decimal(maxDecimalPrecision, Math.max(minAverageScale, type.scale));
}

/** Integers: a BIGINT sum, the quotient cut towards zero. */
function implementAverage({ args, result, wide }: ImplementContext): AggregateImplementation {
  const { type } = args[0]!;
  const sumType = averageSumType(type);
  const wrap = (source: string): string => inRange(sumType, source, wide);
  const asSum = (value: string): string =>
    wide && isInteger(type) && type.kind !== 'bigint' ? `BigInt(${value})` : value;
  const average = averageSource(type, result, wide);
  return {
    cells: [{ name: 'sum', type: sumType, initial: 0 }, counter],
    add: ([sum, count], [value]) => `${sum} = ${wrap(`${sum} + ${asSum(value!)}`)}; ${count} += ${one(wide)};`,
    merge: ([sum, count], [otherSum, otherCount]) =>
      `${sum} = ${wrap(`${sum} + ${otherSum}`)}; ${count} += ${otherCount};`,
    retract: ([sum, count], [value]) => `${sum} = ${wrap(`${sum} - ${asSum(value!)}`)}; ${count} -= ${one(wide)};`,
    result: ([sum, count]) => `${isZero(count!, wide)} ? null : ${average.source(sum!, count!)}`,
    helpers: average.helpers,
  };
}

function averageSumType(type: DataType): DataType {
  if (isInteger(type)) return types.of('bigint', false);
  if (type.kind === 'decimal') return types.decimal(maxDecimalPrecision, type.scale, false);
  return types.of('double', false);
}

type AverageSource = Readonly<{
  source: (sum: string, count: string) => string;
  helpers?: Readonly<Record<string, unknown>> | undefined;
}>;

function averageSource(type: DataType, result: DataType, wide: boolean): AverageSource {
  if (type.kind === 'decimal' && result.kind === 'decimal') {
    const [name, helper] = wide ? ['averageWideDecimal', averageWideDecimal] : ['averageDecimal', averageDecimal];
    return {
      source: (sum, count) => `${name}(${sum}, ${count}, ${type.scale}, ${result.scale})`,
      helpers: { [name]: helper },
    };
  }
  if (isInteger(type)) return { source: (sum, count) => integerAverage(type, sum, count, wide) };
  return { source: (sum, count) => fround(result, wide ? `${sum} / Number(${count})` : `${sum} / ${count}`) };
}

function integerAverage(type: DataType, sum: string, count: string, wide: boolean): string {
  if (!wide) return inRange(type, `(${sum} - ${sum} % ${count}) / ${count}`, false);
  return type.kind === 'bigint' ? `${sum} / ${count}` : `Number(${sum} / ${count})`;
}

function fround(type: DataType, source: string): string {
  return type.kind === 'float' ? `Math.fround(${source})` : source;
}

function averageDecimal(sum: Decimal, count: Decimal, scale: number, resultScale: number): Decimal | null {
  return divideDecimal({ unscaled: sum, scale }, { unscaled: count, scale: 0 }, maxDecimalPrecision, resultScale);
}

function averageWideDecimal(sum: bigint, count: bigint, scale: number, resultScale: number): bigint | null {
  const average = averageDecimal(sum, count, scale, resultScale);
  return average === null ? null : BigInt(average);
}

export const aggregateFunctions: readonly AggregateFunction[] = [
  countFunction,
  {
    kind: 'aggregate',
    name: 'SUM',
    category: 'aggregate',
    usage: 'SUM([DISTINCT] number)',
    description: 'The sum of what is not NULL; integers keep their type and wrap. NULL without any.',
    infer: inferSum,
    implement: implementSum,
  },
  {
    kind: 'aggregate',
    name: 'AVG',
    category: 'aggregate',
    usage: 'AVG([DISTINCT] number)',
    description: 'The mean of what is not NULL; of integers an integer, cut towards zero. NULL without any.',
    infer: inferAverage,
    implement: implementAverage,
  },
];
