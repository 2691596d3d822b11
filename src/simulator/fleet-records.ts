/** The scenario `gpu-fleet` as records: each event of the fleet as JSON, the device's name as key. */
import { anomalyKinds } from './anomaly.ts';
import { EventJson, eventIdPrefix } from './event-json.ts';
import { type Episode, Fleet } from './fleet.ts';
import { deviceName, deviceRange, type FleetSettings } from './fleet-options.ts';
import { Readings, recordCode } from './readings.ts';
import type { RecordBuffer } from './record-buffer.ts';
import type { RecordStream, Shard, Subject, TruthListener } from './record-stream.ts';
import { isoTime } from './truth-log.ts';

const encoder = new TextEncoder();

export class FleetSubject implements Subject {
  readonly settings: FleetSettings;
  readonly members = 'devices';
  /** Whether each event says its anomaly. */
  readonly label: boolean;
  readonly #name: string;

  /** `name` is the scenario's. */
  constructor(name: string, settings: FleetSettings, label: boolean) {
    this.#name = name;
    this.settings = settings;
    this.label = label;
  }

  get size(): number {
    return this.settings.devices;
  }

  keys(shard: Shard): Uint8Array[] {
    const { devices } = this.settings;
    const { from, to } = deviceRange(devices, shard.index, shard.count);
    return Array.from({ length: to - from }, (_, i) => encoder.encode(deviceName(from + i, devices)));
  }

  open(shard: Shard, startMs: number, tell: TruthListener | null): FleetRecords {
    const stream = new FleetRecords(this, shard, startMs, tell);
    tell?.({
      kind: 'scenario',
      name: this.#name,
      start: isoTime(startMs),
      first_device: stream.deviceName(0),
      devices: stream.devices,
      settings: this.settings,
    });
    return stream;
  }
}

class FleetRecords implements RecordStream {
  readonly #settings: FleetSettings;
  readonly #fleet: Fleet;
  readonly #json: EventJson;
  readonly #tell: TruthListener | null;
  #readings = new Readings(0);

  constructor({ settings, label }: FleetSubject, shard: Shard, startMs: number, tell: TruthListener | null) {
    this.#settings = settings;
    this.#tell = tell;
    this.#fleet = new Fleet(settings, shard, startMs, tell === null ? null : (episode) => this.#tellEpisode(episode));
    this.#json = new EventJson(settings, this.#fleet, label);
  }

  get nextDueMs(): number {
    return this.#fleet.nextDueMs;
  }

  get maxRecordBytes(): number {
    return this.#json.maxBytes;
  }

  get devices(): number {
    return this.#fleet.size;
  }

  deviceName(index: number): string {
    return deviceName(this.#fleet.from + index, this.#settings.devices);
  }

  fill(target: RecordBuffer, untilMs: number): void {
    if (this.#readings.capacity !== target.capacity) this.#readings = new Readings(target.capacity);
    const readings = this.#readings;
    readings.length = 0;
    this.#fleet.fill(readings, untilMs);
    for (let row = 0; row < readings.length; row++) {
      const end = this.#json.write(readings, row, target.bytes, target.end);
      target.add(end, readings.device[row]!, readings.eventTime[row]!, readings.kind[row]!);
      if (this.#tell !== null && readings.kind[row]! >= recordCode.late) this.#tellRecord(row, this.#tell);
    }
  }

  close(): void {
    this.#fleet.closeEpisodes();
  }

  #tellEpisode(episode: Episode): void {
    this.#tell?.({
      kind: 'anomaly',
      anomaly: anomalyKinds[episode.code - 1],
      device_id: this.deviceName(episode.device),
      from: isoTime(episode.fromMs),
      to: isoTime(episode.toMs),
      readings: episode.readings,
      first_sequence: episode.firstSequence,
      next_sequence: episode.nextSequence,
    });
  }

  /** Of one that is late, a duplicate or garbage. */
  #tellRecord(row: number, tell: TruthListener): void {
    const readings = this.#readings;
    const kind = readings.kind[row]!;
    const device = readings.device[row]!;
    const at = { device_id: this.deviceName(device), delivered_at: isoTime(readings.dueMs[row]!) };
    const prefix = eventIdPrefix(this.#settings, this.#fleet.startMs, this.#fleet.from + device);
    const id = `${prefix}${readings.sequence[row]!}`;
    if (kind === recordCode.garbage) {
      tell({ kind: 'garbage', garbage: this.#json.garbageKind(readings, row), ...at, beside_event_id: id });
      return;
    }
    const behindMs = readings.dueMs[row]! - readings.eventTime[row]!;
    tell({ kind: kind === recordCode.late ? 'late' : 'duplicate', event_id: id, ...at, behind_ms: behindMs });
  }
}
