/** Which SQL types a protobuf field can be (Flink's PbSchemaValidationUtils). */
import { EngineError } from '../model/errors.ts';
import { type DataType, type Field, formatType, withNullable } from '../model/types.ts';
import { enumOf, type MessageField, type MessageType, messageOf } from './protobuf-library.ts';

const scalarKinds: Readonly<Record<string, readonly DataType['kind'][]>> = {
  int32: ['int'],
  uint32: ['int'],
  sint32: ['int'],
  fixed32: ['int'],
  sfixed32: ['int'],
  int64: ['bigint'],
  uint64: ['bigint'],
  sint64: ['bigint'],
  fixed64: ['bigint'],
  sfixed64: ['bigint'],
  bool: ['boolean'],
  float: ['float'],
  double: ['double'],
  string: ['char', 'varchar'],
  bytes: ['binary', 'varbinary'],
};

const enumKinds: readonly DataType['kind'][] = ['char', 'varchar', 'tinyint', 'smallint', 'int', 'bigint'];

/** Each field of the row with that of the message. Throws SQL_VALIDATION where there is none, or one of another type. */
export function pairedFields(message: MessageType, fields: readonly Field[], where: string): readonly PairedField[] {
  return fields.map(({ name, type }) => {
    const field = Object.hasOwn(message.fields, name) ? message.fields[name]!.resolve() : undefined;
    if (field === undefined) {
      const known = message.fieldsArray.map((each) => each.name).join(', ');
      throw new EngineError(
        'SQL_VALIDATION',
        `${where}: expected the message ${message.name} to have the field '${name}', found ${known}`,
      );
    }
    check(field, type, `${where}: column '${name}'`);
    return { name, type, field };
  });
}

export type PairedField = Readonly<{ name: string; type: DataType; field: MessageField }>;

function check(field: MessageField, type: DataType, where: string): void {
  if (field.map) {
    if (type.kind !== 'map') throw mismatch(field, type, where);
    const { keyType } = field as MessageField & { keyType: string };
    if (!scalarKinds[keyType]!.includes(type.key.kind)) throw mismatch(field, type, where);
    checkValue(field, type.value, where);
  } else if (field.repeated) {
    if (type.kind !== 'array') throw mismatch(field, type, where);
    checkValue(field, type.element, where);
  } else checkValue(field, type, where);
}

function checkValue(field: MessageField, type: DataType, where: string): void {
  const message = messageOf(field);
  if (message !== null) {
    if (type.kind !== 'row') throw mismatch(field, type, where);
    pairedFields(message, type.fields, where);
    return;
  }
  const kinds = enumOf(field) === null ? scalarKinds[field.type]! : enumKinds;
  if (!kinds.includes(type.kind)) throw mismatch(field, type, where);
}

function mismatch(field: MessageField, type: DataType, where: string): EngineError {
  const found = `${field.repeated ? 'repeated ' : field.map ? 'map of ' : ''}${field.type}`;
  const got = formatType(withNullable(type, true));
  return new EngineError(
    'SQL_VALIDATION',
    `${where}: expected a type for protobuf's ${found} (field '${field.name}'), got ${got}`,
  );
}
