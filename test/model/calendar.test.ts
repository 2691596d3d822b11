import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  formatDate,
  formatTime,
  formatTimestamp,
  joinTimestamp,
  msPerDay,
  parseDate,
  parseSqlTimestamp,
  parseTime,
  parseTimestamp,
  splitTimestamp,
} from '../../src/model/calendar.ts';

const firstDay = daysFromCivil(1, 1, 1);
const lastDay = daysFromCivil(9999, 12, 31);
const anyDay = fc.integer({ min: firstDay, max: lastDay });

describe('civil dates', () => {
  it('are those of Date over the whole range', () => {
    for (let days = firstDay; days <= lastDay; days += 13) {
      const date = new Date(days * msPerDay);
      const civil = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      expect(civilFromDays(days)).toEqual(civil);
      expect(daysFromCivil(civil.year, civil.month, civil.day)).toBe(days);
    }
  });

  it('know the lengths of months', () => {
    const lengths = [1900, 2000, 2023, 2024].map((year) => daysInMonth(year, 2));
    expect(lengths).toEqual([28, 29, 28, 29]);
    expect([1, 4, 12].map((month) => daysInMonth(2023, month))).toEqual([31, 30, 31]);
  });

  it('round trip as text', () => {
    fc.assert(fc.property(anyDay, (days) => parseDate(formatDate(days)) === days));
  });
});

describe('parseDate', () => {
  it.each([
    ['1970-01-01', 0],
    ['1970-1-2', 1],
    ['2020', daysFromCivil(2020, 1, 1)],
    ['2020-3', daysFromCivil(2020, 3, 1)],
    [' 2020-03-04', daysFromCivil(2020, 3, 4)],
    ['2020-03-04 12:00:00.5', daysFromCivil(2020, 3, 4)],
    ['2024-02-29', daysFromCivil(2024, 2, 29)],
    ['2023-02-29', null],
    ['2020-13-01', null],
    ['2020-00-01', null],
    ['2020-04-31', null],
    ['10000-01-01', null],
    ['2020-01-01T00:00:00', null],
    ['-2020-01-01', null],
    ['99999999999', null],
    ['', null],
    ['x', null],
  ])('%j', (text, expected) => {
    expect(parseDate(text)).toBe(expected);
  });
});

describe('times', () => {
  it.each([
    [0, 0, '00:00:00'],
    [45_296_789, 0, '12:34:56'],
    [45_296_789, 3, '12:34:56.789'],
    [45_296_780, 3, '12:34:56.78'],
    [45_296_000, 3, '12:34:56.0'],
    [45_296_789, 1, '12:34:56.7'],
    [-1000, 0, '23:59:59'],
  ])('format %j with %j', (ms, precision, expected) => {
    expect(formatTime(ms, precision)).toBe(expected);
  });

  it.each([
    ['12', 43_200_000],
    ['12:34', 45_240_000],
    ['12:34:56', 45_296_000],
    ['12:34:56.7894', 45_296_789],
    ['12:34:56.7895', 45_296_790],
    ['1:2:3', 3_723_000],
    ['10:00:00+02:30', 45_000_000],
    ['10:00:00-2', 28_800_000],
    ['24:00:00', null],
    ['12:60:00', null],
    ['12:00:60', null],
    ['12:00:00Z', null],
    ['12:', null],
    ['', null],
  ])('parse %j', (text, expected) => {
    expect(parseTime(text)).toBe(expected);
  });
});

const instants = fc.record({
  precision: fc.integer({ min: 0, max: 9 }),
  ms: fc.integer({ min: firstDay * msPerDay, max: lastDay * msPerDay }),
  nanos: fc.integer({ min: 0, max: 999_999 }),
});

