import { describe, expect, it } from 'vitest';
import { type AnomalyKind, anomalyCode } from '../../src/simulator/anomaly.ts';
import type { Episode } from '../../src/simulator/fleet.ts';
import { recordCode } from '../../src/simulator/readings.ts';
import { type FleetRow, runFleet, settingsOf } from '../support/fleet.ts';

const periodMs = 1_000;
const { rows, episodes } = runFleet(
  settingsOf({ devices: '60', duration: '20 min', 'anomalies.rate': '0.2', 'anomalies.length': '30' }),
);
const of = (kind: AnomalyKind) => episodes.filter(({ code }) => code === anomalyCode[kind]);
const byDevice = Map.groupBy(rows, ({ device }) => device);
const inside = (episode: Episode) =>
  byDevice.get(episode.device)!.filter((row) => row.eventTime >= episode.fromMs && row.eventTime < episode.toMs);
const before = (episode: Episode) =>
  byDevice.get(episode.device)!.findLast((row) => row.eventTime < episode.fromMs && row.anomaly === 0);

describe('the truth about anomalies', () => {
  it('names exactly the events that carry one', () => {
    const named = episodes.flatMap((episode) =>
      inside(episode).map((row) => `${row.device} ${row.sequence} ${episode.code}`),
    );
    const carried = rows
      .filter(({ anomaly }) => anomaly !== 0)
      .map((row) => `${row.device} ${row.sequence} ${row.anomaly}`);
    expect(carried.length).toBeGreaterThan(5_000);
    expect(named.sort()).toEqual(carried.sort());
  });

  it('gives the sequence numbers and the count of readings', () => {
    for (const episode of episodes) {
      const events = inside(episode);
      expect(episode.readings).toBe((episode.toMs - episode.fromMs) / periodMs);
      expect(events.map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: episode.nextSequence - episode.firstSequence }, (_, i) => episode.firstSequence + i),
      );
      expect(events.length).toBe(episode.code === anomalyCode['drop-out'] ? 0 : episode.readings);
    }
  });

  it('a drop-out is the only gap in the readings of a device', () => {
    const gaps = [...byDevice.values()].flatMap((events) =>
      events.slice(1).filter((row, i) => row.eventTime - events[i]!.eventTime !== periodMs),
    );
    // An episode at the very beginning or end of the run is no gap between two events.
    const firsts = new Set(
      rows.filter(({ sequence }) => sequence === 0).map(({ device, eventTime }) => `${device} ${eventTime}`),
    );
    const times = new Set(rows.map(({ device, eventTime }) => `${device} ${eventTime}`));
    const ends = of('drop-out').map(({ device, toMs }) => `${device} ${toMs}`);
    const expected = ends.filter((end) => !firsts.has(end) && times.has(end));
    expect(gaps.map(({ device, eventTime }) => `${device} ${eventTime}`).sort()).toEqual(expected.sort());
    expect(gaps.length).toBeGreaterThan(50);
  });

  it('a stuck device repeats its reading', () => {
    for (const episode of of('stuck')) {
      const values = (row: FleetRow) => [row.temperature, row.utilization, row.power, row.fanSpeed].join();
      expect(new Set(inside(episode).map(values)).size).toBe(1);
    }
  });

  it('a spike jumps by 18 °C or more', () => {
    for (const episode of of('spike')) {
      const last = before(episode);
      if (last === undefined || episode.fromMs - last.eventTime > periodMs) continue;
      expect(inside(episode)[0]!.temperature - last.temperature).toBeGreaterThan(15);
    }
  });

  it('a drift begins small and ends 15 °C or more away', () => {
    const jumps = of('drift').map((episode) => {
      const events = inside(episode);
      const after = byDevice.get(episode.device)!.find((row) => row.eventTime === episode.toMs);
      return { first: events[0]!, last: events.at(-1)!, after };
    });
    for (const { last, after } of jumps)
      if (after?.anomaly === 0) expect(last.temperature - after.temperature).toBeGreaterThan(11);
  });
});

describe('the values', () => {
  const healthy = rows.filter(({ anomaly, kind }) => anomaly === 0 && kind === recordCode.event);

  it('are physically possible', () => {
    const range = (pick: (row: FleetRow) => number) => {
      const values = healthy.map(pick);
      return [Math.min(...values), Math.max(...values)] as const;
    };
    const limits: [(row: FleetRow) => number, number, number][] = [
      [(row) => row.temperature, 20, 95],
      [(row) => row.utilization, 0, 1],
      [(row) => row.power, 40, 760],
      [(row) => row.fanSpeed, 30, 100],
    ];
    for (const [pick, low, high] of limits) {
      const [least, most] = range(pick);
      expect(least).toBeGreaterThanOrEqual(low);
      expect(most).toBeLessThanOrEqual(high);
    }
  });

  it('load drives power at once, heat with inertia, and the fan follows heat', () => {
    const lagged = (pick: (row: FleetRow) => number, lag: number) =>
      [...byDevice.values()].flatMap((events) => {
        const steady = events.filter(({ anomaly }) => anomaly === 0);
        return steady.slice(lag).map((row, i) => [steady[i]!.utilization, pick(row)] as const);
      });
    expect(correlation(lagged((row) => row.power, 0))).toBeGreaterThan(0.98);
    expect(correlation(lagged((row) => row.temperature, 20))).toBeGreaterThan(0.85);
    expect(correlation(healthy.map((row) => [row.temperature, row.fanSpeed] as const))).toBeGreaterThan(0.9);
  });

  it('heat lags behind load: a device that gets work warms up over tens of seconds', () => {
    const calmDays = runFleet(settingsOf({ devices: '60', duration: '15 min', 'anomalies.rate': '0' })).rows;
    const starts = [...Map.groupBy(calmDays, ({ device }) => device).values()].flatMap((events) =>
      events.flatMap((row, i) => {
        const calm = events.slice(Math.max(0, i - 30), i);
        const busy = events.slice(i + 10, i + 70);
        const starts = calm.length === 30 && busy.length === 60 && calm.every(({ utilization }) => utilization < 0.15);
        const works = starts && busy.every(({ utilization }) => utilization > 0.6);
        return works ? [{ at0: row.temperature, at5: events[i + 5]!.temperature, at69: busy.at(-1)!.temperature }] : [];
      }),
    );
    expect(starts.length).toBeGreaterThan(10);
    for (const { at0, at5, at69 } of starts) {
      expect(at5 - at0).toBeLessThan(0.4 * (at69 - at0));
      expect(at69 - at0).toBeGreaterThan(15);
    }
  });
});

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const mean = (index: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[index], 0) / pairs.length;
  const [mx, my] = [mean(0), mean(1)];
  let [xy, xx, yy] = [0, 0, 0];
  for (const [x, y] of pairs) {
    xy += (x - mx) * (y - my);
    xx += (x - mx) ** 2;
    yy += (y - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}
