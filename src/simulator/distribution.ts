/** Distributions of numbers and of times, as a person writes them, and how a value is drawn from 32 random bits. */
import type { YamlMap } from '../job/yaml-map.ts';
import { parseDuration } from '../model/options.ts';
import { gaussian, uniform } from './random.ts';

/** The numbers that each shape takes, in the order in which they are written. */
const shapes = {
  /** Always the same. */
  constant: 1,
  /** From, to. */
  uniform: 2,
  /** Mean, deviation. */
  normal: 2,
  /** Median, deviation of the logarithm. */
  lognormal: 2,
  /** Mean. */
  exponential: 1,
} as const;
type Shape = keyof typeof shapes;
export const shapeNames = Object.keys(shapes) as readonly Shape[];

export type Distribution = Readonly<{ shape: Shape; a: number; b: number; min: number; max: number }>;

export function sample({ shape, a, b, min, max }: Distribution, bits: number): number {
  return Math.min(max, Math.max(min, sampleShape(shape, a, b, bits)));
}

function sampleShape(shape: Shape, a: number, b: number, bits: number): number {
  switch (shape) {
    case 'constant':
      return a;
    case 'uniform':
      return a + (b - a) * uniform(bits);
    case 'normal':
      return a + b * gaussian(bits);
    case 'lognormal':
      return a * Math.exp(b * gaussian(bits));
    case 'exponential':
      return -a * Math.log(1 - uniform(bits));
  }
}

/** How the numbers of a distribution are written: `expected` for messages; undefined when a text is none. */
type Unit = Readonly<{ parse: (text: string) => number | undefined; expected: string }>;

export const plainNumber: Unit = {
  parse: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
  expected: 'a number',
};
/** In ms; a duration. */
export const timeSpan: Unit = { parse: parseDuration, expected: "a duration such as '10 s'" };

export const distributionFields: readonly string[] = [...shapeNames, 'min', 'max'];

/** The distribution of a mapping such as `{ normal: [20, 2], min: 0 }`. */
export function distributionOf(map: YamlMap, unit: Unit): Distribution {
  const [shape, ...others] = shapeNames.filter((name) => map.has(name));
  if (shape === undefined || others.length > 0)
    throw map.fault(others[0] ?? 'constant', `one of ${shapeNames.join(', ')}`);
  const texts = map.isList(shape) ? map.list(shape) : [map.optionalScalar(shape)!];
  const unitOf = (index: number): Unit => (shape === 'lognormal' && index === 1 ? plainNumber : unit);
  const [a, b = 0] = texts.map((text, index) => numberOf(text, map, shape, unitOf(index)));
  if (texts.length !== shapes[shape]) throw map.fault(shape, shapes[shape] === 1 ? unit.expected : 'a list of two');
  const bound = (key: string, none: number): number =>
    map.has(key) ? numberOf(map.optionalScalar(key)!, map, key, unit) : none;
  return { shape, a: a!, b, min: bound('min', -Infinity), max: bound('max', Infinity) };
}

/** What stands at `key`: a distribution, or a single value for a constant. */
export function distributionAt(map: YamlMap, key: string, unit: Unit): Distribution {
  if (map.isMap(key)) return distributionOf(map.map(key).allow(distributionFields), unit);
  const a = numberOf(map.optionalScalar(key) ?? '', map, key, unit);
  return { shape: 'constant', a, b: 0, min: -Infinity, max: Infinity };
}

function numberOf(text: string, map: YamlMap, key: string, unit: Unit): number {
  const value = unit.parse(text);
  if (value === undefined) throw map.fault(key, unit.expected);
  return value;
}
