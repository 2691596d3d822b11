/**
 * Avro values to SQL values: by the schema that a record was written with and the table's types, as a reader's schema derived from the
 * table would resolve it (fields by name, promoted numbers, what is missing NULL). Flink's AvroToRowDataConverters.
 */
import { fitDecimal, rescaleDecimal } from '../model/decimal.ts';
import { rowInteger } from '../model/row.ts';
import { type DataType, type Field, formatType, layoutOf, unitsPerMillisecond } from '../model/types.ts';
import { type AvroType, type Logical, logicalOf } from './avro-library.ts';

/** A value as the library decodes it to one as `valueAt` (model/column.ts) gives it. Throws AvroFault. */
export type AvroConverter = (value: unknown) => unknown;

/** A record that does not fit the table. Never leaves the decoder. */
export class AvroFault extends Error {}

type Members = Readonly<{
  fields?: readonly Readonly<{ name: string; type: AvroType }>[];
  types?: readonly AvroType[];
  itemsType?: AvroType;
  valuesType?: AvroType;
}>;

function avroConverter(written: AvroType, type: DataType, path: string): AvroConverter {
  const { type: own, kind } = logicalOf(written);
  if (kind === 'union') return unionConverter((own as Members).types!, type, path);
  if (kind === 'null') return () => missing(type, path);
  const convert = presentConverter(written, type, path);
  return convert ?? (() => refuse(kind, type, path));
}

/** Of a union, the branch that a record has decides: one that does not fit is a fault of that record alone. */
function unionConverter(branches: readonly AvroType[], type: DataType, path: string): AvroConverter {
  const converters = new Map(branches.map((branch) => [branch.branchName, avroConverter(branch, type, path)] as const));
  return (value) => {
    if (value === null) return missing(type, path);
    const [branch, own] = Object.entries(value as object)[0]!;
    return converters.get(branch)!(own);
  };
}

function missing(type: DataType, path: string): null {
  if (type.nullable) return null;
  throw new AvroFault(`field ${path}: expected a value for ${formatType(type)}, found none`);
}

function refuse(kind: string, type: DataType, path: string): never {
  throw new AvroFault(`field ${path}: expected what can be read as ${formatType(type)}, found Avro's ${kind}`);
}

const integerKinds = ['int', 'long'];

/** null: values of this type can't be read so. */
function presentConverter(written: AvroType, type: DataType, path: string): AvroConverter | null {
  const { type: own, kind, logical } = logicalOf(written);
  switch (type.kind) {
    case 'boolean':
      return kind === 'boolean' ? (value) => value : null;
    case 'tinyint':
      return kind === 'int' ? (value) => ((value as number) << 24) >> 24 : null;
    case 'smallint':
      return kind === 'int' ? (value) => ((value as number) << 16) >> 16 : null;
    case 'int':
    case 'date':
      return kind === 'int' ? (value) => value : null;
    case 'time':
      return timeConverter(kind, logical);
    case 'bigint':
      return integerKinds.includes(kind) ? (value) => rowInteger(value as number | bigint) : null;
    case 'float':
      return ['int', 'long', 'float'].includes(kind) ? (value) => Math.fround(Number(value)) : null;
    case 'double':
      return ['int', 'long', 'float', 'double'].includes(kind) ? Number : null;
    case 'char':
    case 'varchar':
      return textConverter(kind);
    case 'binary':
    case 'varbinary':
      return bytesConverter(kind);
    case 'decimal':
      return ['bytes', 'fixed'].includes(kind) ? decimalConverter(type, logical) : null;
    case 'timestamp':
    case 'timestamp_ltz':
      return integerKinds.includes(kind) ? timestampConverter(type.precision, logical) : null;
    default:
      return nestedConverter(own as AvroType & Members, type, path);
  }
}

function timeConverter(kind: string, logical: Logical | null): AvroConverter | null {
  if (kind === 'int') return (value) => value;
  if (kind !== 'long' || logical?.name !== 'time-micros') return null;
  return (value) => Number((value as bigint) / 1000n);
}

