import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFormat } from '../../src/formats/json.ts';
import { createJsonDecoder } from '../../src/formats/json-decoder.ts';
import type { Decoder } from '../../src/model/format.ts';
import { type Field, types } from '../../src/model/types.ts';
import { anyText } from '../support/any-text.ts';
import { bytesOf, decodeRecords, decoderContext } from '../support/records.ts';

// The quick way reads what the slow way reads, whatever the bytes; and the slow way reads what JSON.parse reads.

const fields: readonly Field[] = [
  { name: 's', type: types.string() },
  { name: 'i', type: types.of('int') },
  { name: 'l', type: types.of('bigint') },
  { name: 'd', type: types.of('double') },
  { name: 'b', type: types.of('boolean') },
  { name: 'm', type: types.decimal(12, 3) },
  { name: 't', type: types.timestamp(3) },
  { name: 'ä', type: types.array(types.string()) },
];

const decoders = new Map<string, Decoder>();

function read(records: readonly Uint8Array[], scan: boolean, options: Readonly<Record<string, string>>) {
  const key = JSON.stringify([scan, options]);
  const decoder = decoders.get(key) ?? createJsonDecoder(decoderContext(jsonFormat, fields, options), { scan });
  decoders.set(key, decoder); // made once: code is generated
  const { rows, faults } = decodeRecords(decoder, fields, records);
  return { rows: rows.map((row) => row.map(narrow)), faults };
}

/** A bad record may have widened its column. */
function narrow(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const number = fc.oneof(
  fc.integer().map(String),
  fc.maxSafeInteger().map(String),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('1e3', '-0', '0.10', '12E-2', '1.50', '99999999999999999999999999'),
);
const text = fc.oneof(anyText(), fc.constantFrom('12', ' 1.5 ', 'true', '2020-12-30 12:13:14.123'));
const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    text.map((s) => JSON.stringify(s)),
    fc.constantFrom('null', 'true', 'false'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(' ,')}]`),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 2 }).map(objectText),
  ),
})).value;
const name = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...fields.map((field) => field.name)) }, text);
const document = fc.array(fc.tuple(name, value), { maxLength: 9 }).map(objectText);

function objectText(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, json]) => `${JSON.stringify(key)} : ${json}`).join(', ')}}`;
}

const options = fc.constantFrom({}, { 'ignore-parse-errors': 'true' }, { 'fail-on-missing-field': 'true' });

describe('reading JSON', () => {
  it('the quick way and the slow way agree on any document', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 4 }), options, (documents, chosen) => {
        const records = documents.map(bytesOf);
        expect(read(records, true, chosen)).toEqual(read(records, false, chosen));
      }),
      { numRuns: 600 },
    );
  });

  it('they agree on documents with bytes that were changed, cut or put in', () => {
    const mutation = fc.record({
      at: fc.nat(200),
      byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...bytesOf('{}[]",:\\ 0-.eEtn'))),
      kind: fc.constantFrom('replace', 'remove', 'insert', 'cut'),
    });
    fc.assert(
      fc.property(
        document,
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        options,
        (original, changes, chosen) => {
          const bytes = [...bytesOf(original)];
          for (const { at, byte, kind } of changes) {
            const index = at % (bytes.length + 1);
            if (kind === 'cut') bytes.length = index;
            else bytes.splice(index, kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [byte]));
          }
          const record = Uint8Array.from(bytes);
          expect(read([record], true, chosen)).toEqual(read([record], false, chosen));
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('takes the values that JSON.parse takes', () => {
    fc.assert(
      fc.property(document, (json) => {
        const parsed = JSON.parse(json) as Record<string, unknown>;
        const { rows, faults } = read([bytesOf(json)], false, { 'ignore-parse-errors': 'true' });
        expect(faults).toEqual([]);
        const row = Object.fromEntries(fields.map((field, i) => [field.name, rows[0]![i]]));
        const own = (key: string): unknown => (Object.hasOwn(parsed, key) ? parsed[key] : null);
        if (typeof own('s') === 'string') expect(row.s).toBe(own('s'));
        if (typeof own('d') === 'number') expect(row.d).toBe(own('d'));
        if (typeof own('b') === 'boolean') expect(row.b).toBe(own('b'));
        if (Number.isSafeInteger(own('l'))) expect(Number(row.l)).toBe((own('l') as number) + 0);
        for (const key of ['s', 'i', 'l', 'd', 'b', 'm', 't']) if (own(key) === null) expect(row[key]).toBe(null);
      }),
      { numRuns: 400 },
    );
  });

  it('accepts what JSON.parse accepts and nothing else, but for control characters in strings', () => {
    const bytes = fc.array(fc.constantFrom(...bytesOf('{}[]",:\\u00e9 0-1.eEtruenlfas')), { maxLength: 12 });
    const decoder = createJsonDecoder(decoderContext(jsonFormat, []));
    fc.assert(
      fc.property(bytes, (middle) => {
        const json = `{"s":${Buffer.from(middle).toString('latin1')}}`;
        let accepted = true;
        try {
          JSON.parse(json);
        } catch {
          accepted = false;
        }
        const { faults } = decodeRecords(decoder, [], [bytesOf(json)]);
        expect(faults.length === 0).toBe(accepted);
      }),
      { numRuns: 3000 },
    );
  });
});
