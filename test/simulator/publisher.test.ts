import { describe, expect, it } from 'vitest';
import type { ByteSink, Outlet } from '../../src/simulator/outlet.ts';
import { lineOutlet } from '../../src/simulator/outlet.ts';
import { Publisher, type PublisherClock } from '../../src/simulator/publisher.ts';
import type { Shard } from '../../src/simulator/record-stream.ts';
import { parseScenario, type Scenario } from '../../src/simulator/scenario.ts';
import { fleetStartMs, fleetSubjectOf, runFleet } from '../support/fleet.ts';

const whole: Shard = { index: 0, count: 1 };

function scenarioOf(spec: Readonly<Record<string, string>>): Scenario {
  const text = 'apiVersion: millrace/v1\nkind: Scenario\nmetadata: { name: fleet }\nspec: {}\n';
  return parseScenario(text, 'test', new Map(Object.entries(spec)));
}

function memorySink(): ByteSink & { text: () => string; isClosed: () => boolean } {
  const parts: Buffer[] = [];
  let closed = false;
  return {
    write: async (bytes) => void parts.push(Buffer.from(bytes)), // a copy: what is lent may change
    close: async () => {
      closed = true;
    },
    text: () => Buffer.concat(parts).toString('latin1'),
    isClosed: () => closed,
  };
}

/** Time passes only in sleep. */
class VirtualClock implements PublisherClock {
  ms = fleetStartMs;
  readonly now = () => this.ms;
  readonly sleep = async (ms: number) => {
    this.ms += ms;
  };
}

async function publish(scenario: Scenario, shard = whole) {
  const [records, truth] = [memorySink(), memorySink()];
  const publisher = new Publisher(scenario, shard, lineOutlet(records), truth, new VirtualClock());
  const totals = await publisher.run(new AbortController().signal);
  const lines = truth.text().trimEnd().split('\n');
  return { totals, records, truth: lines.map((line) => JSON.parse(line) as Record<string, unknown>), sink: truth };
}

const faults = {
  devices: '30',
  duration: '3 min',
  'anomalies.rate': '0.2',
  'anomalies.length': '20',
  'disorder.rate': '0.1',
  'late.rate': '0.02',
  'duplicates.rate': '0.02',
  'garbage.rate': '0.02',
  rate: 'unlimited',
};

