import fc from 'fast-check';

const ascii = fc.integer({ min: 0, max: 0x7f });
const beyond = fc.integer({ min: 0x80, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff);
const character = fc.oneof({ weight: 3, arbitrary: ascii }, beyond).map((code) => String.fromCodePoint(code));

/** Texts of any characters that UTF-8 knows. (fast-check's unit 'binary' takes seconds to set up.) */
export function anyText(maxLength = 20): fc.Arbitrary<string> {
  return fc.string({ unit: character, maxLength });
}
