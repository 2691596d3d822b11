import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anomalyCode, anomalyKinds } from '../../src/simulator/anomaly.ts';
import { EventJson } from '../../src/simulator/event-json.ts';
import { Fleet } from '../../src/simulator/fleet.ts';
import { Readings, recordCode } from '../../src/simulator/readings.ts';
import { episodesOf, type FleetRow, fleetStartMs, rowsOf, runFleet, settingsOf } from '../support/fleet.ts';

const faults = {
  'disorder.rate': '0.1',
  'late.rate': '0.01',
  'late.min': '20 s',
  'late.max': '40 s',
  'duplicates.rate': '0.02',
  'garbage.rate': '0.01',
};

const hashOf = (rows: readonly FleetRow[]) =>
  createHash('sha256')
    .update(rows.map(({ text }) => text).join('\n'))
    .digest('hex');

const bySequence = (a: FleetRow, b: FleetRow) =>
  a.device - b.device || a.sequence - b.sequence || a.kind - b.kind || a.dueMs - b.dueMs;

describe('a fleet', () => {
  it('sends the same bytes as ever for the same seed', () => {
    const { rows } = runFleet(settingsOf({ devices: '50', duration: '2 min', seed: '42', ...faults }));
    expect(rows.length).toBe(6100);
    expect(hashOf(rows)).toBe('539481dfa59f7edf984878876e1487b4c650b8194f9d121b025ade6041e8ce93');
  });

  it('sends others, under other names, for another seed', () => {
    const [one, two] = ['1', '2'].map((seed) => runFleet(settingsOf({ duration: '5 s', seed })).rows);
    expect(hashOf(one!)).not.toBe(hashOf(two!));
    const ids = [...one!, ...two!].map(({ text }) => (JSON.parse(text) as { event_id: string }).event_id);
    expect(new Set(ids).size).toBe(one!.length + two!.length);
  });

  it('delivers in the order of due times, and no record before its time', () => {
    const { rows } = runFleet(settingsOf({ devices: '40', duration: '60 s', ...faults }));
    for (let i = 1; i < rows.length; i++) expect(rows[i]!.dueMs).toBeGreaterThanOrEqual(rows[i - 1]!.dueMs);
    expect(rows.every((row) => row.createdAt >= row.eventTime && row.dueMs >= row.eventTime)).toBe(true);
  });

  it('sends the events that were asked for, each once, numbered without gaps', () => {
    const { rows } = runFleet(settingsOf({ devices: '7', events: '5000', ...faults, 'anomalies.kinds': 'drop-out' }));
    const events = rows.filter(({ kind }) => kind < recordCode.duplicate).sort(bySequence);
    expect(events.length).toBe(5000);
    for (const [i, row] of events.entries()) {
      const previous = events[i - 1];
      expect(row.sequence).toBe(previous?.device === row.device ? previous.sequence + 1 : 0);
    }
  });

  it('goes on exactly from any position', () => {
    const options = { devices: '9', period: '700 ms', duration: '3 min', 'anomalies.rate': '0.3', ...faults };
    const settings = settingsOf({ ...options, 'anomalies.length': '11' });
    const { rows } = runFleet(settings);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: rows.length }), (cut) => {
        const first = new Fleet(settings, { index: 0, count: 1 }, fleetStartMs);
        const head = new Readings(cut);
        first.fill(head, Infinity);
        const second = new Fleet(settings, { index: 0, count: 1 }, fleetStartMs);
        second.seek(first.position());
        expect(second.position()).toEqual(first.position());
        const tail = new Readings(rows.length);
        second.fill(tail, Number.MAX_SAFE_INTEGER);
        const json = new EventJson(settings, second, false);
        expect(hashOf(rowsOf(second, json, tail))).toBe(hashOf(rows.slice(cut)));
      }),
      { numRuns: 30 },
    );
  });

  it('goes on exactly where it had come to its bound of events', () => {
    const settings = settingsOf({ devices: '3', events: '500', ...faults });
    const { rows } = runFleet(settings);
    for (const cut of [rows.length - 30, rows.length - 1, rows.length]) {
      const first = new Fleet(settings, { index: 0, count: 1 }, fleetStartMs);
      first.fill(new Readings(cut), Infinity);
      const second = new Fleet(settings, { index: 0, count: 1 }, fleetStartMs);
      second.seek(first.position());
      const tail = new Readings(rows.length);
      second.fill(tail, Number.MAX_SAFE_INTEGER);
      expect(tail.length).toBe(rows.length - cut);
    }
  });

  it('does not depend on how time is cut', () => {
    const settings = settingsOf({ devices: '10', duration: '30 s', ...faults });
    const fleet = new Fleet(settings, { index: 0, count: 1 }, fleetStartMs);
    const json = new EventJson(settings, fleet, false);
    const rows: FleetRow[] = [];
    for (let until = fleetStartMs; fleet.nextDueMs < Infinity; until += 137) {
      const readings = new Readings(500);
      fleet.fill(readings, until);
      expect([...readings.dueMs.subarray(0, readings.length)].every((due) => due <= until)).toBe(true);
      rows.push(...rowsOf(fleet, json, readings));
    }
    expect(hashOf(rows)).toBe(hashOf(runFleet(settings).rows));
  });
});

