/** The values of an event: each is drawn as one number (an index, a scaled number, a time), and written as JSON. */
import { hashBytes } from '../model/hash.ts';
import { TimestampWriter, writeBytes, writeInteger, writePadded, writeScaled } from './digits.ts';
import { type Distribution, sample } from './distribution.ts';
import type { NumberModel, Scope, ValueModel } from './event-model.ts';
import { draw, type StreamKey, streamKey, uniform } from './random.ts';

const encoder = new TextEncoder();
const msOfMinute = 60_000;

/** The event that is made just now. One object, changed from event to event: nothing is allocated. */
export type Moment = {
  /** Of the actor. */
  key: StreamKey;
  /** Index in the shard. */
  actor: number;
  /** Counts the actor's events from 0. */
  sequence: number;
  /** Counts the actor's journeys from 0, and the steps of all of them. */
  journey: number;
  tick: number;
  /** ms since 1970; and when the journey began. */
  timeMs: number;
  journeyMs: number;
  /** What was drawn, by the field's index. */
  readonly values: Float64Array;
};

/** What all values of a shard share. */
export type ValueContext = Readonly<{
  seed: number;
  /** As JSON, without the quote at the end. */
  actors: readonly Uint8Array[];
  /** Of this run: part of every event's identity. */
  run: string;
  step: string;
  /** null: none. */
  anomaly: string | null;
  /** Is told the value of a burst with each event of it. */
  onBurst: (field: string, fromMs: number, lengthMs: number, value: () => string) => void;
}>;

export type Value = Readonly<{
  draw: (moment: Moment) => number;
  /** Gives the position behind what it wrote. */
  write: (target: Uint8Array, at: number, value: number, moment: Moment) => number;
  /** No value takes more bytes. */
  maxBytes: number;
}>;

/** Of the field `name`. */
export function valueFor(name: string, model: ValueModel, ctx: ValueContext): Value {
  switch (model.kind) {
    case 'event-id':
      return numbered(ctx, `-${ctx.run}-`, ({ sequence }) => sequence);
    case 'journey':
      return numbered(ctx, `-${ctx.run}.`, ({ journey }) => journey);
    case 'actor':
      return actorName(ctx);
    case 'time':
      return time();
    case 'step':
      return constant(JSON.stringify(ctx.step));
    case 'anomaly':
      return constant(JSON.stringify(ctx.anomaly));
    case 'pick':
      return choice(model.texts, cumulated(model.weights), bitsOf(name, model.of, ctx.seed));
    case 'zipf':
      return zipf(name, model, ctx);
    case 'number':
      return number(name, model, ctx.seed);
  }
}

const quote = 34;

function numbered(ctx: ValueContext, infix: string, count: (moment: Moment) => number): Value {
  const middle = encoder.encode(infix);
  return {
    draw: count,
    write: (target, at, value, { actor }) => {
      const end = writeInteger(target, writeBytes(target, writeBytes(target, at, ctx.actors[actor]!), middle), value);
      target[end] = quote;
      return end + 1;
    },
    maxBytes: longest(ctx.actors) + middle.length + 17,
  };
}

function actorName(ctx: ValueContext): Value {
  return {
    draw: ({ actor }) => actor,
    write: (target, at, actor) => {
      const end = writeBytes(target, at, ctx.actors[actor]!);
      target[end] = quote;
      return end + 1;
    },
    maxBytes: longest(ctx.actors) + 1,
  };
}

function time(): Value {
  const writer = new TimestampWriter();
  return {
    draw: ({ timeMs }) => timeMs,
    write: (target, at, ms) => {
      target[at] = quote;
      const end = writer.write(target, at + 1, ms);
      target[end] = quote;
      return end + 1;
    },
    maxBytes: 25,
  };
}

function constant(json: string): Value {
  const bytes = encoder.encode(json);
  return { draw: () => 0, write: (target, at) => writeBytes(target, at, bytes), maxBytes: bytes.length };
}

function choice(texts: readonly string[], limits: Float64Array, bits: (moment: Moment) => number): Value {
  const values = texts.map((text) => encoder.encode(JSON.stringify(text)));
  return {
    draw: (moment) => placeOf(uniform(bits(moment)), limits),
    write: (target, at, value) => writeBytes(target, at, values[value]!),
    maxBytes: longest(values),
  };
}

