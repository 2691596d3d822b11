/** Messages to SQL values (Flink's PbCodegenRowDeserializer and its fellows). */
import { rowInteger } from '../model/row.ts';
import type { DataType, Field } from '../model/types.ts';
import {
  enumOf,
  hasImplicitDefaults,
  longKey,
  longValue,
  type MessageField,
  type MessageType,
  messageOf,
} from './protobuf-library.ts';
import { type PairedField, pairedFields } from './protobuf-type.ts';

type Message = Readonly<Record<string, unknown>>;

/** A message to one value. */
type ReadMessage = (message: unknown) => unknown;

export type ReadRules = Readonly<{ readDefaults: boolean; where: string }>;

/** The value at a path of a message; NULL where it is not there, or its default. */
export function messageReader(
  message: MessageType,
  path: readonly string[],
  type: DataType,
  rules: ReadRules,
): ReadMessage {
  const [name, ...below] = path as [string, ...string[]];
  const field = Object.hasOwn(message.fields, name) ? message.fields[name]!.resolve() : undefined;
  const inner = field === undefined ? null : messageOf(field);
  if (below.length === 0 || inner === null)
    return fieldReader(message, pairedFields(message, [{ name, type }], rules.where)[0]!, rules);
  const read = messageReader(inner, below, type, rules);
  return (value) => {
    const own = (value as Message)[name];
    if (Object.hasOwn(value as object, name) && own !== null) return read(own);
    return rules.readDefaults ? read(inner.create()) : null;
  };
}

function rowReader(message: MessageType, fields: readonly Field[], rules: ReadRules): (message: unknown) => unknown[] {
  const readers = pairedFields(message, fields, rules.where).map((pair) => fieldReader(message, pair, rules));
  return (value) => readers.map((read) => read(value));
}

function fieldReader(message: MessageType, { field, type }: PairedField, rules: ReadRules): ReadMessage {
  const { name } = field;
  if (field.map) return mapReader(field, type as DataType & { kind: 'map' }, rules);
  if (field.repeated) return arrayReader(field, type as DataType & { kind: 'array' }, rules);
  const read = valueReader(field, type, rules);
  const inner = messageOf(field);
  const defaults = rules.readDefaults || (inner === null && hasImplicitDefaults(message));
  return (value) => {
    if (Object.hasOwn(value as object, name)) return read((value as Message)[name]);
    if (!defaults) return null;
    return read(inner === null ? field.defaultValue : inner.create());
  };
}

/** Without entries NULL, unless defaults are read: there is no telling the two apart. */
function arrayReader(field: MessageField, type: DataType & { kind: 'array' }, rules: ReadRules): ReadMessage {
  const read = valueReader(field, type.element, rules);
  return (message) => {
    const values = ((message as Message)[field.name] ?? []) as readonly unknown[];
    return values.length === 0 && !rules.readDefaults ? null : values.map(read);
  };
}

function mapReader(field: MessageField, type: DataType & { kind: 'map' }, rules: ReadRules): ReadMessage {
  const read = valueReader(field, type.value, rules);
  const readKey = keyReader((field as MessageField & { keyType: string }).keyType);
  return (message) => {
    const entries = Object.entries(((message as Message)[field.name] ?? {}) as object);
    if (entries.length === 0 && !rules.readDefaults) return null;
    return new Map(entries.map(([key, value]) => [readKey(key), read(value)]));
  };
}

function keyReader(keyType: string): (key: string) => unknown {
  if (keyType === 'string') return (key) => key;
  if (keyType === 'bool') return (key) => key === 'true';
  if (!keyType.endsWith('64')) return (key) => Number(key) | 0;
  const unsigned = keyType.startsWith('u') || keyType.startsWith('fixed');
  return (key) => rowInteger(longKey(key, unsigned));
}

/** One value of a field, an element of a repeated one, a value of a map. */
function valueReader(field: MessageField, type: DataType, rules: ReadRules): ReadMessage {
  const message = messageOf(field);
  if (message !== null) return rowReader(message, (type as DataType & { kind: 'row' }).fields, rules);
  const values = enumOf(field);
  if (values !== null) {
    const isText = type.kind === 'char' || type.kind === 'varchar';
    return isText ? (value) => values.valuesById[value as number] ?? 'UNRECOGNIZED' : (value) => value;
  }
  switch (type.kind) {
    case 'int':
      return (value) => (value as number) | 0;
    case 'bigint':
      return (value) => rowInteger(longValue(value));
    case 'binary':
    case 'varbinary':
      return (value) => Uint8Array.from(value as Uint8Array);
    default:
      return (value) => value;
  }
}
