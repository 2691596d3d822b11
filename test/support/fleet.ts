import { checkOptions } from '../../src/model/options.ts';
import { EventJson } from '../../src/simulator/event-json.ts';
import { type Episode, Fleet } from '../../src/simulator/fleet.ts';
import { type FleetSettings, fleetOptions, fleetSettings, garbageOption } from '../../src/simulator/fleet-options.ts';
import { FleetSubject } from '../../src/simulator/fleet-records.ts';
import { Readings } from '../../src/simulator/readings.ts';
import type { Scenario } from '../../src/simulator/scenario.ts';

/** Settings of a fleet, from options as one writes them. */
export function settingsOf(options: Readonly<Record<string, string>>): FleetSettings {
  return fleetSettings(
    checkOptions(new Map(Object.entries(options)), [...fleetOptions, garbageOption], 'test'),
    'test',
  );
}

/** What a scenario of the kind `gpu-fleet` simulates. */
export function fleetSubjectOf({ subject }: Scenario): FleetSubject {
  if (subject instanceof FleetSubject) return subject;
  throw new Error('expected a fleet');
}

export const fleetStartMs = Date.UTC(2026, 0, 1);

const whole = { index: 0, count: 1 };

export type FleetRow = Readonly<{
  text: string;
  device: number;
  sequence: number;
  eventTime: number;
  createdAt: number;
  dueMs: number;
  temperature: number;
  utilization: number;
  power: number;
  fanSpeed: number;
  anomaly: number;
  kind: number;
}>;

/** The rows that a fill appended, with their JSON. */
export function rowsOf(fleet: Fleet, json: EventJson, readings: Readings): FleetRow[] {
  const buffer = new Uint8Array(json.maxBytes);
  return Array.from({ length: readings.length }, (_, row) => ({
    text: Buffer.from(buffer.subarray(0, json.write(readings, row, buffer, 0))).toString('latin1'),
    device: fleet.from + readings.device[row]!,
    sequence: readings.sequence[row]!,
    eventTime: readings.eventTime[row]!,
    createdAt: readings.createdAt[row]!,
    dueMs: readings.dueMs[row]!,
    temperature: readings.temperature[row]! / 10,
    utilization: readings.utilization[row]! / 1000,
    power: readings.power[row]! / 10,
    fanSpeed: readings.fanSpeed[row]!,
    anomaly: readings.anomaly[row]!,
    kind: readings.kind[row]!,
  }));
}

/** The episodes of anomalies alone: quicker than with the rows. */
export function episodesOf(settings: FleetSettings): Episode[] {
  const episodes: Episode[] = [];
  const fleet = new Fleet(settings, whole, fleetStartMs, (episode) => episodes.push(episode));
  const readings = new Readings(1000);
  do {
    readings.length = 0;
    fleet.fill(readings, Number.MAX_SAFE_INTEGER);
  } while (readings.length > 0);
  return episodes;
}

/** Everything that a bounded fleet, or a share of it, sends, in the order of delivery. */
export function runFleet(
  settings: FleetSettings,
  share: Readonly<{ index: number; count: number }> = whole,
): { rows: FleetRow[]; episodes: Episode[] } {
  const episodes: Episode[] = [];
  const fleet = new Fleet(settings, share, fleetStartMs, (episode) => episodes.push(episode));
  const json = new EventJson(settings, fleet, false);
  const readings = new Readings(97); // odd, so that batches end anywhere
  const rows: FleetRow[] = [];
  for (;;) {
    readings.length = 0;
    fleet.fill(readings, Number.MAX_SAFE_INTEGER);
    if (readings.length === 0) return { rows, episodes };
    rows.push(...rowsOf(fleet, json, readings));
  }
}