describe('shards', () => {
  it.each([1, 2, 3, 4, 7, 13])('of %s publishers are the fleet, each event once and the same', (count) => {
    const settings = settingsOf({ devices: '10', duration: '60 s', ...faults });
    const all = runFleet(settings).rows.sort(bySequence);
    const shards = Array.from({ length: count }, (_, index) => runFleet(settings, { index, count }).rows);
    expect(shards.flat().sort(bySequence)).toEqual(all);
    const owners = new Map<number, number>();
    for (const [shard, rows] of shards.entries()) {
      for (const { device } of rows) {
        expect(owners.get(device) ?? shard).toBe(shard);
        owners.set(device, shard);
      }
    }
    expect(owners.size).toBe(10);
  });
});

describe('rates', () => {
  const { rows } = runFleet(settingsOf({ devices: '100', duration: '10 min', 'anomalies.rate': '0', ...faults }));
  const share = (kind: keyof typeof recordCode) => rows.filter((row) => row.kind === recordCode[kind]).length / 60_000;

  it.each([
    ['held', 0.1],
    ['late', 0.01],
    ['duplicate', 0.02],
    ['garbage', 0.01],
  ] as const)('of records %s are as set', (kind, rate) => {
    const deviation = Math.sqrt((rate * (1 - rate)) / 60_000);
    expect(Math.abs(share(kind) - rate)).toBeLessThan(4 * deviation);
  });

  it('without anomalies every reading is sent', () => {
    expect(rows.filter(({ kind }) => kind < recordCode.duplicate).length).toBe(60_000);
  });

  it('late records come within their bounds and those in disorder within theirs', () => {
    const delays = (kind: number) => rows.filter((row) => row.kind === kind).map((row) => row.dueMs - row.eventTime);
    expect(Math.min(...delays(recordCode.late))).toBeGreaterThanOrEqual(20_000);
    expect(Math.max(...delays(recordCode.late))).toBeLessThanOrEqual(40_000);
    expect(Math.min(...delays(recordCode.held))).toBeGreaterThanOrEqual(1);
    expect(Math.max(...delays(recordCode.held))).toBeLessThanOrEqual(2_000);
  });

  it('a duplicate is its event to the byte, and comes after it', () => {
    const events = new Map(rows.filter(({ kind }) => kind < 3).map((row, index) => [row.text, index]));
    const duplicates = rows.filter(({ kind }) => kind === recordCode.duplicate);
    expect(duplicates.length).toBeGreaterThan(500);
    for (const { text } of duplicates) expect(events.has(text)).toBe(true);
  });

  it.each([0.01, 0.05, 0.25, 0.3, 0.5])('of anomalies: %s of the readings', (rate) => {
    const options = { devices: '200', duration: '20 min', 'anomalies.rate': String(rate), 'anomalies.length': '20' };
    const episodes = episodesOf(settingsOf(options));
    const readings = episodes.reduce((sum, episode) => sum + episode.readings, 0);
    expect(readings / 240_000).toBeGreaterThan(rate * 0.9);
    expect(readings / 240_000).toBeLessThan(rate * 1.1);
    const kinds = anomalyKinds.map((kind) => episodes.filter(({ code }) => code === anomalyCode[kind]).length);
    for (const count of kinds) expect(count / episodes.length).toBeCloseTo(0.25, 1);
  });
});
