/** Records as JSON bytes, and what garbage looks like. */

import { hashInteger, mix } from '../model/hash.ts';
import { anomalyKinds } from './anomaly.ts';
import { TimestampWriter, writeBytes, writeInteger, writeScaled } from './digits.ts';
import { deviceName, type FleetSettings } from './fleet-options.ts';
import { type Readings, recordCode } from './readings.ts';

const encoder = new TextEncoder();

/** What is wrong with a garbage record. */
const garbageKinds = ['truncated', 'not-json', 'wrong-types', 'bad-utf8', 'empty'] as const;
export type GarbageKind = (typeof garbageKinds)[number];

const notJson = encoder.encode('GET /metrics HTTP/1.1 gpu_temperature{device="?"} NaN');
const wrongTypes = encoder.encode(
  '{"event_id":{"nested":true},"device_id":["gpu"],"event_time":"yesterday","temperature":"hot","utilization":[],"power":"?"}',
);

/**
 * What an event's id begins with; the sequence number follows. Unique in the fleet by construction; runs of another seed or start have
 * other ids, by a hash of the two.
 */
export function eventIdPrefix(settings: FleetSettings, startMs: number, device: number): string {
  const run = mix(mix(settings.seed) ^ hashInteger(startMs)) >>> 0;
  return `${deviceName(device, settings.devices)}-${run.toString(36)}-`;
}

type Texts = Readonly<{ head: Uint8Array; middle: Uint8Array }>;

const keys = {
  temperature: encoder.encode('","temperature":'),
  utilization: encoder.encode(',"utilization":'),
  power: encoder.encode(',"power":'),
  memory: encoder.encode(',"memory_used":'),
  fan: encoder.encode(',"fan_speed":'),
};

/** Which devices, and when simulated time began: a `Fleet` is one. */
type FleetRange = Readonly<{ from: number; size: number; startMs: number }>;

export class EventJson {
  /** No record takes more bytes. */
  readonly maxBytes: number;
  readonly #devices: readonly Texts[];
  readonly #tail: Uint8Array;
  readonly #labels: readonly Uint8Array[];
  readonly #seed: number;
  readonly #from: number;
  readonly #time = new TimestampWriter();

  /** For the devices of `fleet`. With `label` each event says its anomaly, or null, in the field `anomaly`. */
  constructor(settings: FleetSettings, { from, size, startMs }: FleetRange, label: boolean) {
    this.#seed = settings.seed;
    this.#from = from;
    this.#devices = Array.from({ length: size }, (_, i) => ({
      head: encoder.encode(`{"event_id":"${eventIdPrefix(settings, startMs, from + i)}`),
      middle: encoder.encode(`","device_id":"${deviceName(from + i, settings.devices)}","event_time":"`),
    }));
    const names = `,"producer":${JSON.stringify(settings.producer)},"host":${JSON.stringify(settings.host)}`;
    this.#tail = encoder.encode(`${names},"created_at":`);
    this.#labels = label
      ? [',"anomaly":null}', ...anomalyKinds.map((kind) => `,"anomaly":"${kind}"}`)].map((text) => encoder.encode(text))
      : Array.from({ length: anomalyKinds.length + 1 }, () => encoder.encode('}'));
    this.maxBytes = 512 + this.#tail.length;
  }

  /** Writes one record; gives the position behind it. `target` has room for `maxBytes`. */
  write(readings: Readings, row: number, target: Uint8Array, at: number): number {
    if (readings.kind[row] === recordCode.garbage) return this.#writeGarbage(readings, row, target, at);
    return this.#writeEvent(readings, row, target, at);
  }

  /** Of a garbage row. */
  garbageKind(readings: Readings, row: number): GarbageKind {
    const bits = mix((this.#from + readings.device[row]!) ^ mix(readings.sequence[row]! ^ this.#seed));
    return garbageKinds[(bits >>> 0) % garbageKinds.length]!;
  }

  #writeEvent(readings: Readings, row: number, target: Uint8Array, start: number): number {
    const device = this.#devices[readings.device[row]!]!;
    let at = writeBytes(target, start, device.head);
    at = writeInteger(target, at, readings.sequence[row]!);
    at = writeBytes(target, at, device.middle);
    at = this.#time.write(target, at, readings.eventTime[row]!);
    at = writeBytes(target, at, keys.temperature);
    at = writeScaled(target, at, readings.temperature[row]!, 1);
    at = writeBytes(target, at, keys.utilization);
    at = writeScaled(target, at, readings.utilization[row]!, 3);
    at = writeBytes(target, at, keys.power);
    at = writeScaled(target, at, readings.power[row]!, 1);
    at = writeBytes(target, at, keys.memory);
    at = writeInteger(target, at, readings.memoryUsed[row]!);
    at = writeBytes(target, at, keys.fan);
    at = writeInteger(target, at, readings.fanSpeed[row]!);
    at = writeBytes(target, at, this.#tail);
    at = writeInteger(target, at, readings.createdAt[row]!);
    return writeBytes(target, at, this.#labels[readings.anomaly[row]!]!);
  }

  #writeGarbage(readings: Readings, row: number, target: Uint8Array, at: number): number {
    switch (this.garbageKind(readings, row)) {
      case 'truncated':
        return at + ((this.#writeEvent(readings, row, target, at) - at) >> 1);
      case 'bad-utf8': {
        const end = this.#writeEvent(readings, row, target, at);
        target[at + this.#devices[readings.device[row]!]!.head.length - 2] = 0xff;
        return end;
      }
      case 'not-json':
        return writeBytes(target, at, notJson);
      case 'wrong-types':
        return writeBytes(target, at, wrongTypes);
      case 'empty':
        return at;
    }
  }
}
