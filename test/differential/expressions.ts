// Random expressions of a wanted type over the columns of a table.
import type { Random } from './random.ts';
import { isValueType, scalars, type ValueType, valueTypes } from './scalars.ts';
import { fill } from './template.ts';
import type { World } from './world.ts';

const common = [
  'CASE WHEN {boolean} THEN {T} ELSE {T} END',
  'CASE WHEN {boolean} THEN {T} WHEN {boolean} THEN {T} END',
  'CASE {int} WHEN {0..3} THEN {T} WHEN {int} THEN {T} ELSE {T} END',
  'COALESCE({T}, {T})',
  'COALESCE({T}, {T}, {T})',
  'IFNULL({T}, {T})',
];

/** Of types whose values can be compared. */
const ordered = [...common, 'IF({boolean}, {T}, {T})', 'NULLIF({T}, {T})', 'GREATEST({T}, {T})', 'LEAST({T}, {T})'];

const unordered: ReadonlySet<ValueType> = new Set(['ints', 'strings', 'map', 'row', 'bytes']);

export class Expressions {
  readonly #random: Random;
  readonly #world: World;
  readonly #qualifier: string;

  /** `qualifier`: put before each column (`x.`). */
  constructor(random: Random, world: World, qualifier = '') {
    this.#random = random;
    this.#world = world;
    this.#qualifier = qualifier;
  }

  any(depth = 2): string {
    return this.of(this.#random.pick(valueTypes), depth);
  }

  of(type: ValueType, depth: number): string {
    const random = this.#random;
    const { templates, literals } = scalars[type];
    if (depth > 0 && random.chance(0.75)) {
      const general = unordered.has(type) ? common : ordered;
      const template = random.pick(random.chance(0.12) ? general : templates);
      return this.fill(template.replaceAll('{T}', `{${type}}`), depth - 1);
    }
    const columns = this.#columns(type);
    if (columns.length === 0 || random.chance(0.2)) return random.pick(literals);
    return this.#qualifier + random.pick(columns);
  }

  /** Types in the text's holes are expressions of `depth`. */
  fill(template: string, depth: number): string {
    return fill(template, this.#random, (name) => (isValueType(name) ? this.of(name, depth) : undefined));
  }

  #columns(type: ValueType): readonly string[] {
    const { columns } = scalars[type];
    return type === (this.#world.zoned ? 'ltz' : 'timestamp') ? ['et', 'et', ...columns] : columns;
  }
}
