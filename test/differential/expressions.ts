// Random scalar expressions of a wanted type over the columns of a table.
import type { Random } from './random.ts';

export type ValueType = 'int' | 'bigint' | 'double' | 'decimal' | 'string' | 'boolean' | 'time';

const columns: Readonly<Record<ValueType, readonly string[]>> = {
  int: ['i', 'id'],
  bigint: ['l', 'ts'],
  double: ['d'],
  decimal: ['dc'],
  string: ['k', 's'],
  boolean: ['b'],
  time: ['et'],
};

type Make = (g: Expressions, depth: number) => string;

const common: readonly ((type: ValueType) => Make)[] = [
  (type) => (g, n) => `CASE WHEN ${g.of('boolean', n)} THEN ${g.of(type, n)} ELSE ${g.of(type, n)} END`,
  (type) => (g, n) => `COALESCE(${g.of(type, n)}, ${g.of(type, n)})`,
  (type) => (g, n) => `NULLIF(${g.of(type, n)}, ${g.of(type, n)})`,
  (type) => (g, n) => `IF(${g.of('boolean', n)}, ${g.of(type, n)}, ${g.of(type, n)})`,
];

const makers: Readonly<Record<ValueType, readonly Make[]>> = {
  int: [
    (g, n) => `(${g.of('int', n)} ${g.random.pick(['+', '-', '*'])} ${g.of('int', n)})`,
    (g, n) => `MOD(${g.of('int', n)}, ${g.random.between(1, 7)})`,
    (g, n) => `(${g.of('int', n)} / ${g.random.between(1, 4)})`,
    (g, n) => `ABS(${g.of('int', n)})`,
    (g, n) => `CHAR_LENGTH(${g.of('string', n)})`,
    (g, n) => `POSITION('o' IN ${g.of('string', n)})`,
    (g, n) => `SIGN(${g.of('int', n)})`,
    (g) => `CARDINALITY(${g.column('a')})`,
    (g) => `${g.column('a')}[${g.random.between(1, 3)}]`,
    (g, n) => `CAST(${g.of('double', n)} AS INT)`,
    (g, n) => `TRY_CAST(${g.of('string', n)} AS INT)`,
    (g, n) => `GREATEST(${g.of('int', n)}, ${g.of('int', n)})`,
    (g, n) => `LEAST(${g.of('int', n)}, ${g.of('int', n)})`,
    (g, n) => `ASCII(${g.of('string', n)})`,
    (g, n) => `LOCATE('o', ${g.of('string', n)})`,
    (g, n) => `CAST(${g.of('boolean', n)} AS INT)`,
    (g, n) => `CAST(${g.of('decimal', n)} AS INT)`,
    (g, n) => `ARRAY_POSITION(${g.column('a')}, ${g.of('int', n)})`,
    (g) => `ARRAY_MAX(${g.column('a')})`,
    (g) => `ELEMENT(ARRAY[${g.column('i')}])`,
    (g, n) => `-(${g.of('int', n)})`,
    (g) => `CAST(JSON_VALUE('{"x": [1, 2, {"y": 7}]}', '$.x[2].y') AS INT) + ${g.column('id')}`,
    (g, n) =>
      `TIMESTAMPDIFF(${g.random.pick(['MINUTE', 'HOUR', 'DAY', 'MONTH'])}, ${g.of('time', n)}, ${g.of('time', n)})`,
    (g) => `DAYOFWEEK(CAST(${g.column('et')} AS TIMESTAMP(3)))`,
    (g) =>
      `CAST(EXTRACT(${g.random.pick(['SECOND', 'MINUTE', 'HOUR', 'DAY', 'DOY', 'MONTH', 'YEAR'])} FROM ${g.column('et')}) AS INT)`,
  ],
  bigint: [
    (g, n) => `(${g.of('bigint', n)} ${g.random.pick(['+', '-', '*'])} ${g.of('int', n)})`,
    (g, n) => `CAST(${g.of('decimal', n)} AS BIGINT)`,
    (g, n) => `MOD(${g.of('bigint', n)}, ${g.random.between(2, 90)})`,
    (g, n) => `(${g.of('bigint', n)} / ${g.random.between(1, 9)})`,
    (g) => `EXTRACT(${g.random.pick(['EPOCH', 'SECOND', 'WEEK', 'QUARTER'])} FROM ${g.column('et')})`,
    (g) => `TIMESTAMPDIFF(SECOND, TIMESTAMP '2026-01-01 00:00:00', CAST(${g.column('et')} AS TIMESTAMP(3)))`,
  ],
  double: [
    (g, n) => `(${g.of('double', n)} ${g.random.pick(['+', '-', '*'])} ${g.of('int', n)})`,
    (g, n) => `ROUND(${g.of('double', n)}, ${g.random.between(0, 2)})`,
    (g, n) => `FLOOR(${g.of('double', n)})`,
    (g, n) => `CEIL(${g.of('double', n)})`,
    (g, n) => `(${g.of('double', n)} / ${g.random.pick(['2', '4', 'CAST(0.5 AS DOUBLE)'])})`,
    (g, n) => `SQRT(ABS(${g.of('double', n)}))`,
    (g, n) => `CAST(${g.of('int', n)} AS DOUBLE)`,
    (g, n) => `TRUNCATE(${g.of('double', n)}, 1)`,
    (g, n) => `POWER(${g.of('double', n)}, 2)`,
    (g, n) =>
      `${g.random.pick(['SIN', 'COS', 'TAN', 'ATAN', 'DEGREES', 'RADIANS', 'EXP', 'TANH', 'COT'])}(${g.of('double', n)} / 10)`,
    (g, n) => `LN(ABS(${g.of('double', n)}) + 1)`,
    (g, n) => `LOG10(ABS(${g.of('double', n)}) + 1)`,
    (g, n) => `CAST(${g.of('decimal', n)} AS DOUBLE)`,
    (g, n) => `TRY_CAST(${g.of('string', n)} AS DOUBLE)`,
    (g, n) => `SIGN(${g.of('double', n)})`,
  ],
  decimal: [
    (g, n) => `(${g.of('decimal', n)} ${g.random.pick(['+', '-', '*'])} ${g.random.pick(['dc', '1.5', '2'])})`,
    (g, n) => `ROUND(${g.of('decimal', n)}, 1)`,
    (g, n) => `(${g.of('decimal', n)} / 3)`,
    (g, n) => `CAST(${g.of('int', n)} AS DECIMAL(12, 3))`,
    (g, n) => `ABS(${g.of('decimal', n)})`,
    (g, n) => `CAST(${g.of('decimal', n)} AS DECIMAL(20, 4))`,
    (g, n) => `MOD(${g.of('decimal', n)}, 7)`,
    (g, n) => `FLOOR(${g.of('decimal', n)})`,
    (g, n) => `TRUNCATE(${g.of('decimal', n)}, 1)`,
    (g, n) => `TRY_CAST(${g.of('string', n)} AS DECIMAL(8, 3))`,
    (g, n) => `(${g.of('decimal', n)} * ${g.of('int', n)})`,
    (g, n) => `(${g.of('decimal', n)} + ${g.of('bigint', n)})`,
  ],
  string: [
    (g, n) => `UPPER(${g.of('string', n)})`,
    (g, n) => `(${g.of('string', n)} || ${g.of('string', n)})`,
    (g, n) => `SUBSTRING(${g.of('string', n)}, ${g.random.between(-2, 3)}, ${g.random.between(0, 4)})`,
    (g, n) => `REPLACE(${g.of('string', n)}, 'o', '0')`,
    (g, n) => `CAST(${g.of(g.random.pick(['int', 'bigint', 'double', 'decimal', 'boolean']), n)} AS STRING)`,
    (g, n) => `TRIM(${g.of('string', n)})`,
    (g, n) => `LPAD(${g.of('string', n)}, ${g.random.between(0, 6)}, '*')`,
    (g, n) => `REVERSE(${g.of('string', n)})`,
    (g, n) => `CONCAT_WS('-', ${g.of('string', n)}, ${g.of('string', n)})`,
    (g, n) => `SPLIT_INDEX(${g.of('string', n)}, ' ', ${g.random.below(2)})`,
    (g, n) => `MD5(${g.of('string', n)})`,
    (g, n) => `REGEXP_REPLACE(${g.of('string', n)}, '[a-f]+', '_')`,
    (g) => `DATE_FORMAT(${g.column('et')}, '${g.random.pick(['yyyy-MM-dd', 'HH:mm:ss', 'yyyyMMddHH'])}')`,
    (g, n) => `INITCAP(${g.of('string', n)})`,
    (g, n) => `LEFT(${g.of('string', n)}, ${g.random.between(0, 3)})`,
    (g, n) => `REPEAT(${g.of('string', n)}, ${g.random.between(0, 2)})`,
    (g, n) => `CAST(${g.of('time', n)} AS STRING)`,
    (g, n) => `RPAD(${g.of('string', n)}, ${g.random.between(0, 6)}, 'ab')`,
    (g, n) => `OVERLAY(${g.of('string', n)} PLACING 'zz' FROM 2 FOR 1)`,
    (g, n) => `REGEXP_EXTRACT(${g.of('string', n)}, '([a-z]+)', 1)`,
    (g, n) => `TO_BASE64(${g.of('string', n)})`,
    (g, n) => `SHA256(${g.of('string', n)})`,
    (g, n) => `JSON_STRING(${g.of(g.random.pick(['string', 'int', 'boolean', 'double']), n)})`,
    (g, n) => `JSON_OBJECT('a' VALUE ${g.of('int', n)}, 'b' VALUE ${g.of('string', n)})`,
    (g, n) => `JSON_QUERY(JSON_OBJECT('a' VALUE JSON_ARRAY(${g.of('int', n)}, 'q')), '$.a')`,
    (g, n) => `CHR(ABS(${g.of('int', n)}) + 60)`,
    (g, n) => `TRIM(BOTH 'o' FROM ${g.of('string', n)})`,
    (g, n) => `BTRIM(${g.of('string', n)}, 'fo')`,
    (g, n) => `TRANSLATE(${g.of('string', n)}, 'abc', 'xy')`,
    (g, n) => `ELT(2, ${g.of('string', n)}, ${g.of('string', n)})`,
    (g, n) => `CAST(CAST(${g.of('string', n)} AS CHAR(3)) AS STRING)`,
    (g, n) => `BIN(${g.of('int', n)})`,
    (g, n) => `HEX(${g.of(g.random.pick(['int', 'string']), n)})`,
    (g, n) => `CAST(${g.of('decimal', n)} AS VARCHAR(4))`,
    (g) => `CAST(${g.column('a')} AS STRING)`,
    (g) => `ARRAY_JOIN(ARRAY[${g.column('k')}, ${g.column('s')}], ',')`,
    (g) => `CAST(MAP[${g.random.pick(["'q'", "'r'"])}, ${g.column('i')}] AS STRING)`,
    (g) => `FROM_UNIXTIME(${g.column('ts')} / 1000)`,
    (g) => `CAST(CAST(${g.column('et')} AS DATE) AS STRING)`,
    (g) => `CAST(CAST(${g.column('et')} AS TIME(0)) AS STRING)`,
  ],
  boolean: [
    (g, n) =>
      `(${g.of('int', n)} ${g.random.pick(['=', '<>', '<', '<=', '>', '>='])} ${g.of(g.random.pick(['int', 'bigint', 'double', 'decimal']), n)})`,
    (g, n) => `(${g.of('string', n)} ${g.random.pick(['=', '<>', '<', '>='])} ${g.of('string', n)})`,
    (g, n) => `(${g.of('boolean', n)} AND ${g.of('boolean', n)})`,
    (g, n) => `(${g.of('boolean', n)} OR ${g.of('boolean', n)})`,
    (g, n) => `(NOT ${g.of('boolean', n)})`,
    (g, n) =>
      `(${g.of(g.random.pick(['int', 'string', 'double', 'decimal']), n)} IS ${g.random.pick(['', 'NOT '])}NULL)`,
    (g, n) => `(${g.of('string', n)} LIKE '${g.random.pick(['%o%', 'x_', 'foo%', '%'])}')`,
    (g, n) => `(${g.of('int', n)} BETWEEN ${g.random.between(-3, 1)} AND ${g.random.between(1, 8)})`,
    (g, n) => `(${g.of('int', n)} IN (1, 2, 5))`,
    (g, n) => `(${g.of('string', n)} NOT IN ('xa', 'yb'))`,
    (g, n) => `(${g.of('boolean', n)} IS ${g.random.pick(['TRUE', 'NOT TRUE', 'FALSE', 'UNKNOWN'])})`,
    (g, n) => `(${g.of('time', n)} ${g.random.pick(['=', '<', '>='])} ${g.of('time', n)})`,
    (g, n) => `(${g.of('string', n)} SIMILAR TO '[a-z]+')`,
    (g, n) => `REGEXP(${g.of('string', n)}, '^[0-9]')`,
    (g, n) => `STARTSWITH(${g.of('string', n)}, 'f')`,
    (g, n) => `IS_DECIMAL(${g.of('string', n)})`,
    (g, n) => `IS_ALPHA(${g.of('string', n)})`,
    (g, n) => `(${g.of('string', n)} IS JSON)`,
    (g, n) => `ARRAY_CONTAINS(${g.column('a')}, ${g.of('int', n)})`,
    (g, n) => `CAST(${g.of('int', n)} AS BOOLEAN)`,
    (g, n) => `((${g.of('int', n)}, ${g.of('string', n)}) = (1, 'xa'))`,
    (g, n) => `(${g.of('int', n)} IS ${g.random.pick(['', 'NOT '])}DISTINCT FROM ${g.of('int', n)})`,
  ],
  time: [
    (g, n) =>
      `(${g.of('time', n)} + INTERVAL '${g.random.between(1, 90)}' ${g.random.pick(['SECOND', 'MINUTE', 'HOUR', 'DAY'])})`,
    (g) => `CEIL(${g.column('et')} TO ${g.random.pick(['SECOND', 'MINUTE', 'HOUR', 'DAY'])})`,
    (g, n) => `(${g.of('time', n)} - INTERVAL '${g.random.between(1, 14)}' ${g.random.pick(['MONTH', 'YEAR'])})`,
    (g, n) => `TIMESTAMPADD(${g.random.pick(['HOUR', 'DAY', 'MONTH'])}, ${g.of('int', n)}, ${g.column('et')})`,
    (g) => `FLOOR(${g.column('et')} TO ${g.random.pick(['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH'])})`,
  ],
};

