// Random queries over the tables of data.ts, by feature.
import { groupQueries } from './group-queries.ts';
import { joinQueries } from './join-queries.ts';
import type { Random } from './random.ts';
import { rowQueries } from './row-queries.ts';
import { windowQueries } from './window-queries.ts';
import { makeWorld, type World } from './world.ts';
import { type Feature, Writer } from './writer.ts';

const plain: Readonly<Record<string, Feature>> = { ...rowQueries, ...windowQueries, ...groupQueries, ...joinQueries };

// What Flink's known faults are told by is in these queries themselves.
const alone: ReadonlySet<string> = new Set(['top_n_of_group', 'window_of_changes', 'over', 'union']);

const outer = [
  'SELECT COUNT(*) AS n FROM (QUERY) AS z',
  'SELECT DISTINCT * FROM (QUERY) AS z',
  'SELECT COUNT(*) AS n FROM (SELECT DISTINCT * FROM (QUERY) AS z) AS y',
  'SELECT * FROM (QUERY) AS z {UNION|INTERSECT|EXCEPT|INTERSECT ALL|UNION ALL} SELECT * FROM (QUERY) AS y',
];

/** A query of another feature as the input of a second one: any changes have to be understood by what is above. */
const within: Feature = {
  inputs: 'several',
  make: (w) => {
    const makers = Object.entries(plain).filter(([name]) => !alone.has(name));
    const made = w.random.pick(makers)[1].make(w);
    const statements = typeof made === 'string' ? [made] : made;
    return [...statements.slice(0, -1), w.pick(outer).replaceAll('QUERY', () => statements.at(-1)!)];
  },
};

const makers: Readonly<Record<string, Feature>> = { ...plain, within };

export const features = Object.keys(makers);

export type GeneratedQuery = Readonly<{
  feature: string;
  /** Settings and views first, the query last. */
  statements: readonly string[];
  world: World;
  /** Whether only the rows that are left in the end are certain. */
  folded: boolean;
}>;

export function makeQuery(random: Random, feature: string): GeneratedQuery {
  const { inputs, make } = makers[feature]!;
  const folded = inputs === 'several';
  const world = makeWorld(random, folded ? 'none' : 'some');
  const made = make(new Writer(random, world));
  return { feature, statements: typeof made === 'string' ? [made] : made, world, folded };
}
