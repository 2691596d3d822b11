/** The fields of a fleet's events as columns of a table: which types hold them, and how they are filled. */
import type { CodeColumn, Column } from '../model/column.ts';
import type { GeneratorContext, GeneratorField } from '../model/generator.ts';
import { type DataType, isTimestamp, types, unitsPerMillisecond } from '../model/types.ts';
import { anomalyKinds } from './anomaly.ts';
import { writeBytes, writeInteger } from './digits.ts';
import { eventIdPrefix } from './event-json.ts';
import type { Fleet } from './fleet.ts';
import { deviceName, type FleetSettings } from './fleet-options.ts';
import type { Readings } from './readings.ts';

/** Fills a column from rows; the column is borrowed until the next call. */
export type ColumnFiller = (rows: Readings) => Column;

type Maker = (type: DataType, settings: FleetSettings, fleet: Fleet, ctx: GeneratorContext) => ColumnFiller;
type FieldSpec = GeneratorField & Readonly<{ filler: Maker }>;

const longestText = 256; // a VARCHAR that might cut a name is refused

const text = {
  accepts: (type: DataType) => type.kind === 'varchar' && type.length >= longestText,
  accepted: 'STRING',
};
const integer = { accepts: (type: DataType) => type.kind === 'bigint' || type.kind === 'int', accepted: 'INT, BIGINT' };
const counter = { accepts: (type: DataType) => type.kind === 'bigint', accepted: 'BIGINT' };
const time = {
  accepts: (type: DataType) => isTimestamp(type) && type.precision >= 3 && type.precision <= 6,
  accepted: 'TIMESTAMP(3) to TIMESTAMP(6), TIMESTAMP_LTZ(3) to TIMESTAMP_LTZ(6)',
};
const instant = {
  accepts: (type: DataType) => type.kind === 'bigint' || time.accepts(type),
  accepted: `BIGINT, ${time.accepted}`,
};
/** DOUBLE, or a DECIMAL that has the digits. */
const number = (digits: number) => ({
  accepts: (type: DataType) =>
    type.kind === 'double' ||
    (type.kind === 'decimal' && type.scale >= digits && type.scale <= 6 && type.precision - type.scale >= 6),
  accepted: `DOUBLE, DECIMAL(p, s) with s from ${digits} to 6 and p at least s + 6`,
});

const specs: readonly FieldSpec[] = [
  {
    name: 'event_id',
    type: types.string(),
    description: 'Identity of the event: device, seed, sequence.',
    ...text,
    filler: (_, settings, fleet) => eventIds(settings, fleet),
  },
  {
    name: 'device_id',
    type: types.string(),
    description: 'Name of the device.',
    ...text,
    filler: (_, settings, fleet, ctx) =>
      codes(
        ctx,
        (rows) => rows.device,
        Array.from({ length: fleet.size }, (_, i) => deviceName(fleet.from + i, settings.devices)),
      ),
  },
  {
    name: 'event_time',
    type: types.timestamp(3),
    description: 'When the reading was taken.',
    ...time,
    filler: (type) => times(type, (rows) => rows.eventTime),
  },
  {
    name: 'temperature',
    type: types.of('double'),
    description: '°C, one decimal.',
    ...number(1),
    filler: (type) => scaled(type, (rows) => rows.temperature, 1),
  },
  {
    name: 'utilization',
    type: types.of('double'),
    description: 'Load from 0 to 1, three decimals.',
    ...number(3),
    filler: (type) => scaled(type, (rows) => rows.utilization, 3),
  },
  {
    name: 'power',
    type: types.of('double'),
    description: 'Watts, one decimal.',
    ...number(1),
    filler: (type) => scaled(type, (rows) => rows.power, 1),
  },
  {
    name: 'memory_used',
    type: types.of('bigint'),
    description: 'MiB.',
    ...integer,
    filler: (type) => integers(type, (rows) => rows.memoryUsed),
  },
  {
    name: 'fan_speed',
    type: types.of('int'),
    description: 'Percent.',
    ...integer,
    filler: (type) => integers(type, (rows) => rows.fanSpeed),
  },
  {
    name: 'producer',
    type: types.string(),
    description: 'Name of the producer, as set.',
    ...text,
    filler: (_, settings, __, ctx) => codes(ctx, () => null, [settings.producer]),
  },
  {
    name: 'host',
    type: types.string(),
    description: 'Name of the host, as set.',
    ...text,
    filler: (_, settings, __, ctx) => codes(ctx, () => null, [settings.host]),
  },
  {
    name: 'created_at',
    type: types.of('bigint'),
    description: 'When the producer gave the event out, ms since 1970.',
    ...instant,
    filler: (type) => times(type, (rows) => rows.createdAt),
  },
  {
    name: 'sequence',
    type: types.of('bigint'),
    description: 'Counts the events of the device from 0, without gaps.',
    ...counter,
    filler: (type) => times(type, (rows) => rows.sequence),
  },
  {
    name: 'anomaly',
    type: types.string(),
    description: `The truth: ${anomalyKinds.slice(0, 3).join(', ')}, or NULL. Of a drop-out there is no event.`,
    ...text,
    filler: (_, __, ___, ctx) => anomalies(ctx),
  },
];

