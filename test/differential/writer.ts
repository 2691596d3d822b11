// What the makers of queries have at hand: chance, the conditions of the query, and pieces of SQL.
import { Expressions } from './expressions.ts';
import type { Random } from './random.ts';
import { isValueType } from './scalars.ts';
import { fill } from './template.ts';
import type { World } from './world.ts';

export type Feature = Readonly<{
  /** Several inputs come in any order: only what is left in the end can be compared, and no row may be late. */
  inputs?: 'several';
  /** One statement, or several of which the last is the query. */
  make: (w: Writer) => string | readonly string[];
}>;

const aggregates = [
  'COUNT(*)',
  'COUNT({i|s|d|dc|b|et})',
  'COUNT({int|string|decimal})',
  'SUM({i|l|d|dc|si|ti|f|dw})',
  'SUM({int|double|decimal})',
  'AVG({i|l|d|dc|si|ti|f|dn})',
  '{MIN|MAX}({i|l|d|dc|s|b|dt|tm|t6|t9|z3|et|ti|f|dw})',
  '{MIN|MAX}({int|string|decimal|date})',
  'COUNT(DISTINCT {i|s|k|dc|b|a})',
  '{SUM|AVG}(DISTINCT {i|dc|l|d})',
  '{MIN|MAX}(DISTINCT i)',
  '{STDDEV_POP|STDDEV_SAMP|VAR_POP|VAR_SAMP|STDDEV|VARIANCE}({d|f})',
];

/** These say in which order rows came, or have halves that can't be merged: Flink has them not in window functions. */
const orderedAggregates = [
  '{FIRST_VALUE|LAST_VALUE}({i|s|dc|et|a})',
  'LISTAGG({s|k})',
  "LISTAGG({s|k}, '{-|, }')",
  'LISTAGG(DISTINCT k)',
  'ARRAY_AGG({i|s})',
  'CARDINALITY(COLLECT({i|k}))',
  'JSON_ARRAYAGG({i|s})',
  'JSON_OBJECTAGG(KEY CAST(id AS STRING) VALUE {i|s})',
  'PERCENTILE({d|i}, {0.5|0.25|1})',
];

export class Writer {
  readonly random: Random;
  readonly world: World;

  constructor(random: Random, world: World) {
    this.random = random;
    this.world = world;
  }

  /** Holes are filled with numbers, choices, and expressions of types. */
  fill(template: string): string {
    const expressions = new Expressions(this.random, this.world);
    return fill(template, this.random, (name) => (isValueType(name) ? expressions.of(name, 1) : undefined));
  }

  pick(templates: readonly string[]): string {
    return this.fill(this.random.pick(templates));
  }

  expression(depth = 2, qualifier = ''): string {
    return new Expressions(this.random, this.world, qualifier).any(depth);
  }

  condition(qualifier = ''): string {
    return new Expressions(this.random, this.world, qualifier).of('boolean', 2);
  }

  /** ` WHERE …`, or nothing. */
  where(qualifier = ''): string {
    return this.random.chance(0.4) ? ` WHERE ${this.condition(qualifier)}` : '';
  }

  select(count: number, qualifier = ''): string {
    return this.#list(count, (n) => `${this.expression(2, qualifier)} AS c${n}`);
  }

  /** An interval in the world's unit. */
  span(low: number, high = low): string {
    return `INTERVAL '${this.random.between(low, high)}' ${this.world.unit}`;
  }

  aggregates(kind: 'any order' | 'one input'): string {
    return this.#list(this.random.between(1, 4), (n) => `${this.#aggregate(kind)} AS a${n}`);
  }

  having(): string {
    if (this.random.chance(0.8)) return '';
    return ` HAVING ${this.pick(['COUNT(*) > {0..2}', 'SUM(i) > {0..5}', 'MAX(i) IS NOT NULL'])}`;
  }

  join(): string {
    return this.random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
  }

  #aggregate(kind: 'any order' | 'one input'): string {
    const call = this.pick(kind === 'one input' && this.random.chance(0.25) ? orderedAggregates : aggregates);
    const hasFilter = !/^JSON_|^CARDINALITY/.test(call) && this.random.chance(0.2);
    return hasFilter ? `${call} FILTER (WHERE ${this.condition()})` : call;
  }

  #list(count: number, make: (n: number) => string): string {
    return Array.from({ length: count }, (_, n) => make(n)).join(', ');
  }
}
