/** ARRAY_APPEND … ARRAY_UNION, ELEMENT: functions of arrays. Inside arrays integers are numbers where they are safe. */
import type { Argument, ScalarFunction, Signature, SqlValue } from '../model/function.ts';
import { rowInteger, rowText } from '../model/row.ts';
import { type DataType, isCharacter, isInteger, layoutOf, types, withNullable } from '../model/types.ts';
import { castKind } from './cast.ts';
import { commonType } from './common-type.ts';
import { evaluationError } from './failure.ts';
import { anyNullable, checkCount, mismatch, scalar } from './signature.ts';
import { compareBytes, compareText, equalObjects } from './text-order.ts';

type List = readonly SqlValue[];
type ArrayType = DataType & Readonly<{ kind: 'array'; element: DataType }>;
type Infer = (args: readonly Argument[]) => Signature;

function stored(value: SqlValue): SqlValue {
  return typeof value === 'bigint' ? rowInteger(value) : value;
}

function arrayOf(usage: string, args: readonly Argument[], index = 0): ArrayType {
  const type = args[index]!.type;
  if (type.kind !== 'array') throw mismatch(usage, args);
  return type as ArrayType;
}

/** (array, element): the element is cast to the array's type where that loses nothing. */
function withElement(usage: string, result: (array: ArrayType, element: DataType) => DataType): Infer {
  return (args) => {
    checkCount(usage, args, 2);
    const array = arrayOf(usage, args);
    const given = args[1]!.type;
    if (castKind(given, array.element) !== 'implicit')
      throw mismatch(usage, args, 'The value must be of the type of the elements.');
    const element = withNullable(array.element, given.nullable || given.kind === 'null');
    return { args: [array, element], result: result(array, element) };
  };
}

/** The array's type, its elements nullable where the new one is. */
function grown(array: ArrayType, element: DataType): DataType {
  return { ...array, element: withNullable(array.element, array.element.nullable || element.nullable) };
}

function alone(usage: string, result: (array: ArrayType) => DataType): Infer {
  return (args) => {
    checkCount(usage, args, 1);
    const array = arrayOf(usage, args);
    return { args: [array], result: result(array) };
  };
}

const most = 254; // arguments of a Java method, Flink's limit

/** Arrays of one type. */
function together(usage: string, min: number, max: number): Infer {
  return (args) => {
    checkCount(usage, args, min, max);
    const type = commonType(args.map((arg) => arg.type));
    if (type?.kind !== 'array') throw mismatch(`${usage} of one type`, args);
    return {
      args: args.map((arg) => withNullable(type, arg.type.nullable)),
      result: withNullable(type, anyNullable(args)),
    };
  };
}

