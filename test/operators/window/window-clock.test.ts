import { describe, expect, it } from 'vitest';
import { WindowClock } from '../../../src/operators/window/window-clock.ts';

const at = (text: string): number => Date.parse(`${text}Z`);

describe('the fire time of a window end', () => {
  it.each([
    { what: 'without a zone', zone: null, end: '2026-01-01T00:00:10', fires: '2026-01-01T00:00:09.999' },
    { what: 'in a fixed zone', zone: 'Asia/Kolkata', end: '2026-01-01T05:30:00', fires: '2025-12-31T23:59:59.999' },
    {
      what: 'on a day without change',
      zone: 'Europe/Paris',
      end: '2026-06-01T02:00:00',
      fires: '2026-05-31T23:59:59.999',
    },
    {
      what: 'in the repeated hour',
      zone: 'Europe/Paris',
      end: '2026-10-25T02:30:00',
      fires: '2026-10-25T01:29:59.999',
    },
    {
      what: 'after the repeated hour',
      zone: 'Europe/Paris',
      end: '2026-10-25T03:00:00',
      fires: '2026-10-25T01:59:59.999',
    },
    { what: 'at its beginning', zone: 'Europe/Paris', end: '2026-10-25T02:00:00', fires: '2026-10-24T23:59:59.999' },
    {
      what: 'in the hour that is left out',
      zone: 'Europe/Paris',
      end: '2026-03-29T02:30:00',
      fires: '2026-03-29T01:00:00',
    },
    {
      what: 'after half an hour that is repeated',
      zone: 'Australia/Lord_Howe',
      end: '2026-04-05T02:00:00',
      fires: '2026-04-04T15:29:59.999',
    },
    {
      what: 'in half an hour that is left out',
      zone: 'Australia/Lord_Howe',
      end: '2026-10-04T02:15:00',
      fires: '2026-10-03T15:30:00',
    },
  ])('$what', ({ zone, end, fires }) => {
    expect(new Date(new WindowClock(zone).fireTime(at(end))).toISOString()).toBe(new Date(at(fires)).toISOString());
  });
});

describe('the next fire time above a watermark', () => {
  it.each(['UTC', 'Europe/Paris', 'America/New_York', 'Australia/Lord_Howe'])('%s', (zone) => {
    const clock = new WindowClock(zone);
    const step = 20 * 60_000;
    for (const night of ['2026-03-29', '2026-04-05', '2026-10-25', '2026-11-01']) {
      for (let watermark = at(`${night}T00:00:00`); watermark < at(`${night}T09:00:00`); watermark += step / 4) {
        let end = Math.floor((watermark - 24 * 3_600_000) / step) * step;
        while (clock.fireTime(end) <= watermark) end += step;
        expect(clock.nextFireTime(watermark, step, 0)).toBe(clock.fireTime(end));
      }
    }
  });

  it('is above nothing before the first watermark, and nothing after the last', () => {
    const clock = new WindowClock('Europe/Paris');
    expect(clock.nextFireTime(-Infinity, 10, 0)).toBe(-Number.MAX_VALUE);
    expect(clock.nextFireTime(Infinity, 10, 0)).toBeNaN();
  });
});