describe('timestamps', () => {
  it('keep what their precision holds', () => {
    fc.assert(
      fc.property(instants, ({ precision, ms, nanos }) => {
        const value = joinTimestamp(ms, nanos, precision);
        const whole = BigInt(ms) * 1_000_000n + BigInt(nanos);
        const step = 10n ** BigInt(9 - precision);
        const kept = whole - (((whole % step) + step) % step);
        const parts = splitTimestamp(value, precision);
        expect(BigInt(parts.ms) * 1_000_000n + BigInt(parts.nanos)).toBe(kept);
        expect(typeof value === 'number').toBe(Number.isSafeInteger(Number(value)));
        if (typeof value === 'number') expect(splitTimestamp(BigInt(value), precision)).toEqual(parts);
      }),
    );
  });

  it('round trip as text in each form', () => {
    const forms = fc.constantFrom<{ separator: ' ' | 'T'; fraction: 'full' | 'trim'; suffix: 'Z' | '' }>(
      { separator: ' ', fraction: 'full', suffix: '' },
      { separator: 'T', fraction: 'trim', suffix: 'Z' },
    );
    fc.assert(
      fc.property(instants, forms, ({ precision, ms, nanos }, form) => {
        const value = joinTimestamp(ms, nanos, precision);
        const text = formatTimestamp(value, precision, form);
        expect(parseTimestamp(text, precision, form)).toBe(value);
        if (form.separator === ' ') expect(parseSqlTimestamp(text, precision)).toBe(value);
      }),
    );
  });

  it.each([
    [1_580_474_096_789, 3, '2020-01-31 12:34:56.789'],
    [1_580_474_096_000, 0, '2020-01-31 12:34:56'],
    [-1, 3, '1969-12-31 23:59:59.999'],
    [-1, 6, '1969-12-31 23:59:59.999999'],
    [-1n, 9, '1969-12-31 23:59:59.999999999'],
    [253_402_300_799_999_999_999n, 9, '9999-12-31 23:59:59.999999999'],
  ])('format %s with precision %s', (value, precision, expected) => {
    expect(formatTimestamp(value, precision)).toBe(expected);
  });

  it('trim a fraction when asked', () => {
    const form = { separator: 'T', fraction: 'trim', suffix: 'Z' } as const;
    expect(formatTimestamp(1_580_474_096_780, 3, form)).toBe('2020-01-31T12:34:56.78Z');
    expect(formatTimestamp(1_580_474_096_000, 3, form)).toBe('2020-01-31T12:34:56Z');
  });

  it.each([
    ['2020-01-31 12:34:56.7891', ' ', 1_580_474_096_789],
    ['2020-01-31 12:34:56', ' ', 1_580_474_096_000],
    ['2020-02-31 00:00:00', ' ', daysFromCivil(2020, 2, 29) * msPerDay],
    ['2020-02-28 24:00:00', ' ', daysFromCivil(2020, 2, 29) * msPerDay],
    ['2020-01-31T12:34', 'T', 1_580_474_040_000],
    ['2020-01-31 12:34', ' ', null],
    ['2020-01-31T12:34:56', ' ', null],
    ['2020-1-31 12:34:56', ' ', null],
    ['2020-01-31 25:00:00', ' ', null],
    ['2020-01-31 24:00:01', ' ', null],
    ['2020-01-31 12:34:56.1234567890', ' ', null],
    ['2020-01-32 12:34:56', ' ', null],
    ['2020-01-31 12:34:56 ', ' ', null],
    ['', ' ', null],
  ] as const)('strictly parse %j with separator %j', (text, separator, expected) => {
    expect(parseTimestamp(text, 3, { separator })).toBe(expected);
  });

  it('demand the suffix', () => {
    expect(parseTimestamp('2020-01-31 12:34:56', 3, { separator: ' ', suffix: 'Z' })).toBeNull();
    expect(parseTimestamp('2020-01-31 12:34:56Z', 3, { separator: ' ', suffix: 'Z' })).toBe(1_580_474_096_000);
    expect(parseTimestamp('2020-01-31 12:34:56Z', 3, { separator: ' ' })).toBeNull();
  });
});
