// Random queries over the tables of data.ts, by feature.
import { groupQueries } from './group-queries.ts';
import { joinQueries } from './join-queries.ts';
import type { Random } from './random.ts';
import { rowQueries } from './row-queries.ts';
import { windowQueries } from './window-queries.ts';
import { makeWorld, type World } from './world.ts';
import { type Feature, Writer } from './writer.ts';

const makers: Readonly<Record<string, Feature>> = { ...rowQueries, ...windowQueries, ...groupQueries, ...joinQueries };

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
