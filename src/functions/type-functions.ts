/** TYPEOF, and OVERLAPS of two periods. */
import type {
  Argument,
  Implementation,
  ImplementContext,
  ScalarFunction,
  Signature,
  SqlValue,
} from '../model/function.ts';
import { rowInteger } from '../model/row.ts';
import { type DataType, formatType, isTimestamp, maxStringLength, types } from '../model/types.ts';
import { castFunction } from './cast.ts';
import { commonType } from './common-type.ts';
import { toFunction } from './implementation.ts';
import { isMoment } from './moment.ts';
import { anyNullable, checkCount, mismatch, scalar } from './signature.ts';
import { implementTemporal } from './temporal-arithmetic.ts';

const typeOfUsage = 'TYPEOF(value [, serializable])';

/** Flink's text of a type as a catalog would keep it: `VARCHAR(2147483647)` for STRING. */
function serializable(type: DataType): string {
  return formatType(type)
    .replaceAll(/\bSTRING\b/g, `VARCHAR(${maxStringLength})`)
    .replaceAll(/\bBYTES\b/g, `VARBINARY(${maxStringLength})`);
}

const overlapsUsage = '(start1, end1 or length1) OVERLAPS (start2, end2 or length2)';

type Period = Readonly<{ start: DataType; end: DataType }>;

function periodOf(argument: Argument): Period | null {
  const { type } = argument;
  if (type.kind !== 'row' || type.fields.length !== 2) return null;
  const [start, end] = type.fields.map((field) => field.type) as [DataType, DataType];
  const isLength = end.kind === 'interval_millis' || end.kind === 'interval_months';
  return isMoment(start) && (isLength || commonType([start, end]) !== null) ? { start, end } : null;
}

function inferOverlaps(args: readonly Argument[]): Signature {
  checkCount(overlapsUsage, args, 2);
  const periods = args.map(periodOf);
  const [left, right] = periods;
  if (left == null || right == null || commonType([left.start, right.start]) === null) {
    throw mismatch(overlapsUsage, args);
  }
  const parts = [left.start, left.end, right.start, right.end].map((type) => ({ type }));
  return { args: args.map(({ type }) => type), result: types.of('boolean', anyNullable([...args, ...parts])) };
}

/** The ends count: a period that begins where the other ends overlaps it. With an end unknown, the others may still say that none does. */
function implementOverlaps(ctx: ImplementContext): Implementation {
  const [left, right] = ctx.args.map((argument) => periodOf(argument)!) as [Period, Period];
  const common = commonType([left.start, right.start, ...[left.end, right.end].filter(isMoment)])!;
  const [endsOfLeft, endsOfRight] = [readerOf(left, common, ctx), readerOf(right, common, ctx)];
  return {
    kind: 'call',
    mayBeNull: true,
    call: (a: readonly SqlValue[], b: readonly SqlValue[]) => {
      const [start, end] = endsOfLeft(a);
      const [otherStart, otherEnd] = endsOfRight(b);
      const reaches = [isReached(end, otherStart), isReached(otherEnd, start)];
      return reaches.includes(false) ? false : reaches.includes(null) ? null : true;
    },
  };
}

type End = number | bigint | null;
type Ends = (period: readonly SqlValue[]) => readonly [End, End];
type Convert = (value: SqlValue) => End;

function isReached(end: End, start: End): boolean | null {
  return end === null || start === null ? null : end >= start;
}

/** Both ends in one type, the earlier one first; where one is NULL the second is first, as in Flink. */
function readerOf({ start, end }: Period, common: DataType, ctx: ImplementContext): Ends {
  const wide = isTimestamp(common) && common.precision > 3; // such units leave the exact doubles
  const toCommon = (from: DataType): Convert => {
    const made = castFunction(from, common).implement({ ...ctx, wide, args: [{ type: from }], result: common });
    const convert = toFunction(made, 1) as (value: SqlValue) => End;
    const isBig = wide && isTimestamp(from);
    return (value) => (value === null ? null : convert(isBig ? BigInt(value as number) : value));
  };
  const startOf = toCommon(start);
  const sum = isMoment(end) ? null : sumOf(start, end, ctx);
  const endOf = sum === null ? toCommon(end) : startOf;
  return ([from, to]) => {
    const first = startOf(from!);
    const second = endOf(sum === null ? to! : sum(from!, to!));
    return first !== null && second !== null && first <= second ? [first, second] : [second, first];
  };
}

function sumOf(
  start: DataType,
  length: DataType,
  ctx: ImplementContext,
): (start: SqlValue, length: SqlValue) => SqlValue {
  const args = [{ type: start }, { type: length }];
  const wide = isTimestamp(start) && start.precision > 3; // units below the millisecond leave the exact doubles
  const add = toFunction(implementTemporal('+', { ...ctx, wide, args, result: start })!, 2);
  return (from, by) => {
    if (from === null || by === null) return null;
    return wide ? rowInteger(add(BigInt(from as number), BigInt(by as number)) as bigint) : add(from, by);
  };
}

export const typeFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'TYPEOF',
    category: 'conversion',
    usage: typeOfUsage,
    description: 'The type of the value, as text; with TRUE in all detail.',
    nulls: 'handled',
    integers: 'any',
    infer: (args) => {
      checkCount(typeOfUsage, args, 1, 2);
      if (args[1] !== undefined && typeof args[1].literal !== 'boolean') throw mismatch(typeOfUsage, args);
      return { args: args.map(({ type }) => type), result: types.string() };
    },
    implement: ({ args }) => {
      const text = args[1]?.literal === true ? serializable(args[0]!.type) : formatType(args[0]!.type);
      return { kind: 'call', call: () => text };
    },
  }),
  scalar({
    name: 'OVERLAPS',
    category: 'temporal',
    usage: overlapsUsage,
    description: 'Whether two periods have an instant in common.',
    integers: 'any',
    infer: inferOverlaps,
    implement: implementOverlaps,
  }),
];