/** The values are numbered by how often they come: `creator-001` is the most frequent one. */
function zipf(name: string, model: ValueModel & { kind: 'zipf' }, ctx: ValueContext): Value {
  const { count, exponent, burst } = model;
  const limits = cumulated(Array.from({ length: count }, (_, i) => (i + 1) ** -exponent));
  const width = String(count).length;
  const prefix = encoder.encode(JSON.stringify(model.prefix).slice(0, -1));
  const bits = bitsOf(name, model.of, ctx.seed);
  const usual = (moment: Moment): number => placeOf(uniform(bits(moment)), limits);
  return {
    draw: burst === null ? usual : bursting(name, model, ctx, usual),
    write: (target, at, value) => {
      const end = writePadded(target, writeBytes(target, at, prefix), value + 1, width);
      target[end] = quote;
      return end + 1;
    },
    maxBytes: prefix.length + width + 1,
  };
}

/** In each span of time another value, whichever, has a share of its own. Once for a journey where the field is of it. */
function bursting(
  name: string,
  { of, burst, prefix, count }: ValueModel & { kind: 'zipf' },
  { seed, onBurst }: ValueContext,
  usual: (moment: Moment) => number,
): (moment: Moment) => number {
  const { everyMs, share } = burst!;
  const chance = bitsOf(`${name} burst`, of, seed);
  const { a, b } = streamKey(seed, count);
  const salt = saltOf(`${name} burst value`);
  return (moment) => {
    if (uniform(chance(moment)) >= share) return usual(moment);
    const span = Math.floor((of === 'journey' ? moment.journeyMs : moment.timeMs) / everyMs);
    const value = Math.floor(uniform(draw(a, b, salt, span)) * count);
    onBurst(name, span * everyMs, everyMs, () => `${prefix}${String(value + 1).padStart(String(count).length, '0')}`);
    return value;
  };
}

function number(name: string, model: NumberModel, seed: number): Value {
  const { digits, distribution, around, wave, slope } = model;
  const factor = 10 ** digits;
  const bits = bitsOf(name, model.of, seed);
  const base = around === null ? null : actorNumber(`${name} around`, around);
  const phase = wave === null ? null : actorPhase(`${name} wave`);
  const within = { ...distribution, min: -Infinity, max: Infinity };
  const { min, max } = distribution;
  return {
    draw: (moment) => {
      let value = sample(within, bits(moment));
      if (base !== null) value += base(moment);
      if (slope !== 0) value += (slope * (moment.timeMs - moment.journeyMs)) / msOfMinute;
      if (phase !== null)
        value += wave!.amplitude * Math.sin(2 * Math.PI * (moment.timeMs / wave!.periodMs + phase(moment)));
      return Math.round(Math.min(max, Math.max(min, value)) * factor);
    },
    write: (target, at, value) => {
      if (digits > 0) return writeScaled(target, at, value, digits);
      if (value >= 0) return writeInteger(target, at, value);
      target[at] = 45;
      return writeInteger(target, at + 1, -value);
    },
    maxBytes: 20 + digits,
  };
}

function actorNumber(name: string, distribution: Distribution): (moment: Moment) => number {
  const salt = saltOf(name);
  return ({ key }) => sample(distribution, draw(key.a, key.b, salt, 0));
}

function actorPhase(name: string): (moment: Moment) => number {
  const salt = saltOf(name);
  return ({ key }) => uniform(draw(key.a, key.b, salt, 0));
}

/** The random bits of a field's value: the same as long as what it is of is the same. */
function bitsOf(name: string, of: Scope, seed: number): (moment: Moment) => number {
  const salt = saltOf(name);
  switch (of) {
    case 'event':
      return ({ key, tick }) => draw(key.a, key.b, salt, tick);
    case 'journey':
      return ({ key, journey }) => draw(key.a, key.b, salt, journey);
    case 'actor':
      return ({ key }) => draw(key.a, key.b, salt, 0);
    default: {
      const { a, b } = streamKey(seed, saltOf('values of fields'));
      return ({ values }) => draw(a, b, salt, values[of]! >>> 0);
    }
  }
}

function saltOf(name: string): number {
  const bytes = encoder.encode(name);
  return hashBytes(bytes, 0, bytes.length);
}

/** Of weights: the upper limits of their shares of [0, 1). */
export function cumulated(weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return Float64Array.from(weights, (weight) => {
    sum += weight;
    return sum / total;
  });
}

/** The index of the share that `at`, from 0 to below 1, falls into. */
export function placeOf(at: number, limits: Float64Array): number {
  let low = 0;
  let high = limits.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at < limits[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

function longest(texts: readonly Uint8Array[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0);
}
