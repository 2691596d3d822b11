/** SQL values to Avro values, by the table's types and the schema that is written. Flink's RowDataToAvroConverters. */
import { EngineError } from '../model/errors.ts';
import { type DataType, type Field, formatType, unitsPerMillisecond } from '../model/types.ts';
import { type AvroType, logicalOf } from './avro-library.ts';

/** A value as `valueAt` (model/column.ts) gives it to one that the library encodes. */
type AvroWriter = (value: unknown) => unknown;

type Members = Readonly<{
  fields?: readonly Readonly<{ name: string; type: AvroType }>[];
  types?: readonly AvroType[];
  itemsType?: AvroType;
  valuesType?: AvroType;
}>;

function avroWriter(schema: AvroType, type: DataType, path: string): AvroWriter {
  if (logicalOf(schema).kind === 'union') return unionWriter(schema, type, path);
  const write = presentWriter(schema, type, path);
  return (value) => {
    if (value !== null && value !== undefined) return write(value);
    if (schema.typeName === 'null') return null;
    throw new EngineError(
      'EVALUATION',
      `format 'avro': field ${path}: expected a value for ${formatType(type)}, got a NULL`,
    );
  };
}

/** The first branch that is not null takes the value. */
function unionWriter(schema: AvroType, type: DataType, path: string): AvroWriter {
  const branches = (schema as Members).types!;
  const branch = branches.find((each) => each.typeName !== 'null');
  if (branch === undefined) return () => null;
  const write = presentWriter(branch, type, path);
  const hasNull = branches.some((each) => each.typeName === 'null');
  return (value) => {
    if (value !== null && value !== undefined) return { [branch.branchName!]: write(value) };
    if (hasNull) return null;
    throw new EngineError('EVALUATION', `format 'avro': field ${path}: expected a value, got a NULL`);
  };
}

function presentWriter(schema: AvroType, type: DataType, path: string): AvroWriter {
  const { type: own, logical } = logicalOf(schema);
  switch (type.kind) {
    case 'bigint':
      return (value) => BigInt(value as number | bigint);
    case 'binary':
    case 'varbinary':
      return (value) => Buffer.from(value as Uint8Array);
    case 'decimal':
      return (value) => twosComplement(BigInt(value as number | bigint));
    case 'timestamp':
    case 'timestamp_ltz': {
      const to = BigInt(logical?.name.endsWith('micros') ? 1_000 : 1);
      const from = BigInt(unitsPerMillisecond(type.precision));
      return (value) => (BigInt(value as number | bigint) * to) / from;
    }
    case 'array': {
      const write = avroWriter((own as Members).itemsType!, type.element, `${path}[]`);
      return (value) => (value as unknown[]).map(write);
    }
    case 'map':
    case 'multiset': {
      const values: DataType = type.kind === 'map' ? type.value : { kind: 'int', nullable: false };
      const write = avroWriter((own as Members).valuesType!, values, `${path}{}`);
      return (value) =>
        Object.fromEntries([...(value as Map<string, unknown>)].map(([key, item]) => [key, write(item)]));
    }
    case 'row':
      return recordWriter(own, type.fields, path);
    default:
      return (value) => value;
  }
}

/** Rows as records; the schema has a field for each of the row's. */
export function recordWriter(record: AvroType, fields: readonly Field[], path: string): (row: unknown) => unknown {
  const members = (record as Members).fields ?? [];
  const writers = fields.map(({ name, type }) => {
    const at = path === '' ? `\`${name}\`` : `${path}.\`${name}\``;
    const member = members.find((each) => each.name === name);
    if (member !== undefined) return { name, write: avroWriter(member.type, type, at) };
    throw new EngineError('SQL_VALIDATION', `format 'avro': expected the schema to have the field ${at}, found none`);
  });
  return (row) => Object.fromEntries(writers.map(({ name, write }, i) => [name, write((row as unknown[])[i])]));
}

/** The shortest, the highest byte first, as Java's BigInteger gives it. */
function twosComplement(value: bigint): Buffer {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size++;
  const hex = BigInt.asUintN(size * 8, value).toString(16);
  return Buffer.from(hex.padStart(size * 2, '0'), 'hex');
}
