/** The options of the scenario `gpu-fleet`, for a table and for a scenario file alike, and what they mean. */
import { EngineError } from '../model/errors.ts';
import type { OptionSpec, Options } from '../model/options.ts';
import { type AnomalyKind, anomalyKinds, maxAnomalyRate } from './anomaly.ts';
import { type DeliverySettings, deliveryOptions, deliverySettings, share, wholeMs } from './delivery-options.ts';

/** Plain data: the whole of what decides which events there are. */
export type FleetSettings = Readonly<{
  devices: number;
  periodMs: number;
  /** Readings are taken for this long; null = for ever. */
  durationMs: number | null;
  /** Distinct events of the whole fleet; null = no bound. */
  events: number | null;
  seed: number;
  producer: string;
  host: string;
  anomalyRate: number;
  anomalyLength: number;
  anomalyKinds: readonly AnomalyKind[];
}> &
  DeliverySettings;

/** Events that wait in memory for their delayed delivery; more is refused when the settings are read. */
const maxHeldBack = 4_000_000;

const maxDevices = 1_000_000; // about 200 bytes of state each

export const fleetOptions: readonly OptionSpec[] = [
  { key: 'devices', kind: 'integer', default: '100', min: 1, max: maxDevices, description: 'GPUs in the fleet.' },
  {
    key: 'period',
    kind: 'duration',
    default: '1 s',
    min: 1,
    max: 3_600_000,
    description: 'Time between two readings of a device, from 1 ms to 1 h.',
  },
  {
    key: 'duration',
    kind: 'duration',
    min: 1,
    description: 'How long readings are taken, in simulated time. Without it and `events` the stream does not end.',
  },
  {
    key: 'events',
    kind: 'integer',
    min: 1,
    description:
      'Distinct events of the whole fleet, dealt evenly to its devices; duplicates and garbage come on top, what `duration` cuts is not made up for.',
  },
  {
    key: 'seed',
    kind: 'integer',
    default: '1',
    min: 0,
    max: 4294967295,
    description: 'Chooses the stream: the same seed and settings give the same events.',
  },
  { key: 'producer', kind: 'string', default: 'gpu-fleet', description: 'Name that each event carries as `producer`.' },
  { key: 'host', kind: 'string', default: 'localhost', description: 'Name that each event carries as `host`.' },
  {
    ...share(
      'anomalies.rate',
      'Share of all readings that fall into an episode of an anomaly, in the long run and for each device.',
      maxAnomalyRate,
    ),
    default: '0.05',
  },
  {
    key: 'anomalies.length',
    kind: 'integer',
    default: '60',
    min: 1,
    max: 1_000_000,
    description: 'Readings of an episode in the mean; each lasts from a half to one and a half times as many.',
  },
  {
    key: 'anomalies.kinds',
    kind: 'list',
    default: anomalyKinds.join(';'),
    description: `Which kinds occur, equally often: ${anomalyKinds.join(', ')}.`,
  },
  ...deliveryOptions,
];

/** Only where records are bytes: the `simulator` table has columns, which garbage does not fit. */
export const garbageOption: OptionSpec = share(
  'garbage.rate',
  'Records that no reader can make sense of, as a share of the events; they come in addition.',
);

/** Checks what the options mean together. */
export function fleetSettings(options: Options, where: string): FleetSettings {
  const settings: FleetSettings = {
    devices: options.number('devices'),
    periodMs: wholeMs(options, 'period', where),
    durationMs: options.optionalNumber('duration') ?? null,
    events: options.optionalNumber('events') ?? null,
    seed: options.number('seed'),
    producer: options.string('producer'),
    host: options.string('host'),
    anomalyRate: options.number('anomalies.rate'),
    anomalyLength: options.number('anomalies.length'),
    anomalyKinds: kindsOf(options.list('anomalies.kinds'), where),
    ...deliverySettings(options, where),
  };
  checkTogether(settings, where);
  return settings;
}

function kindsOf(names: readonly string[], where: string): readonly AnomalyKind[] {
  return names.map((name) => {
    const kind = anomalyKinds.find((known) => known === name);
    if (kind !== undefined) return kind;
    throw new EngineError(
      'INVALID_OPTION',
      `${where}: option 'anomalies.kinds': expected some of ${anomalyKinds.join(', ')}, got '${name}'`,
    );
  });
}

function checkTogether(settings: FleetSettings, where: string): void {
  const refuse = (key: string, expected: string, found: string, hint?: string): never => {
    throw new EngineError('INVALID_OPTION', `${where}: option '${key}': expected ${expected}, got ${found}`, { hint });
  };
  const { lateRate, anomalyRate } = settings;
  if (settings.anomalyKinds.length === 0 && anomalyRate > 0)
    refuse('anomalies.kinds', "at least one kind where 'anomalies.rate' is above 0", 'none');
  if (heldBack(settings) > maxHeldBack) {
    refuse(
      lateRate > 0 ? 'late.rate' : 'disorder.rate',
      `at most ${maxHeldBack} events that wait for their delayed delivery`,
      `about ${Math.round(heldBack(settings))}`,
      'Lower the share or the longest delay, or simulate fewer devices in each of several scenarios.',
    );
  }
}

/** How many events wait for their delivery in the mean. */
function heldBack(settings: FleetSettings): number {
  const { disorderRate, disorderMaxMs, lateRate, lateMinMs, lateMaxMs, duplicateRate, duplicateMaxMs } = settings;
  const meanDelayMs =
    (disorderRate * disorderMaxMs + lateRate * (lateMinMs + lateMaxMs) + duplicateRate * duplicateMaxMs) / 2;
  return (settings.devices / settings.periodMs) * meanDelayMs;
}

/** The devices `from` to `to` (exclusive) of one of `count` equal shares; together they are the whole fleet, each device once. */
export function deviceRange(devices: number, index: number, count: number): Readonly<{ from: number; to: number }> {
  return { from: Math.floor((index * devices) / count), to: Math.floor(((index + 1) * devices) / count) };
}

/** `gpu-0042`; wider where the fleet is larger. */
export function deviceName(device: number, devices: number): string {
  return `gpu-${String(device).padStart(Math.max(4, String(devices - 1).length), '0')}`;
}