describe('a publisher', () => {
  it('writes every record of the fleet as a line, in order', async () => {
    const scenario = scenarioOf(faults);
    const { records, totals } = await publish(scenario);
    const { rows } = runFleet(fleetSubjectOf(scenario).settings);
    expect(records.text()).toBe(rows.map(({ text }) => `${text}\n`).join(''));
    expect(totals.records).toBe(rows.length);
    expect(totals.bytes).toBe(rows.reduce((sum, { text }) => sum + text.length, 0));
    expect(records.isClosed()).toBe(true);
  });

  it('writes the truth about exactly the records that it wrote', async () => {
    const { records, truth, totals, sink } = await publish(scenarioOf(faults));
    const of = (kind: string) => truth.filter((line) => line.kind === kind);
    const events = records
      .text()
      .split('\n')
      .flatMap((line) => {
        try {
          const event = JSON.parse(line) as Record<string, unknown>;
          return typeof event.event_id === 'string' && !event.event_id.includes('\xff') ? [event] : [];
        } catch {
          return [];
        }
      });
    const times = Map.groupBy(events, (event) => String(event.event_id));
    const twice = [...times].filter(([, list]) => list.length === 2).map(([id]) => id);
    expect(twice.sort()).toEqual(
      of('duplicate')
        .map((line) => String(line.event_id))
        .sort(),
    );
    const delay = (event: Record<string, unknown>) =>
      Number(event.created_at) - Date.parse(`${String(event.event_time).replace(' ', 'T')}Z`);
    const late = [...times].filter(([, [event]]) => delay(event!) >= 30_000).map(([id]) => id);
    expect(late.sort()).toEqual(
      of('late')
        .map((line) => String(line.event_id))
        .sort(),
    );
    expect(of('garbage').length).toBe(totals.garbage);
    expect(records.text().trimEnd().split('\n').length).toBe(totals.records);
    expect(times.size).toBe(totals.events);
    expect(truth[0]).toMatchObject({ kind: 'scenario', name: 'fleet', devices: 30, first_device: 'gpu-0000' });
    const { behindMs: _, ...counts } = totals;
    expect(truth.at(-1)).toEqual({ kind: 'summary', ...counts });
    expect(sink.isClosed()).toBe(true);
  });

  it('names the anomaly in the event itself when asked, and the truth agrees', async () => {
    const { records, truth } = await publish(
      scenarioOf({ ...faults, 'anomalies.label': 'true', 'garbage.rate': '0', 'duplicates.rate': '0' }),
    );
    const labelled = records
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { device_id: string; event_id: string; anomaly: string | null })
      .filter(({ anomaly }) => anomaly !== null);
    const told = truth
      .filter((line) => line.kind === 'anomaly')
      .flatMap((line) => {
        const [first, next] = [Number(line.first_sequence), Number(line.next_sequence)];
        return Array.from({ length: next - first }, (_, i) => `${line.device_id} ${first + i} ${line.anomaly}`);
      });
    expect(labelled.length).toBeGreaterThan(300);
    expect(
      labelled
        .map(({ device_id, event_id, anomaly }) => `${device_id} ${event_id.split('-').at(-1)} ${anomaly}`)
        .sort(),
    ).toEqual(told.sort());
  });

  it('with others covers the fleet once', async () => {
    const lines = async (shard: Shard) =>
      (await publish(scenarioOf({ ...faults, events: '3001' }), shard)).records.text().trimEnd().split('\n');
    const all = await lines(whole);
    const shards = await Promise.all([0, 1, 2, 3].map((index) => lines({ index, count: 4 })));
    expect(shards.flat().sort()).toEqual(all.sort());
  });

  it('keeps the pace of the clock', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const outlet: Outlet = {
      write: async ({ timestamps, length }) => {
        for (let row = 0; row < length; row++) {
          expect(timestamps[row]).toBeLessThanOrEqual(clock.ms);
          seen.push(clock.ms - timestamps[row]!);
        }
      },
      close: async () => {},
    };
    const scenario = scenarioOf({ devices: '100', duration: '20 s', 'anomalies.rate': '0' });
    await new Publisher(scenario, whole, outlet, null, clock).run(new AbortController().signal);
    expect(seen.length).toBe(2000);
    expect(Math.max(...seen)).toBeLessThanOrEqual(10);
    expect(clock.ms - fleetStartMs).toBeLessThan(20_100);
  });

  it('runs ten times faster than the clock when asked', async () => {
    const clock = new VirtualClock();
    const scenario = scenarioOf({ devices: '10', duration: '100 s', rate: '10' });
    await new Publisher(scenario, whole, lineOutlet(memorySink()), null, clock).run(new AbortController().signal);
    expect(clock.ms - fleetStartMs).toBeGreaterThan(9_800);
    expect(clock.ms - fleetStartMs).toBeLessThan(10_100);
  });

  it('stops when it is told, tells of open episodes, and closes', async () => {
    const stopping = new AbortController();
    const [records, truth] = [memorySink(), memorySink()];
    const counting: Outlet = {
      write: async () => {
        if (publisher.totals().records > 20_000) stopping.abort();
      },
      close: () => records.close(),
    };
    const scenario = scenarioOf({ devices: '100', rate: 'unlimited', 'anomalies.rate': '0.3' });
    const publisher = new Publisher(scenario, whole, counting, truth, new VirtualClock());
    const { records: count } = await publisher.run(stopping.signal);
    expect(count).toBeLessThan(30_000);
    expect(records.isClosed() && truth.isClosed()).toBe(true);
    const lines = truth
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const readings = lines.reduce((sum, line) => sum + (line.kind === 'anomaly' ? Number(line.readings) : 0), 0);
    const dropped = lines.reduce((sum, line) => sum + (line.anomaly === 'drop-out' ? Number(line.readings) : 0), 0);
    expect(readings / (count + dropped)).toBeGreaterThan(0.25);
    expect(readings / (count + dropped)).toBeLessThan(0.35);
  });

  it('lets go of everything when the outlet fails', async () => {
    const truth = memorySink();
    let closed = false;
    const failing: Outlet = {
      write: async () => {
        throw new Error('the disk is full');
      },
      close: async () => {
        closed = true;
      },
    };
    const publisher = new Publisher(scenarioOf(faults), whole, failing, truth, new VirtualClock());
    await expect(publisher.run(new AbortController().signal)).rejects.toThrow('the disk is full');
    expect(closed && truth.isClosed()).toBe(true);
  });
});