function textConverter(kind: string): AvroConverter | null {
  if (kind === 'string' || kind === 'enum') return (value) => value;
  return kind === 'bytes' ? (value) => Buffer.from(value as Uint8Array).toString('utf8') : null;
}

function bytesConverter(kind: string): AvroConverter | null {
  if (kind === 'bytes' || kind === 'fixed') return (value) => Uint8Array.from(value as Uint8Array);
  return kind === 'string' ? (value) => new TextEncoder().encode(value as string) : null;
}

/** NULL where the precision does not hold it, as in Flink. */
function decimalConverter(
  { precision, scale }: DataType & { kind: 'decimal' },
  logical: Logical | null,
): AvroConverter {
  const from = logical?.name === 'decimal' ? logical.scale : scale;
  return (value) => fitDecimal(rescaleDecimal(rowInteger(signedInteger(value as Uint8Array)), from, scale), precision);
}

/** Two's complement, the highest byte first. */
function signedInteger(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

/** Units of a millisecond in the record; a long that says nothing counts milliseconds. */
function timestampConverter(precision: number, logical: Logical | null): AvroConverter {
  const name = logical?.name ?? '';
  const from = name.endsWith('micros') ? 1_000n : name.endsWith('nanos') ? 1_000_000n : 1n;
  const to = BigInt(unitsPerMillisecond(precision));
  if (from === to) return (value) => rowInteger(value as number | bigint);
  return (value) => {
    const integer = BigInt(value as number | bigint);
    return rowInteger(to > from ? integer * (to / from) : floorDivide(integer, from / to));
  };
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const rest = value % divisor;
  return (value - (rest < 0n ? rest + divisor : rest)) / divisor;
}

function nestedConverter(own: AvroType & Members, type: DataType, path: string): AvroConverter | null {
  switch (type.kind) {
    case 'array': {
      if (own.typeName !== 'array') return null;
      const convert = avroConverter(own.itemsType!, type.element, `${path}[]`);
      return (value) => (value as unknown[]).map(convert);
    }
    case 'map':
    case 'multiset': {
      if (own.typeName !== 'map' || layoutOf(type.kind === 'map' ? type.key : type.element) !== 'string') return null;
      const values: DataType = type.kind === 'map' ? type.value : { kind: 'int', nullable: false };
      const convert = avroConverter(own.valuesType!, values, `${path}{}`);
      return (value) => new Map(Object.entries(value as object).map(([key, item]) => [key, convert(item)]));
    }
    case 'row':
      return own.typeName === 'record' ? rowConverter(own, type.fields, path) : null;
    default:
      return null;
  }
}

/** The record's fields by name, in the order of the row. */
function rowConverter(record: AvroType, fields: readonly Field[], path: string): (value: unknown) => unknown[] {
  const readers = fields.map(({ name, type }) => columnReader(record, [name], type, path));
  return (value) => readers.map((read) => read(value));
}

/** The value at a path below a record that was written as `record`. */
export function columnReader(record: AvroType, path: readonly string[], type: DataType, at = ''): AvroConverter {
  const [name, ...below] = path as [string, ...string[]];
  const where = at === '' ? `\`${name}\`` : `${at}.\`${name}\``;
  const field = (record as Members).fields?.find((each) => each.name === name);
  if (field === undefined) return () => missing(type, where);
  const read =
    below.length === 0 ? avroConverter(field.type, type, where) : nestedReader(field.type, below, type, where);
  return (value) => read((value as Record<string, unknown>)[name]);
}

function nestedReader(written: AvroType, path: readonly string[], type: DataType, at: string): AvroConverter {
  const { kind } = logicalOf(written);
  if (kind === 'record') return columnReader(written, path, type, at);
  if (kind !== 'union') return () => refuse(kind, { kind: 'null', nullable: true }, at);
  const branches = (written as Members).types!.filter((branch) => branch.typeName !== 'null');
  const readers = new Map(branches.map((branch) => [branch.branchName, nestedReader(branch, path, type, at)] as const));
  return (value) => {
    if (value === null) return missing(type, at);
    const [branch, own] = Object.entries(value as object)[0]!;
    return readers.get(branch)!(own);
  };
}
