/** The door to `avsc`: schemas parsed and checked, records decoded and encoded; longs exact, logical types kept with what they say. */
import { createRequire } from 'node:module';
import type * as Avsc from 'avsc';
import { EngineError } from '../model/errors.ts';

export type AvroType = Avsc.Type;

/** Loaded at the first schema: most jobs have none, in any thread. */
let library: typeof Avsc | null = null;

function avsc(): typeof Avsc {
  library ??= createRequire(import.meta.url)('avsc') as typeof Avsc;
  return library;
}

/** A logical type of a schema: its name with its parameters. Values stay those of the type below. */
export type Logical = Readonly<{ name: string; precision: number; scale: number }>;

const logicalNames = [
  'date',
  'time-millis',
  'time-micros',
  'timestamp-millis',
  'timestamp-micros',
  'timestamp-nanos',
  'local-timestamp-millis',
  'local-timestamp-micros',
  'local-timestamp-nanos',
  'decimal',
] as const;

const logicalKey = Symbol('logical');

/** `{"type":"long"}` in full, also as the type below a logical one, which is being made then. */
function isPlainLong(schema: Avsc.Schema, inLogical: ReadonlySet<unknown>): boolean {
  const { type, logicalType } = schema as unknown as Record<string, unknown>;
  if (type !== 'long') return false;
  return inLogical.has(schema) || !(logicalNames as readonly unknown[]).includes(logicalType);
}

/** The schema's type; `text` is what is written in a message. Values of unions are wrapped: `{ branch: value }`, or null. */
export function parseAvroSchema(schema: unknown, where: string): AvroType {
  const long = longType();
  const inLogical = new Set<unknown>();
  const { array, map } = boundedTypes();
  try {
    return avsc().Type.forSchema(schema as Avsc.Schema, {
      wrapUnions: 'always',
      registry: { long },
      logicalTypes: logicalTypes(inLogical),
      typeHook: (part, options) => {
        if (isPlainLong(part, inLogical)) return long;
        const { type } = part as { type?: unknown };
        return type === 'array' ? new array(part, options) : type === 'map' ? new map(part, options) : undefined;
      },
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError('SQL_VALIDATION', `${where}: expected an Avro schema, got one that is none: ${message}`, {
      cause,
    });
  }
}

/** What a logical type says, and the type that its values have with its name: `long`, `record`, `union`, … */
export function logicalOf(type: AvroType): { type: AvroType; kind: string; logical: Logical | null } {
  const logical = (type as { [logicalKey]?: Logical })[logicalKey] ?? null;
  const own = logical === null ? type : (type as Avsc.types.LogicalType).underlyingType;
  return { type: own, kind: kindNames[own.typeName] ?? own.typeName, logical };
}

const kindNames: Readonly<Record<string, string>> = { 'union:wrapped': 'union', 'abstract:long': 'long' };

type LogicalClass = new (schema: Avsc.Schema, opts?: unknown) => Avsc.types.LogicalType;

function logicalTypes(inLogical: Set<unknown>): Record<string, LogicalClass> {
  const { LogicalType } = avsc().types;
  class Kept extends LogicalType {
    readonly [logicalKey]: Logical;

    constructor(schema: Avsc.Schema, opts?: unknown) {
      inLogical.add(schema);
      super(schema, opts);
      inLogical.delete(schema);
      const { logicalType, precision, scale } = schema as unknown as Record<string, unknown>;
      this[logicalKey] = { name: String(logicalType), precision: Number(precision ?? 0), scale: Number(scale ?? 0) };
    }

    protected override _fromValue(value: unknown): unknown {
      return value;
    }

    protected override _toValue(value: unknown): unknown {
      return value;
    }
  }
  return Object.fromEntries(logicalNames.map((name) => [name, Kept]));
}

/** How the library reads a record. It goes on behind the end, where all is zero, and looks at the end only then. */
type Tap = { readonly buf: Uint8Array; readLong(): number; skipLong(): void; readString(): string };
type Readable = Readonly<{ _read: (tap: Tap) => unknown }>;

/** Arrays and maps whose blocks claim no more values than a record has bytes: the library reads as many as it is told, and would not end. */
function boundedTypes() {
  const { ArrayType, MapType } = avsc().types;
  return {
    array: class extends ArrayType {
      _read(tap: Tap): unknown[] {
        const items = this.itemsType as unknown as Readable;
        const list: unknown[] = [];
        for (let left = blockLength(tap); left > 0; left = blockLength(tap)) {
          for (; left > 0; left--) list.push(items._read(tap));
        }
        return list;
      }
    },
    map: class extends MapType {
      _read(tap: Tap): Record<string, unknown> {
        const values = this.valuesType as unknown as Readable;
        const map: Record<string, unknown> = {};
        for (let left = blockLength(tap); left > 0; left = blockLength(tap)) {
          for (; left > 0; left--) {
            const key = tap.readString();
            map[key] = values._read(tap);
          }
        }
        return map;
      }
    },
  };
}

/** A negative number of values is followed by the block's length in bytes. */
function blockLength(tap: Tap): number {
  const count = tap.readLong();
  if (count < 0) tap.skipLong();
  if (Math.abs(count) <= tap.buf.length) return Math.abs(count);
  throw new Error(`${Math.abs(count)} values in a record of ${tap.buf.length} bytes`);
}

/** Longs as bigints. JSON text has passed a double when it comes here: what that may have changed is refused. */
function longType(): Avsc.Type {
  return avsc().types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (value: number | bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(value));
      return bytes;
    },
    fromJSON: (value: unknown) => {
      if (Number.isSafeInteger(value)) return BigInt(value as number);
      throw new Error(`a long of at most 2^53 in JSON was expected, found ${String(value)}`);
    },
    toJSON: (value: number | bigint) => {
      const number = Number(value);
      if (Number.isSafeInteger(number)) return number;
      throw new EngineError('EVALUATION', `format 'avro': ${value} is beyond 2^53 and can't be written as JSON`, {
        hint: "Use 'avro.encoding' = 'binary', the default.",
      });
    },
    isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
    compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
  });
}