export const fleetFields: readonly GeneratorField[] = specs;

/** For a column that is one of `fleetFields`, of a type that it accepts. */
export function columnFiller(
  column: Readonly<{ name: string; type: DataType }>,
  settings: FleetSettings,
  fleet: Fleet,
  ctx: GeneratorContext,
): ColumnFiller {
  return specs.find((spec) => spec.name === column.name)!.filler(column.type, settings, fleet, ctx);
}

/** Strings of a small set; `pick` gives each row's index in it, or null where there is one string only. */
function codes(
  ctx: GeneratorContext,
  pick: (rows: Readings) => Int32Array | null,
  texts: readonly string[],
): ColumnFiller {
  const known = new Int32Array(texts.length);
  const values = new Int32Array(ctx.batchRows);
  let generation = -1;
  return (rows) => {
    if (generation !== ctx.pool.generation) {
      for (let i = 0; i < texts.length; i++) known[i] = ctx.pool.internString(texts[i]!);
      generation = ctx.pool.generation;
    }
    const indexes = pick(rows);
    if (indexes === null) values.fill(known[0]!, 0, rows.length);
    else for (let i = 0; i < rows.length; i++) values[i] = known[indexes[i]!]!;
    return { layout: 'string', encoding: 'codes', values, pool: ctx.pool, nulls: null };
  };
}

function anomalies(ctx: GeneratorContext): ColumnFiller {
  const indexes = new Int32Array(ctx.batchRows);
  const nulls = new Uint8Array(ctx.batchRows);
  const named = codes(ctx, () => indexes, ['', ...anomalyKinds]);
  return (rows) => {
    for (let i = 0; i < rows.length; i++) {
      indexes[i] = rows.anomaly[i]!;
      nulls[i] = rows.anomaly[i] === 0 ? 1 : 0;
    }
    return { ...(named(rows) as CodeColumn), nulls };
  };
}

const digitsOfSequence = 16;

/** Distinct in each row: bytes, not codes, so that the pool does not fill. */
function eventIds(settings: FleetSettings, fleet: Fleet): ColumnFiller {
  const encoder = new TextEncoder();
  const prefixes = Array.from({ length: fleet.size }, (_, i) =>
    encoder.encode(eventIdPrefix(settings, fleet.startMs, fleet.from + i)),
  );
  const widest = Math.max(...prefixes.map((prefix) => prefix.length)) + digitsOfSequence;
  let bytes = new Uint8Array(0);
  let starts = new Int32Array(0);
  let ends = new Int32Array(0);
  return (rows) => {
    if (starts.length < rows.length) {
      bytes = new Uint8Array(rows.capacity * widest);
      starts = new Int32Array(rows.capacity);
      ends = new Int32Array(rows.capacity);
    }
    let at = 0;
    for (let i = 0; i < rows.length; i++) {
      starts[i] = at;
      at = writeBytes(bytes, at, prefixes[rows.device[i]!]!);
      at = writeInteger(bytes, at, rows.sequence[i]!);
      ends[i] = at;
    }
    return { layout: 'string', encoding: 'bytes', bytes, starts, ends, nulls: null };
  };
}

/** A time in ms as BIGINT, or in the unit of a TIMESTAMP. */
function times(type: DataType, pick: (rows: Readings) => Float64Array): ColumnFiller {
  const units = isTimestamp(type) ? unitsPerMillisecond(type.precision) : 1;
  return (rows) => {
    const source = pick(rows);
    const values = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = source[i]! * units;
    return { layout: 'int', wide: false, values, nulls: null };
  };
}

/** The double nearest to the decimal number, as a JSON reader has it; or the DECIMAL itself. */
function scaled(type: DataType, pick: (rows: Readings) => Int32Array, digits: number): ColumnFiller {
  const exact = type.kind === 'decimal';
  const factor = exact ? 10 ** (type.scale - digits) : 10 ** digits;
  return (rows) => {
    const source = pick(rows);
    const values = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = exact ? source[i]! * factor : source[i]! / factor;
    if (exact) return { layout: 'int', wide: false, values, nulls: null };
    return { layout: 'f64', values, nulls: null };
  };
}

function integers(type: DataType, pick: (rows: Readings) => Int32Array): ColumnFiller {
  if (type.kind === 'int') return (rows) => ({ layout: 'i32', values: pick(rows), nulls: null });
  return (rows) => ({
    layout: 'int',
    wide: false,
    values: Float64Array.from(pick(rows).subarray(0, rows.length)),
    nulls: null,
  });
}