const literals: Readonly<Record<ValueType, readonly string[]>> = {
  int: ['0', '1', '3', '-2', '100'],
  bigint: ['CAST(7 AS BIGINT)', '5000000000', '-1'],
  double: ['CAST(1.5 AS DOUBLE)', '2.5E0'],
  decimal: ['1.25', '10.00'],
  string: ["'xa'", "'foo'", "''"],
  boolean: ['TRUE', 'FALSE'],
  time: [],
};

export class Expressions {
  readonly random: Random;
  readonly #qualifier: string;

  /** `qualifier`: put before each column (`x.`). */
  constructor(random: Random, qualifier = '') {
    this.random = random;
    this.#qualifier = qualifier;
  }

  column(name: string): string {
    return this.#qualifier + name;
  }

  any(depth = 2): { type: ValueType; text: string } {
    const type = this.random.pick(['int', 'bigint', 'double', 'decimal', 'string', 'boolean', 'time'] as const);
    return { type, text: this.of(type, depth) };
  }

  of(type: ValueType, depth: number): string {
    const { random } = this;
    if (depth <= 0 || random.chance(0.25)) {
      const isColumn = type === 'time' || random.chance(0.75);
      return isColumn ? this.column(random.pick(columns[type])) : random.pick(literals[type]);
    }
    const make = random.chance(0.15) ? random.pick(common)(type) : random.pick(makers[type]);
    const text = make(this, depth - 1);
    return text;
  }
}
