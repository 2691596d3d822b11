// A query with its data, from a seed.
import { mkdirSync } from 'node:fs';
import { makeDataset } from './data.ts';
import { type GeneratedQuery, makeQuery } from './queries.ts';
import { Random } from './random.ts';

export type Trial = Readonly<{
  seed: number;
  query: GeneratedQuery;
  /** The whole script: settings, tables, views, the query. */
  statements: readonly string[];
  directory: string;
  /** The inputs, as they were written into `directory`, by table. */
  files: Readonly<Record<string, string>>;
}>;

const settings = [
  "SET 'parallelism.default' = '1'",
  "SET 'pipeline.auto-watermark-interval' = '0 ms'",
  "SET 'execution.runtime-mode' = 'streaming'",
  "SET 'restart-strategy.type' = 'none'",
];

export function makeTrial(seed: number, feature: string, directory: string): Trial {
  mkdirSync(directory, { recursive: true });
  const random = new Random(seed);
  const query = makeQuery(random, feature);
  const { ddl, files } = makeDataset(query.statements.join('\n'), random, query.world, directory);
  const zone = `SET 'table.local-time-zone' = '${query.world.zone}'`;
  return { seed, query, statements: [zone, ...settings, ...ddl, ...query.statements], directory, files };
}
