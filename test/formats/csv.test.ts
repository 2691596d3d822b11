import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvFormat } from '../../src/formats/csv.ts';
import { batchOf } from '../../src/model/column.ts';
import { type DataType, type Field, types } from '../../src/model/types.ts';
import { anyText } from '../support/any-text.ts';
import { bytesOf, type Decoded, decodeRecords, decoderContext, encoderContext } from '../support/records.ts';

type Options = Readonly<Record<string, string>>;

const three: readonly Field[] = [
  { name: 'a', type: types.string() },
  { name: 'b', type: types.of('int') },
  { name: 'c', type: types.string() },
];

function read(fields: readonly Field[], text: string, options: Options = {}): Decoded {
  const decoder = csvFormat.createDecoder!(decoderContext(csvFormat, fields, options));
  return decodeRecords(decoder, fields, [bytesOf(text)]);
}

describe('a CSV record', () => {
  const cases: readonly [string, unknown[], Options?][] = [
    ['x,1,y', ['x', 1, 'y']],
    ['x,1,y\r\n', ['x', 1, 'y']],
    [',1,', ['', 1, '']],
    [' x , 1 ,"y"', [' x ', 1, 'y']],
    ['"a,""b""",-3,"é\n"', ['a,"b"', -3, 'é\n']],
    ['x|1|y', ['x', 1, 'y'], { 'field-delimiter': '|' }],
    ['x\t1\ty', ['x', 1, 'y'], { 'field-delimiter': '\\t' }],
    ["'x,y',1,\"", ['x,y', 1, '"'], { 'quote-character': "'" }],
    ['"x",1,y', ['"x"', 1, 'y'], { 'disable-quote-character': 'true' }],
    ['a\\,b,1,"\\"\\n"', ['a,b', 1, '"\n'], { 'escape-character': '\\' }],
    ['null,null,"null"', [null, null, null], { 'null-literal': 'null' }],
    ['x,?,y', ['x', null, 'y'], { 'ignore-parse-errors': 'true' }],
    ['x,1', ['x', 1, null], { 'ignore-parse-errors': 'true' }],
  ];
  it.each(cases)('%s', (text, row, options) => {
    expect(read(three, text, options)).toEqual({ rows: [row], faults: [] });
  });

  const faults: readonly [string, string][] = [
    ['x,1', 'expected 3 fields, found 2'],
    ['x,1,y,z', 'expected 3 fields, found 4'],
    ['x,1.5,y', "field `b`: expected INT, found '1.5'"],
    ['x,,y', "field `b`: expected INT, found ''"],
    ['x,1,"y', "expected a closing quote behind byte 4, found the record's end"],
    ['"x"z,1,y', "expected ',' at byte 3, found 'z'"],
  ];
  it.each(faults)('that is bad: %s', (text, message) => {
    expect(read(three, text).faults).toEqual([message]);
  });

  it('that is empty, or a comment where allowed, is skipped', () => {
    expect(read(three, '')).toEqual({ rows: [], faults: [] });
    expect(read(three, '# x', { 'allow-comments': 'true' })).toEqual({ rows: [], faults: [] });
    expect(read(three, '# x').faults).toHaveLength(1);
  });
});

describe('a CSV value', () => {
  const cases: readonly [DataType, string, unknown][] = [
    [types.of('boolean'), 'TRUE', true],
    [types.of('bigint'), '9007199254740993', 9007199254740993n],
    [types.of('double'), '1e3', 1000],
    [types.of('float'), '0.1', Math.fround(0.1)],
    [types.decimal(10, 2), '1.5', 150],
    [types.of('date'), '2020-1-5', 18266],
    [types.time(), '12:13', 43_980_000],
    [types.timestamp(3), '2020-12-30 12:13:14.123', 1609330394123],
    [types.timestampLtz(3), '2020-12-30 12:13:14Z', 1609330394000],
    [types.bytes(), 'AQID', Uint8Array.of(1, 2, 3)],
    [types.array(types.of('int')), '1;2;3', [1, 2, 3]],
    [
      types.row([
        { name: 'x', type: types.of('int') },
        { name: 'y', type: types.string() },
      ]),
      '1;z',
      [1, 'z'],
    ],
  ];
  it.each(cases)('%o of %s, and its text', (type, text, value) => {
    const fields = [{ name: 'v', type }];
    const decoder = csvFormat.createDecoder!(decoderContext(csvFormat, fields));
    expect(decodeRecords(decoder, fields, [bytesOf(text)]).rows).toEqual([[value]]);
    const bytes = bytesOf(text);
    decoder.decode(bytes, 0, bytes.length);
    const encoded = csvFormat.createEncoder!(encoderContext(csvFormat, fields)).encode(batchOf(1, decoder.take()), 0)!;
    expect(read(fields, Buffer.from(encoded).toString()).rows).toEqual([[value]]);
  });
});

