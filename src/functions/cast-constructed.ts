/** CAST of ARRAY, MAP, MULTISET and ROW, part by part. */
import { assert } from '../model/errors.ts';
import type { ImplementContext, SqlValue } from '../model/function.ts';
import { type DataType, layoutOf } from '../model/types.ts';
import type { CastFunction } from './cast.ts';
import { toFunction } from './implementation.ts';

type Cast = (from: DataType, to: DataType) => CastFunction;
type Convert = (value: SqlValue) => SqlValue;

/** `cast` gives the casts of the parts. */
export function castConstructed(from: DataType, to: DataType, cast: Cast): CastFunction {
  return { integers: 'any', implement: ({ session }) => ({ kind: 'call', call: converter(from, to, session, cast) }) };
}

function converter(from: DataType, to: DataType, session: ImplementContext['session'], cast: Cast): Convert {
  const part = (a: DataType, b: DataType): Convert => partConverter(a, b, session, cast);
  if (from.kind === 'array' && to.kind === 'array') {
    const element = part(from.element, to.element);
    return (value) => (value as SqlValue[]).map(element);
  }
  if (from.kind === 'multiset' && to.kind === 'multiset') {
    const element = part(from.element, to.element);
    return (value) => new Map([...(value as Map<SqlValue, number>)].map(([key, count]) => [element(key), count]));
  }
  if (from.kind === 'map' && to.kind === 'map') {
    const [keys, values] = [part(from.key, to.key), part(from.value, to.value)];
    return (value) => new Map([...(value as Map<SqlValue, SqlValue>)].map(([k, v]) => [keys(k), values(v)]));
  }
  assert(from.kind === 'row' && to.kind === 'row', () => `no cast of ${from.kind} to ${to.kind}`);
  const fields = from.fields.map((field, i) => part(field.type, to.fields[i]!.type));
  return (value) => fields.map((convert, i) => convert((value as SqlValue[])[i] ?? null));
}

/** Values inside objects are numbers where they are safe integers and bigints beyond, whatever the code around them is. */
function partConverter(from: DataType, to: DataType, session: ImplementContext['session'], cast: Cast): Convert {
  const { implement } = cast(from, to);
  const wide = layoutOf(from) === 'int' || layoutOf(to) === 'int';
  const convert = toFunction(implement({ args: [{ type: from }], result: to, wide, session }), 1);
  return (value) => {
    if (value === null) return null;
    const result = convert(wide && layoutOf(from) === 'int' ? BigInt(value as number) : value);
    return typeof result === 'bigint' && Number.isSafeInteger(Number(result)) ? Number(result) : result;
  };
}

/** As Flink prints them: `[1, NULL]`, `{a=1}`, `(1, a)`. */
export function textOfConstructed(
  type: DataType,
  writer: (part: DataType) => (value: never) => string,
): (value: never) => string {
  const nullable = (part: DataType): ((value: unknown) => string) => {
    const write = writer(part) as (value: unknown) => string;
    return (value) => (value === null || value === undefined ? 'NULL' : write(value));
  };
  switch (type.kind) {
    case 'array': {
      const element = nullable(type.element);
      return (value: readonly unknown[]) => `[${value.map(element).join(', ')}]`;
    }
    case 'multiset': {
      const element = nullable(type.element);
      return (value: ReadonlyMap<unknown, number>) =>
        `{${[...value].map(([key, count]) => `${element(key)}=${count}`).join(', ')}}`;
    }
    case 'map': {
      const [keys, values] = [nullable(type.key), nullable(type.value)];
      return (value: ReadonlyMap<unknown, unknown>) =>
        `{${[...value].map(([k, v]) => `${keys(k)}=${values(v)}`).join(', ')}}`;
    }
    default: {
      assert(type.kind === 'row', () => `no text of a constructed ${type.kind}`);
      const fields = type.fields.map((field) => nullable(field.type));
      return (value: readonly unknown[]) => `(${fields.map((write, i) => write(value[i])).join(', ')})`;
    }
  }
}
