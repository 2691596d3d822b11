/** SQL values to messages (Flink's PbCodegenRowSerializer and its fellows). */
import { EngineError } from '../model/errors.ts';
import type { DataType, Field } from '../model/types.ts';
import { enumOf, longOf, type MessageField, type MessageType, messageOf } from './protobuf-library.ts';
import { pairedFields } from './protobuf-type.ts';

type Write = (value: unknown) => unknown;

export type WriteRules = Readonly<{
  /** What is written for a NULL string within an array or a map: messages have no NULL. */
  nullString: string;
  where: string;
}>;

/** A row as a message; what is NULL is left out. */
export function messageWriter(
  message: MessageType,
  fields: readonly Field[],
  rules: WriteRules,
): (row: readonly unknown[]) => object {
  const writers = pairedFields(message, fields, rules.where).map(({ field, type }) => ({
    name: field.name,
    write: fieldWriter(field, type, rules),
  }));
  return (row) => {
    const written: Record<string, unknown> = {};
    for (const [i, { name, write }] of writers.entries()) {
      if (row[i] !== null && row[i] !== undefined) written[name] = write(row[i]);
    }
    return written;
  };
}

function fieldWriter(field: MessageField, type: DataType, rules: WriteRules): Write {
  if (field.map) {
    const write = elementWriter(field, (type as DataType & { kind: 'map' }).value, rules);
    return (value) =>
      Object.fromEntries([...(value as Map<unknown, unknown>)].map(([key, item]) => [String(key ?? ''), write(item)]));
  }
  if (!field.repeated) return valueWriter(field, type, rules);
  const write = elementWriter(field, (type as DataType & { kind: 'array' }).element, rules);
  return (value) => (value as readonly unknown[]).map(write);
}

/** A NULL becomes the type's default. */
function elementWriter(field: MessageField, type: DataType, rules: WriteRules): Write {
  const write = valueWriter(field, type, rules);
  const message = messageOf(field);
  const missing = message === null ? (field.type === 'string' ? rules.nullString : field.typeDefault) : {};
  return (value) => (value === null || value === undefined ? missing : write(value));
}

function valueWriter(field: MessageField, type: DataType, rules: WriteRules): Write {
  const message = messageOf(field);
  if (message !== null) {
    return messageWriter(message, (type as DataType & { kind: 'row' }).fields, rules) as Write;
  }
  const values = enumOf(field);
  if (values !== null) {
    return (value) => {
      if (typeof value !== 'string') return Number(value);
      if (Object.hasOwn(values.values, value)) return values.values[value];
      const known = Object.keys(values.values).join(', ');
      throw new EngineError(
        'EVALUATION',
        `${rules.where}: expected a value of ${values.name} (${known}), got '${value}'`,
      );
    };
  }
  if (type.kind !== 'bigint') return (value) => value;
  const unsigned = field.type === 'uint64' || field.type === 'fixed64';
  return (value) => longOf(BigInt(value as number | bigint), unsigned);
}
