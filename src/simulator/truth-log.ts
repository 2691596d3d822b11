/**
 * The truth about a run as JSON lines: what was done to the stream, for whoever wants to know whether a detector or an audit saw it.
 * First the line `scenario`, then `anomaly` (when the episode is over), `late`, `duplicate` and `garbage` in the order of the stream,
 * at the end `summary`. Records in disorder are counted in the summary alone: each shows by `created_at` > `event_time`.
 */
import { anomalyKinds } from './anomaly.ts';
import { type EventJson, eventIdPrefix } from './event-json.ts';
import type { Episode, Fleet } from './fleet.ts';
import { deviceName } from './fleet-options.ts';
import type { ByteSink } from './outlet.ts';
import { type Readings, recordCode } from './readings.ts';
import type { Scenario } from './scenario.ts';

const encoder = new TextEncoder();

export class TruthLog {
  readonly #sink: ByteSink;
  readonly #scenario: Scenario;
  readonly #fleet: Pick<Fleet, 'from' | 'size' | 'startMs'>;
  #lines: string[] = [];

  /** Of a share of the scenario's fleet. */
  constructor(sink: ByteSink, scenario: Scenario, fleet: Pick<Fleet, 'from' | 'size' | 'startMs'>) {
    this.#sink = sink;
    this.#scenario = scenario;
    this.#fleet = fleet;
  }

  begin(): void {
    const { name, fleet: settings } = this.#scenario;
    const { size: devices, startMs } = this.#fleet;
    this.#add({ kind: 'scenario', name, start: isoTime(startMs), first_device: this.#device(0), devices, settings });
  }

  episode(episode: Episode): void {
    this.#add({
      kind: 'anomaly',
      anomaly: anomalyKinds[episode.code - 1],
      device_id: this.#device(episode.device),
      from: isoTime(episode.fromMs),
      to: isoTime(episode.toMs),
      readings: episode.readings,
      first_sequence: episode.firstSequence,
      next_sequence: episode.nextSequence,
    });
  }

  /** What there is to say of the records of a batch. */
  records(readings: Readings, json: EventJson): void {
    for (let row = 0; row < readings.length; row++) {
      const kind = readings.kind[row]!;
      if (kind < recordCode.late) continue;
      const device = readings.device[row]!;
      const at = { device_id: this.#device(device), delivered_at: isoTime(readings.dueMs[row]!) };
      const prefix = eventIdPrefix(this.#scenario.fleet, this.#fleet.startMs, this.#fleet.from + device);
      const id = `${prefix}${readings.sequence[row]!}`;
      if (kind === recordCode.garbage) {
        this.#add({ kind: 'garbage', garbage: json.garbageKind(readings, row), ...at, beside_event_id: id });
        continue;
      }
      const behindMs = readings.dueMs[row]! - readings.eventTime[row]!;
      this.#add({ kind: kind === recordCode.late ? 'late' : 'duplicate', event_id: id, ...at, behind_ms: behindMs });
    }
  }

  /** Writes what is gathered. */
  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const text = this.#lines.join('');
    this.#lines = [];
    await this.#sink.write(encoder.encode(text));
  }

  async end(totals: Readonly<Record<string, number>>): Promise<void> {
    this.#add({ kind: 'summary', ...totals });
    await this.flush();
    await this.#sink.close();
  }

  #device(index: number): string {
    return deviceName(this.#fleet.from + index, this.#scenario.fleet.devices);
  }

  #add(line: Readonly<Record<string, unknown>>): void {
    this.#lines.push(`${JSON.stringify(line)}\n`);
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
