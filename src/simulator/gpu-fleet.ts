/** The scenario `gpu-fleet` as a generator of columns. */
import { batchOf, type Column, type ColumnBatch } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type {
  Generator,
  GeneratorContext,
  GeneratorPart,
  GeneratorSettings,
  GeneratorStream,
} from '../model/generator.ts';
import type { SplitPosition } from '../model/source.ts';
import { Fleet } from './fleet.ts';
import { type ColumnFiller, columnFiller, fleetFields } from './fleet-columns.ts';
import { deviceRange, type FleetSettings, fleetOptions, fleetSettings } from './fleet-options.ts';
import { Readings } from './readings.ts';

/** Parts of a fleet: dealt alike to 1, 2, 4, 8 and 16 subtasks. */
const maxParts = 16;

export const gpuFleet: Generator = {
  name: 'gpu-fleet',
  description:
    'A fleet of GPUs that report temperature, utilization, power, memory and fan speed, with anomalies and faults of delivery.',
  options: fleetOptions,
  fields: fleetFields,
  settings: (options, where) => fleetSettings(options, where),
  bounded: (settings) => settingsOf(settings).durationMs !== null || settingsOf(settings).events !== null,
  parts: (settings) => partsOf(settingsOf(settings).devices),
  begin: (startMs) => ({ start: startMs, ticks: 0, held: 0 }),
  open: (settings, part, position, ctx) => new FleetStream(settingsOf(settings), part, position, ctx),
};

function settingsOf(settings: GeneratorSettings): FleetSettings {
  return settings as FleetSettings;
}

function partsOf(devices: number): readonly GeneratorPart[] {
  const count = Math.min(maxParts, devices);
  return Array.from({ length: count }, (_, index) => {
    const { from, to } = deviceRange(devices, index, count);
    return { id: `devices ${from} to ${to - 1} of ${devices}`, index, count };
  });
}

class FleetStream implements GeneratorStream {
  readonly #fleet: Fleet;
  readonly #startMs: number;
  readonly #rows: Readings;
  readonly #fillers: readonly ColumnFiller[];

  constructor(settings: FleetSettings, part: GeneratorPart, position: SplitPosition, ctx: GeneratorContext) {
    this.#startMs = whole(position, 'start');
    this.#fleet = new Fleet(settings, part, this.#startMs);
    this.#fleet.seek({ ticks: whole(position, 'ticks'), held: whole(position, 'held') });
    this.#rows = new Readings(ctx.batchRows);
    this.#fillers = ctx.columns.map((column) => columnFiller(column, settings, this.#fleet, ctx));
  }

  get nextDueMs(): number {
    return this.#fleet.nextDueMs;
  }

  next(untilMs: number): ColumnBatch | null {
    const rows = this.#rows;
    rows.length = 0;
    this.#fleet.fill(rows, untilMs);
    if (rows.length === 0) return null;
    const columns: Column[] = this.#fillers.map((fill) => fill(rows));
    return batchOf(rows.length, columns);
  }

  position(): SplitPosition {
    return { start: this.#startMs, ...this.#fleet.position() };
  }
}

function whole(position: SplitPosition, key: string): number {
  const value = position[key];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new EngineError(
    'CHECKPOINT',
    `position of a gpu-fleet: expected a whole number as '${key}', found ${JSON.stringify(value)}`,
  );
}
