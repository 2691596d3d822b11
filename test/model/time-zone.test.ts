import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daysFromCivil, msPerDay } from '../../src/model/calendar.ts';
import { timeZone, timeZoneOrGmt } from '../../src/model/time-zone.ts';

const hour = 3_600_000;
const local = (year: number, month: number, day: number, hours = 0, minutes = 0) =>
  daysFromCivil(year, month, day) * msPerDay + hours * hour + minutes * 60_000;

/** What Intl says about an instant, by another way than the code under test: the name of the offset. */
function offsetByIntl(zone: string, utcMs: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(utcMs);
  const name = parts.find((part) => part.type === 'timeZoneName')!.value;
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name)!;
  const seconds = Number(match[2] ?? 0) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return (match[1] === '-' ? -seconds : seconds) * 1000;
}

const zones = ['Europe/Paris', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Africa/Casablanca'];
zones.push('Pacific/Apia', 'America/Sao_Paulo', 'Asia/Kathmandu', 'Europe/Dublin', 'America/St_Johns', 'UTC');
const anyZone = fc.constantFrom(...zones);
const anyInstant = fc.integer({ min: local(1850, 1, 1), max: local(2120, 1, 1) });

describe('a zone', () => {
  it("gives Intl's offset at any instant", () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (name, utcMs) => {
        expect(timeZone(name).offsetMs(utcMs)).toBe(offsetByIntl(name, utcMs));
      }),
      { numRuns: 1000 },
    );
  });

  it('comes back to an instant from its wall time, or to the earlier one with the same wall time', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (name, utcMs) => {
        const zone = timeZone(name);
        const back = zone.toUtc(zone.toLocal(utcMs));
        expect(zone.toLocal(back)).toBe(zone.toLocal(utcMs));
        expect(back).toBeLessThanOrEqual(utcMs);
        expect(back).toBeGreaterThan(utcMs - 25 * hour);
      }),
      { numRuns: 1000 },
    );
  });

  it('does not depend on the order of questions', () => {
    const instants = Array.from({ length: 2000 }, (_, i) => local(2019, 1, 1) + i * 5 * hour);
    const forwards = instants.map((utcMs) => timeZone('Europe/Paris').offsetMs(utcMs));
    const backwards = instants.toReversed().map((utcMs) => timeZone('Europe/Paris').offsetMs(utcMs));
    expect(backwards.toReversed()).toEqual(forwards);
    expect(new Set(forwards)).toEqual(new Set([hour, 2 * hour]));
  });
});

// The expected instants are java.time.LocalDateTime.atZone(zone).toInstant()'s.
describe('a wall time', () => {
  it.each([
    ['in a gap is shifted forward', 'Europe/Paris', local(2021, 3, 28, 2, 30), local(2021, 3, 28, 1, 30)],
    ['at the end of a gap is itself', 'Europe/Paris', local(2021, 3, 28, 3, 0), local(2021, 3, 28, 1, 0)],
    ['before a gap is itself', 'Europe/Paris', local(2021, 3, 28, 1, 59), local(2021, 3, 28, 0, 59)],
    ['in an overlap is the earlier', 'Europe/Paris', local(2021, 10, 31, 2, 30), local(2021, 10, 31, 0, 30)],
    ['after an overlap is itself', 'Europe/Paris', local(2021, 10, 31, 3, 0), local(2021, 10, 31, 2, 0)],
    ['in a gap west of UTC', 'America/New_York', local(2021, 3, 14, 2, 30), local(2021, 3, 14, 7, 30)],
    ['in an overlap west of UTC', 'America/New_York', local(2021, 11, 7, 1, 30), local(2021, 11, 7, 5, 30)],
    ['in a gap of half an hour', 'Australia/Lord_Howe', local(2021, 10, 3, 2, 15), local(2021, 10, 2, 15, 45)],
    ['in a day that was left out', 'Pacific/Apia', local(2011, 12, 30, 12, 0), local(2011, 12, 30, 22, 0)],
  ])('%s', (_, name, wall, expected) => {
    expect(timeZone(name).toUtc(wall)).toBe(expected);
  });
});

describe('names', () => {
  it.each([
    ['UTC', 0],
    ['GMT', 0],
    ['Z', 0],
    ['+08:00', 8 * hour],
    ['GMT+08:00', 8 * hour],
    ['GMT+8', 8 * hour],
    ['UTC-0530', -5.5 * hour],
    ['-05', -5 * hour],
    ['+01:02:03', hour + 123_000],
  ])('%s is fixed', (name, offset) => {
    expect(timeZone(name)).toMatchObject({ name, fixedOffsetMs: offset });
    expect(timeZone(name).toUtc(timeZone(name).toLocal(123))).toBe(123);
    expect(timeZone(name).offsetMs(0)).toBe(offset);
  });

  it.each(['Mars/Olympus', '', 'GMT+19:00', '+8:70', "Europe/Paris'", '2020-01-01'])('%j is refused', (name) => {
    expect(() => timeZone(name)).toThrowError(/time zone: expected a name such as .* got '/);
    expect(timeZoneOrGmt(name).fixedOffsetMs).toBe(0);
  });

  it('are looked up once', () => {
    expect(timeZone('Europe/Paris')).toBe(timeZone('Europe/Paris'));
  });
});
