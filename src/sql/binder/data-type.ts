/** Type names to types: Flink's names, their synonyms, defaults and limits. */
import { maxDecimalPrecision } from '../../model/decimal.ts';
import { nearest } from '../../model/options.ts';
import { checkPrecision, type DataType, maxStringLength, types } from '../../model/types.ts';
import type { SqlType } from '../ast.ts';
import { at, sqlError, unsupported } from '../excerpt.ts';
import { typeKeywords } from '../grammar/keywords.ts';
import { intervalFamily } from './interval.ts';

type SimpleType = Extract<SqlType, { kind: 'simple' }>;
type Maker = Readonly<{
  maxArgs: number;
  make: (args: readonly number[], nullable: boolean, name: string) => DataType;
}>;

export function bindType(node: SqlType): DataType {
  const { nullable, position } = node;
  switch (node.kind) {
    case 'simple':
      return bindSimple(node);
    case 'array':
      return types.array(bindType(node.element), nullable);
    case 'multiset':
      return { kind: 'multiset', element: bindType(node.element), nullable };
    case 'map':
      return types.map(bindType(node.key), bindType(node.value), nullable);
    case 'row':
      return types.row(node.fields.map(bindField), nullable);
    case 'interval':
      return intervalFamily(node.from, position) === 'months'
        ? types.intervalMonths(nullable)
        : types.intervalMillis(nullable);
  }
}

function bindField({ name, type, comment }: Extract<SqlType, { kind: 'row' }>['fields'][number]) {
  return { name: name.name, type: bindType(type), ...(comment === null ? {} : { description: comment }) };
}

function bindSimple({ name, args, nullable, position }: SimpleType): DataType {
  if (name === 'TIMESTAMP_TZ' || name === 'TIME_TZ' || name === 'TIME_LTZ') {
    throw unsupported(
      `the type ${name.replace('_TZ', ' WITH TIME ZONE').replace('_LTZ', ' WITH LOCAL TIME ZONE')}`,
      position,
      'Flink has it in name only; use TIMESTAMP or TIMESTAMP_LTZ.',
    );
  }
  const maker = makers[name];
  if (maker === undefined) throw unknownType(name, position);
  if (args.length > maker.maxArgs) {
    throw sqlError(
      'SQL_VALIDATION',
      `the type ${name} takes ${maker.maxArgs === 0 ? 'no number' : `at the most ${maker.maxArgs}`} in parentheses`,
      position,
    );
  }
  return at(position, () => maker.make(args, nullable, name));
}

function unknownType(name: string, position: SimpleType['position']): Error {
  const near = nearest(name, typeKeywords);
  const hint = near === undefined ? `Types: ${[...typeKeywords].sort().join(', ')}.` : `Did you mean ${near}?`;
  return sqlError('SQL_VALIDATION', `unknown type ${name}`, position, hint);
}

type PlainKind = Parameters<typeof types.of>[0];

function plain(kind: PlainKind): Maker {
  return { maxArgs: 0, make: (_, nullable) => types.of(kind, nullable) };
}

/** Without a length CHAR and BINARY have one of 1, VARCHAR and VARBINARY the greatest: Flink's parser, not its documentation. */
function sized(kind: 'char' | 'varchar' | 'binary' | 'varbinary'): Maker {
  const byDefault = kind === 'char' || kind === 'binary' ? 1 : maxStringLength;
  return {
    maxArgs: 1,
    make: ([length = byDefault], nullable, name) => ({
      kind,
      length: checkPrecision(`length of ${name}`, length, 1, maxStringLength),
      nullable,
    }),
  };
}

function timed(kind: 'time' | 'timestamp' | 'timestamp_ltz', byDefault: number): Maker {
  return {
    maxArgs: 1,
    make: ([precision = byDefault], nullable, name) => ({
      kind,
      precision: checkPrecision(`precision of ${name}`, precision, 0, 9),
      nullable,
    }),
  };
}

const decimal: Maker = {
  maxArgs: 2,
  make: ([precision = 10, scale = 0], nullable) => {
    checkPrecision('precision of DECIMAL', precision, 1, maxDecimalPrecision);
    return types.decimal(precision, checkPrecision('scale of DECIMAL', scale, 0, precision), nullable);
  },
};

const makers: Readonly<Record<string, Maker>> = {
  BOOLEAN: plain('boolean'),
  TINYINT: plain('tinyint'),
  SMALLINT: plain('smallint'),
  INT: plain('int'),
  INTEGER: plain('int'),
  BIGINT: plain('bigint'),
  FLOAT: plain('float'),
  REAL: plain('float'),
  DOUBLE: plain('double'),
  DATE: plain('date'),
  DECIMAL: decimal,
  DEC: decimal,
  NUMERIC: decimal,
  CHAR: sized('char'),
  CHARACTER: sized('char'),
  VARCHAR: sized('varchar'),
  BINARY: sized('binary'),
  VARBINARY: sized('varbinary'),
  STRING: { maxArgs: 0, make: (_, nullable) => types.string(nullable) },
  BYTES: { maxArgs: 0, make: (_, nullable) => types.bytes(nullable) },
  TIME: timed('time', 0),
  TIMESTAMP: timed('timestamp', 6),
  TIMESTAMP_LTZ: timed('timestamp_ltz', 6),
};
