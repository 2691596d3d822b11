/** Events as JSON bytes: the same in every run. */
import { checkOptions } from '../../src/model/options.ts';
import { EventJson } from '../../src/simulator/event-json.ts';
import { Fleet } from '../../src/simulator/fleet.ts';
import { fleetOptions, fleetSettings } from '../../src/simulator/fleet-options.ts';
import { Readings } from '../../src/simulator/readings.ts';

/** Event i is `bytes[starts[i], ends[i])`. */
export type Events = Readonly<{
  length: number;
  bytes: Uint8Array;
  starts: Int32Array;
  ends: Int32Array;
  /** ms since 1970. */
  times: Float64Array;
  devices: Int32Array;
}>;

/** A kind of event, with the columns that a table over it has. */
export type EventShape = Readonly<{
  name: 'fleet' | 'telemetry';
  description: string;
  /** Column definitions of the three fields that the temperature job reads, with the watermark. */
  wanted: string;
  /** Of all fields. */
  all: string;
  device: string;
  /** The scanned column that holds the event time in ms. */
  time: string;
  /** The first `count` events, in pieces of at the most `pieceSize`. */
  generate(count: number, pieceSize: number): Generator<Events>;
}>;

const deviceCount = 1000;
const startMs = Date.UTC(2026, 0, 1);

/** What the simulator's scenario `gpu-fleet` sends: 1,000 devices, a reading a second each, 1 % out of order. */
const fleet: EventShape = {
  name: 'fleet',
  description: 'gpu-fleet events, 11 fields',
  device: 'device_id',
  time: 'event_time',
  wanted: `device_id STRING, event_time TIMESTAMP(3), temperature DOUBLE,
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND`,
  all: `event_id STRING, device_id STRING, event_time TIMESTAMP(3), temperature DOUBLE, utilization DOUBLE, \`power\` DOUBLE,
  memory_used INT, fan_speed INT, producer STRING, host STRING, created_at BIGINT,
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND`,
  *generate(count, pieceSize) {
    const given = { devices: String(deviceCount), period: '1 s', events: String(count), 'disorder.rate': '0.01' };
    const settings = fleetSettings(checkOptions(new Map(Object.entries(given)), fleetOptions, 'bench'), 'bench');
    const source = new Fleet(settings, { index: 0, count: 1 }, startMs);
    const json = new EventJson(settings, source, false);
    for (;;) {
      const readings = new Readings(pieceSize);
      source.fill(readings, Number.MAX_SAFE_INTEGER);
      if (readings.length === 0) return;
      const write = (row: number, target: Uint8Array, at: number): number => json.write(readings, row, target, at);
      yield eventsOf(readings.length, json.maxBytes, readings.eventTime, readings.device, write);
    }
  },
};

/** The events that the prototype reads: only they can be put beside it. */
const telemetry: EventShape = {
  name: 'telemetry',
  description: 'telemetry events as the prototype reads them, 7 fields',
  device: '`deviceId`',
  time: 'ts',
  wanted: `\`deviceId\` STRING, \`ts\` BIGINT, temperature DOUBLE, event_time AS TO_TIMESTAMP_LTZ(\`ts\`, 3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND`,
  all: `\`deviceId\` STRING, \`ts\` BIGINT, temperature DOUBLE, utilization DOUBLE, \`powerWatts\` DOUBLE, anomaly BOOLEAN,
  model STRING, event_time AS TO_TIMESTAMP_LTZ(\`ts\`, 3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND`,
  *generate(count, pieceSize) {
    const random = seededRandom(1);
    const models = ['H200', 'H100', 'A100', 'L40S'];
    for (let from = 0; from < count; from += pieceSize) {
      const length = Math.min(pieceSize, count - from);
      const devices = Int32Array.from({ length }, () => random(deviceCount));
      const times = Float64Array.from({ length }, (_, i) => {
        const delay = random(100) < 5 ? random(1500) : random(20);
        return Math.max(startMs, startMs + Math.floor((from + i) / eventsPerMs) - delay);
      });
      yield eventsOf(length, maxTelemetryBytes, times, devices, (row, target, at) => {
        const device = devices[row]!;
        const text =
          `{"deviceId":"device-${String(device).padStart(4, '0')}","ts":${times[row]}` +
          `,"temperature":${((4000 + random(5000)) / 100).toFixed(2)},"utilization":${(random(1000) / 10).toFixed(1)}` +
          `,"powerWatts":${((1000 + random(6000)) / 10).toFixed(1)},"anomaly":${random(1000) === 0}` +
          `,"model":"${models[device & 3]}"}`;
        return at + encoder.encodeInto(text, target.subarray(at)).written;
      });
    }
  },
};

const maxTelemetryBytes = 256;
const eventsPerMs = 50;
const encoder = new TextEncoder();

type WriteEvent = (row: number, target: Uint8Array, at: number) => number;

function eventsOf(
  length: number,
  maxBytes: number,
  times: Float64Array,
  devices: Int32Array,
  write: WriteEvent,
): Events {
  const bytes = new Uint8Array(length * maxBytes);
  const starts = new Int32Array(length);
  const ends = new Int32Array(length);
  let at = 0;
  for (let row = 0; row < length; row++) {
    starts[row] = at;
    at = write(row, bytes, at);
    ends[row] = at;
  }
  return { length, bytes: bytes.slice(0, at), starts, ends, times, devices };
}

/** Mulberry32: whole numbers below a bound. */
function seededRandom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * bound);
  };
}

/** A fixed set, in one piece. */
export function eventSet(shape: EventShape, count: number): Events {
  const [events] = shape.generate(count, count);
  if (events === undefined || events.length !== count)
    throw new Error(`expected ${count} events, got ${events?.length}`);
  return events;
}

export function shapeOf(name: string): EventShape {
  const found = [fleet, telemetry].find((shape) => shape.name === name);
  if (found === undefined) throw new Error(`events: expected fleet or telemetry, got '${name}'`);
  return found;
}
