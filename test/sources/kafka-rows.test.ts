import { describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import { planKafkaTable } from '../../src/kafka/kafka-table.ts';
import { RecordRun } from '../../src/kafka/record-run.ts';
import { rowKinds, valueAt } from '../../src/model/column.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { types } from '../../src/model/types.ts';
import { createRecordRows } from '../../src/sources/kafka-decoder.ts';
import { KeyedRows } from '../../src/sources/kafka-rows.ts';
import { physicalColumns, tableOf } from '../support/reader-harness.ts';
import { decoderContext } from '../support/records.ts';

type Record = readonly [key: string | null, value: string | null];
type Options = Readonly<{ [key: string]: string }>;

const fields = [
  { name: 'k', type: types.of('int', false) },
  { name: 'v', type: types.string() },
  { name: 'n', type: types.of('bigint') },
];

/** Records as ranges of one buffer, as they lie in a batch. */
function runOf(records: readonly Record[]): RecordRun {
  const run = new RecordRun();
  const parts: Buffer[] = [];
  let at = 0;
  const range = (text: string | null): [number, number] => {
    if (text === null) return [-1, -1];
    const bytes = Buffer.from(text);
    parts.push(bytes);
    at += bytes.length;
    return [at - bytes.length, at];
  };
  const ranges = records.map(([key, value]) => [...range(key), ...range(value)]);
  run.bytes = Buffer.concat(parts);
  const column = (i: number): Int32Array<ArrayBuffer> => Int32Array.from(ranges, (each) => each[i]!);
  [run.keyStarts, run.keyEnds, run.valueStarts, run.valueEnds] = [column(0), column(1), column(2), column(3)];
  return run;
}

/** Rows of the wanted columns with their kinds, `+I 1,a,5`; what is wrong as `fault: …`. */
function read(options: Options, records: readonly Record[], wanted = ['k', 'v', 'n'], batchRows = 2): string[] {
  const given = {
    'properties.bootstrap.servers': 'a:1',
    topic: 't',
    'scan.startup.mode': 'earliest-offset',
    ...options,
  };
  const { 'scan.startup.mode': _, ...upsertOptions } = given;
  const table = tableOf(fields, options.connector === 'upsert-kafka' ? upsertOptions : given);
  const planned = planKafkaTable({ ...table, primaryKey: ['k'] }, formats, 'UTC');
  const columns: readonly ScanColumn[] = physicalColumns(wanted.map((name) => fields.find((f) => f.name === name)!));
  const rows = createRecordRows(planned, formats, { columns, pool: new StringPool(), batchRows });
  const run = runOf(records);
  const faults = records.flatMap((_, i) => {
    const fault = rows.decode(run, i);
    return fault === null ? [] : [`fault: ${fault.message}`];
  });
  const count = rows.rows;
  const taken = rows.take();
  const texts = Array.from({ length: count }, (_, row) => {
    const values = columns.map(({ type }, i) => String(valueAt(taken[i]!, type, row)));
    return `${rowKinds[rows.ops?.[row] ?? 0]} ${values.join(',')}`;
  });
  expect(rows.rows).toBe(0);
  return [...texts, ...faults];
}

const json = { connector: 'kafka', 'key.format': 'json', 'key.fields': 'k', 'value.format': 'json' };
const except = { ...json, 'value.fields-include': 'EXCEPT_KEY' };
const upsert = { connector: 'upsert-kafka', 'key.format': 'json', 'value.format': 'json' };

describe('key and value make rows', () => {
  it.each<[string, Options, Record[], string[], string[]?]>([
    ['each its columns', except, [['{"k":1}', '{"v":"a","n":5}']], ['+I 1,a,5']],
    ['the value has the key too, and counts', json, [['{"k":1}', '{"k":2,"v":"a"}']], ['+I 2,a,null']],
    ['columns of the key alone', except, [['{"k":1}', '{"v":"a"}']], ['+I 1'], ['k']],
    ['columns of the value alone', except, [['{"k":1}', '{"v":"a"}']], ['+I a'], ['v']],
    ['in the order of the scan', except, [['{"k":1}', '{"v":"a","n":5}']], ['+I 5,1,a'], ['n', 'k', 'v']],
    ['without a key there is no row', except, [[null, '{"v":"a"}']], []],
    [
      'a key that is wrong',
      except,
      [['{"k":"x"}', '{"v":"a"}']],
      [expect.stringMatching(/^fault: key: field `k`/) as never],
    ],
    [
      'after a fault rows still belong together',
      except,
      [
        ['{"k":1}', '{"v":"a"}'],
        ['{"k":2}', '{'],
        ['{"k":3}', '{"v":"c"}'],
      ],
      ['+I 1,a,null', '+I 3,c,null', expect.stringMatching(/^fault: expected/) as never],
    ],
    [
      'several rows of a value',
      except,
      [['{"k":1}', '[{"v":"a"},{"v":"b"},{"v":"c"}]']],
      ['+I 1,a,null', '+I 1,b,null', '+I 1,c,null'],
    ],
    ['a value that is not there is no row', json, [['{"k":1}', null]], []],
    [
      'but for raw ones, which are NULL',
      { ...except, 'key.fields': 'k;n', 'value.format': 'raw' },
      [
        ['{"k":1,"n":4}', null],
        ['{"k":2,"n":4}', 'x'],
      ],
      ['+I 1,null,4', '+I 2,x,4'],
    ],
  ])('%s', (_, options, records, expected, wanted) => expect(read(options, records, wanted)).toEqual(expected));
});

describe('of an upsert topic', () => {
  const put = ['{"k":1}', '{"k":1,"v":"a","n":5}'] as const;
  const gone = ['{"k":2}', null] as const;

  it.each<[string, Options, Record[], string[], string[]?]>([
    ['a record without a value deletes by its key', upsert, [gone], ['-D 2,null,null']],
    ['among others', upsert, [put, gone, put], ['+I 1,a,5', '-D 2,null,null', '+I 1,a,5']],
    ['also when it comes first', upsert, [gone, put], ['-D 2,null,null', '+I 1,a,5']],
    [
      'with the key in the key alone',
      { ...upsert, 'value.fields-include': 'EXCEPT_KEY' },
      [gone, put],
      ['-D 2,null,null', '+I 1,a,5'],
    ],
    ['when only the key is read', upsert, [gone, put], ['-D 2', '+I 1'], ['k']],
    ['a NULL in a value stays one', upsert, [gone, ['{"k":1}', '{"k":1}']], ['-D 2,null,null', '+I 1,null,null']],
  ])('%s', (_, options, records, expected, wanted) => expect(read(options, records, wanted)).toEqual(expected));
});

it('records without rows leave nothing behind', () => {
  const decoder = () => formats.json.createDecoder!(decoderContext(formats.json, fields.slice(0, 1)));
  const [key, value] = [decoder(), decoder()];
  const columns = [{ type: fields[0]!.type, key: 0, value: null }];
  const rows = new KeyedRows({ key, value, columns, upsert: false, pool: new StringPool() });
  const run = runOf([
    ['{"k":1}', null],
    [null, '{"k":2}'],
    ['{"k":3}', '{"k":3}'],
  ]);
  for (let i = 0; i < 100; i++) rows.decode(run, i % 2);
  expect(key.rows + value.rows).toBeLessThan(3);
  rows.decode(run, 2);
  expect(rows.rows).toBe(1);
  expect(valueAt(rows.take()[0]!, fields[0]!.type, 0)).toBe(3);
});
