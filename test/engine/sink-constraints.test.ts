import { describe, expect, it } from 'vitest';
import { SinkConstraints } from '../../src/engine/sink-constraints.ts';
import type { ContentRule } from '../../src/model/job-graph.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { batchOfRows } from '../support/operator-harness.ts';

// What a sink's values have to be, one column `c` of each type; what is said of those that are wrong.

const int = types.of('int');
const intNotNull = types.of('int', false);
const char2: DataType = { kind: 'char', length: 2, nullable: true };
const varchar2: DataType = { kind: 'varchar', length: 2, nullable: true };
const binary2: DataType = { kind: 'binary', length: 2, nullable: true };
const varbinary2: DataType = { kind: 'varbinary', length: 2, nullable: true };
const rowOf = (type: DataType): DataType =>
  types.row([
    { name: 'x', type: int },
    { name: 'y', type },
  ]);
const mapOf = (value: DataType): DataType => ({ kind: 'map', key: varchar2, value, nullable: true });

type Rule = Omit<ContentRule, 'types'>;
const lengths: Rule = { lengths: true, within: 'nothing' };
const rows: Rule = { lengths: false, within: 'rows' };
const all: Rule = { lengths: true, within: 'rows_and_collections' };

function constraints(type: DataType, rule: Rule, onNull: 'fail' | 'drop' = 'fail'): SinkConstraints {
  const counters = { add: () => {} };
  const fields = [{ name: 'c', type }];
  return new SinkConstraints({
    table: 't',
    fields,
    notNull: { columns: [], onNull },
    content: { ...rule, types: [type] },
    counters,
  });
}

function enforce(type: DataType, rule: Rule, values: readonly unknown[], onNull?: 'fail' | 'drop'): number {
  const fields = [{ name: 'c', type }];
  const batch = batchOfRows(
    fields,
    values.map((value) => [value]),
    { pool: new StringPool(), strings: 'bytes' },
  );
  return constraints(type, rule, onNull).enforce(batch).length;
}

describe('a value is wrong', () => {
  it.each<[DataType, Rule, unknown, string]>([
    [char2, lengths, 'abc', "'c' is CHAR(2), got a text of length 3"],
    [char2, lengths, 'a', "'c' is CHAR(2), got a text of length 1"],
    [varchar2, lengths, '\u{1F600}bc', "'c' is VARCHAR(2), got a text of length 3"],
    [binary2, lengths, Uint8Array.of(1), "'c' is BINARY(2), got bytes of length 1"],
    [varbinary2, lengths, Uint8Array.of(1, 2, 3), "'c' is VARBINARY(2), got bytes of length 3"],
    [rowOf(intNotNull), rows, [1, null], "'c.y' is NOT NULL, got a NULL"],
    [rowOf(rowOf(intNotNull)), rows, [1, [1, null]], "'c.y.y' is NOT NULL, got a NULL"],
    [rowOf(char2), all, [1, 'abc'], "'c.y' is CHAR(2), got a text of length 3"],
    [types.array(intNotNull), all, [1, null], "'c[1]' is NOT NULL, got a NULL"],
    [
      types.array(rowOf(intNotNull)),
      all,
      [
        [1, 2],
        [1, null],
      ],
      "'c[1].y' is NOT NULL, got a NULL",
    ],
    [mapOf(intNotNull), all, new Map([['a', null]]), "'c[value]' is NOT NULL, got a NULL"],
    [mapOf(int), all, new Map([['abc', null]]), "'c[key]' is VARCHAR(2), got a text of length 3"],
  ])('%o with %o: %o', (type, rule, value, message) => {
    expect(() => enforce(type, rule, [value])).toThrow(`sink t: column ${message}`);
  });
});

describe('a value is as it should be', () => {
  it.each<[DataType, Rule, unknown]>([
    [char2, lengths, '\u{1F600}b'],
    [char2, lengths, null],
    [varchar2, lengths, ''],
    [varbinary2, lengths, Uint8Array.of(1)],
    [rowOf(char2), lengths, [1, 'abc']],
    [rowOf(char2), rows, [1, 'abc']],
    [types.array(intNotNull), rows, [null]],
    [rowOf(intNotNull), all, null],
    [{ kind: 'multiset', element: intNotNull, nullable: true }, all, new Map([[null, 1]])],
  ])('%o with %o: %o', (type, rule, value) => expect(enforce(type, rule, [value])).toBe(1));
});

it('a row with a NULL within can be dropped, one with a wrong length can not', () => {
  expect(enforce(rowOf(intNotNull), rows, [[1, null], [1, 2], null], 'drop')).toBe(2);
  expect(() => enforce(char2, lengths, ['abc'], 'drop')).toThrow(/CHAR\(2\)/);
});