describe('writing CSV', () => {
  it('quotes as Jackson does', () => {
    const texts = ['plain', 'a b', 'a,b', 'say "x"', 'x'.repeat(25), ''];
    const expected = ['plain', '"a b"', '"a,b"', '"say ""x"""', `"${'x'.repeat(25)}"`, ''];
    const fields = [{ name: 'v', type: types.string() }];
    const decoder = csvFormat.createDecoder!(decoderContext(csvFormat, fields, { 'field-delimiter': '\\u0001' }));
    for (const text of texts.slice(0, 5)) {
      const bytes = bytesOf(`"${text.replaceAll('"', '""')}"`);
      decoder.decode(bytes, 0, bytes.length);
    }
    const batch = batchOf(5, decoder.take());
    const encoder = csvFormat.createEncoder!(encoderContext(csvFormat, fields));
    const written = Array.from({ length: 5 }, (_, row) => Buffer.from(encoder.encode(batch, row)!).toString());
    expect(written).toEqual(expected.slice(0, 5));
  });

  it('gives texts that read as what was written', () => {
    const cell = anyText(40);
    fc.assert(
      fc.property(cell, cell, fc.constantFrom({}, { 'escape-character': '\\' }), (a, c, options) => {
        const quote = (text: string): string =>
          `"${text.replaceAll('\\', '\\' in options ? '\\\\' : '\\').replaceAll('"', '""')}"`;
        const decoder = csvFormat.createDecoder!(decoderContext(csvFormat, three));
        const source = bytesOf(`${quote(a)},1,${quote(c)}`);
        expect(decoder.decode(source, 0, source.length)).toBe(null);
        const encoder = csvFormat.createEncoder!(encoderContext(csvFormat, three, options));
        const text = Buffer.from(encoder.encode(batchOf(1, decoder.take()), 0)!).toString();
        expect(read(three, text, options).rows).toEqual([[a, 1, c]]);
      }),
    );
  });
});

describe('reading CSV', () => {
  it('gives the same by the quick way and by the slow one', () => {
    const fields = [
      { name: 's', type: types.string() },
      { name: 'i', type: types.of('int') },
      { name: 'l', type: types.of('bigint') },
      { name: 'd', type: types.of('double') },
      { name: 't', type: types.timestamp(3) },
    ];
    const number = fc.oneof(
      fc.integer().map(String),
      fc.maxSafeInteger().map(String),
      fc.double().map(String),
      fc.constantFrom(
        '',
        '.',
        '-',
        '-0',
        '1.',
        '.5',
        '+1',
        ' 1',
        '1.2.3',
        '000000000000000012',
        '2147483648',
        '1e3',
        'NaN',
      ),
    );
    const time = fc.constantFrom(
      '2020-12-30 12:13:14',
      '2020-12-30 12:13:14.5 ',
      '2020-02-30 00:00:00',
      '2020-1-1 00:00:00',
    );
    const row = fc.tuple(fc.constantFrom('x', '', '"q"'), number, number, number, time);
    const options = { 'ignore-parse-errors': 'true' };
    fc.assert(
      fc.property(row, (cells) => {
        const slow = { ...options, 'null-literal': 'no such text' };
        expect(read(fields, cells.join(','), options)).toEqual(read(fields, cells.join(','), slow));
      }),
      { numRuns: 500 },
    );
  });
});

describe('CSV options', () => {
  it('refuse what does not go together, more than a character, and types without a text', () => {
    expect(() => read(three, '', { 'quote-character': "'", 'disable-quote-character': 'true' })).toThrow(/got both/);
    expect(() => read(three, '', { 'field-delimiter': '||' })).toThrow(/expected one character, got '\|\|'/);
    expect(() => read([{ name: 'm', type: types.map(types.string(), types.string()) }], '')).toThrow(/got MAP/);
  });
});