/** Each value once, in the order of its first. */
function distinct(values: List): SqlValue[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const text = rowText([value]);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function membership(values: List): (value: SqlValue) => boolean {
  const texts = new Set(values.map((value) => rowText([value])));
  return (value) => texts.has(rowText([value]));
}

const sliceUsage = 'ARRAY_SLICE(array, start [, end])';

function inferSlice(args: readonly Argument[]): Signature {
  checkCount(sliceUsage, args, 2, 3);
  const array = arrayOf(sliceUsage, args);
  const [, ...offsets] = args.map(({ type }) => (type.kind === 'null' ? types.of('int') : type));
  if (!offsets.every((type) => isInteger(type) && type.kind !== 'bigint')) throw mismatch(sliceUsage, args);
  return { args: [array, ...offsets], result: withNullable(array, anyNullable(args)) };
}

/** Both ends count, from 1; below 0 from the end; 0 is the beginning. */
function slice(array: List, start: number, end: number = array.length): List {
  const fromEnd = (offset: number): number => (offset < 0 ? offset + array.length + 1 : offset);
  const first = Math.max(1, fromEnd(start));
  const last = fromEnd(end) === 0 ? 1 : Math.min(fromEnd(end), array.length);
  return last < first ? [] : array.slice(first - 1, last);
}

const joinUsage = 'ARRAY_JOIN(array, delimiter [, replacement of NULL])';

function inferJoin(args: readonly Argument[]): Signature {
  checkCount(joinUsage, args, 2, 3);
  const array = arrayOf(joinUsage, args);
  const [, ...texts] = args.map(({ type }) => (type.kind === 'null' ? types.string() : type));
  if (!isCharacter(array.element) || !texts.every(isCharacter)) throw mismatch(joinUsage, args);
  return { args: [array, ...texts], result: types.string(anyNullable(args)) };
}

function join(array: readonly (string | null)[], delimiter: string, replacement: string | null = null): string {
  return array
    .map((value) => value ?? replacement)
    .filter((value) => value !== null)
    .join(delimiter);
}

type Compare = (a: SqlValue, b: SqlValue) => number;

/** Throws for elements that have no order. */
function orderOf(usage: string, args: readonly Argument[], { element }: ArrayType): Compare {
  if (isCharacter(element)) return (a, b) => compareText(a as string, b as string);
  if (layoutOf(element) === 'string') return (a, b) => compareBytes(a as Uint8Array, b as Uint8Array);
  if (layoutOf(element) === 'object') throw mismatch(`${usage} of elements that have an order`, args);
  return (a, b) => (a! < b! ? -1 : a! > b! ? 1 : 0);
}

const sortUsage = 'ARRAY_SORT(array [, ascending [, nulls first]])';

function inferSort(args: readonly Argument[]): Signature {
  checkCount(sortUsage, args, 1, 3);
  const array = arrayOf(sortUsage, args);
  orderOf(sortUsage, args, array);
  const [, ...flags] = args.map(({ type }) => (type.kind === 'null' ? types.of('boolean') : type));
  if (!flags.every((type) => type.kind === 'boolean')) throw mismatch(sortUsage, args);
  return { args: [array, ...flags], result: withNullable(array, anyNullable(args)) };
}

function sorted(array: List, compare: Compare, ascending: boolean, nullsFirst: boolean): SqlValue[] {
  const nulls = array.filter((value) => value === null);
  const values = array.filter((value) => value !== null).sort((a, b) => (ascending ? compare(a, b) : compare(b, a)));
  return nullsFirst ? [...nulls, ...values] : [...values, ...nulls];
}

function extreme(name: 'ARRAY_MAX' | 'ARRAY_MIN', sign: 1 | -1, description: string): ScalarFunction {
  const usage = `${name}(array)`;
  const infer: Infer = (args) => {
    const signature = alone(usage, (array) => withNullable(array.element, true))(args);
    orderOf(usage, args, arrayOf(usage, args));
    return signature;
  };
  return scalar({
    name,
    category: 'collection',
    usage,
    description,
    integers: 'any',
    infer,
    implement: ({ args }) => {
      const compare = orderOf(usage, args, arrayOf(usage, args));
      const call = (array: List): SqlValue => {
        const values = array.filter((value) => value !== null);
        return values.length === 0
          ? null
          : values.reduce((best, value) => (compare(value, best) * sign > 0 ? value : best));
      };
      return { kind: 'call', call, mayBeNull: true };
    },
  });
}

type Call = (...args: never[]) => SqlValue;

function define(
  usage: string,
  description: string,
  infer: Infer,
  call: Call,
  nulls: 'strict' | 'handled' = 'strict',
): ScalarFunction {
  const name = usage.slice(0, usage.indexOf('('));
  const implement = () => ({ kind: 'call', call, mayBeNull: true }) as const;
  return scalar({ name, category: 'collection', usage, description, nulls, integers: 'any', infer, implement });
}

const [append, prepend] = ['ARRAY_APPEND(array, element)', 'ARRAY_PREPEND(array, element)'];
const [contains, position] = ['ARRAY_CONTAINS(array, element)', 'ARRAY_POSITION(array, element)'];
const [remove, reverse, distinctUsage] = [
  'ARRAY_REMOVE(array, element)',
  'ARRAY_REVERSE(array)',
  'ARRAY_DISTINCT(array)',
];
const [union, except, intersect] = [
  'ARRAY_UNION(array1, array2)',
  'ARRAY_EXCEPT(array1, array2)',
  'ARRAY_INTERSECT(array1, array2)',
];
const [concat, element] = ['ARRAY_CONCAT(array, …)', 'ELEMENT(array)'];

export const arrayFunctions: readonly ScalarFunction[] = [
  define(
    append,
    'The array with an element behind its last.',
    withElement(append, grown),
    (array: List | null, value: SqlValue) => (array === null ? null : [...array, stored(value)]),
    'handled',
  ),
  define(
    prepend,
    'The array with an element before its first.',
    withElement(prepend, grown),
    (array: List | null, value: SqlValue) => (array === null ? null : [stored(value), ...array]),
    'handled',
  ),
  define(
    contains,
    'Whether the array has an element equal to the value; NULL is equal to NULL here.',
    withElement(contains, (array) => types.of('boolean', array.nullable)),
    (array: List | null, value: SqlValue) =>
      array === null ? null : array.some((each) => equalObjects(each, stored(value))),
    'handled',
  ),
  define(
    position,
    'Where the value first is, from 1; 0 where it is not.',
    withElement(position, (array, value) => types.of('int', array.nullable || value.nullable)),
    (array: List, value: SqlValue) => array.findIndex((each) => equalObjects(each, stored(value))) + 1,
  ),
  define(
    remove,
    'The array without elements equal to the value; NULL is equal to NULL here.',
    withElement(remove, (array) => array),
    (array: List | null, value: SqlValue) =>
      array === null ? null : array.filter((each) => !equalObjects(each, stored(value))),
    'handled',
  ),
  define(
    reverse,
    'The elements from the last to the first.',
    alone(reverse, (array) => array),
    (array: List) => [...array].reverse(),
  ),
  define(
    distinctUsage,
    'Each element once.',
    alone(distinctUsage, (array) => array),
    distinct,
  ),
  define(concat, 'All elements, one array behind the other.', together(concat, 1, most), (...arrays: List[]) =>
    arrays.flat(),
  ),
  define(union, 'The elements of both, each once.', together(union, 2, 2), (a: List, b: List) =>
    distinct([...a, ...b]),
  ),
  define(
    except,
    'The elements of array1 that array2 does not have, each once.',
    together(except, 2, 2),
    (a: List, b: List) => {
      const isIn = membership(b);
      return distinct(a).filter((value) => !isIn(value));
    },
  ),
  define(intersect, 'The elements that both have, each once.', together(intersect, 2, 2), (a: List, b: List) =>
    distinct(a).filter(membership(b)),
  ),
  define(
    sliceUsage,
    'The elements from one place to another, from 1; negative places count from the end.',
    inferSlice,
    slice,
  ),
  define(joinUsage, 'The elements as one string; NULLs are left out unless there is a replacement.', inferJoin, join),
  extreme('ARRAY_MAX', 1, 'The greatest element.'),
  extreme('ARRAY_MIN', -1, 'The least element.'),
  scalar({
    name: 'ARRAY_SORT',
    category: 'collection',
    usage: sortUsage,
    description: 'The elements in order; NULLs first where it is ascending, last where it is descending.',
    integers: 'any',
    infer: inferSort,
    implement: ({ args }) => {
      const compare = orderOf(sortUsage, args, arrayOf(sortUsage, args));
      const call = (array: List, ascending = true, nullsFirst = ascending): SqlValue =>
        sorted(array, compare, ascending, nullsFirst);
      return { kind: 'call', call };
    },
  }),
  define(
    element,
    'The only element; NULL where there is none.',
    alone(element, (array) => withNullable(array.element, true)),
    (array: List) => {
      if (array.length > 1) throw evaluationError(`ELEMENT: expected an array of one element, got ${array.length}`);
      return array[0] ?? null;
    },
  ),
];
