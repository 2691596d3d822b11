/** The hint STATE_TTL: how long a SELECT's joins and its GROUP BY keep what came from one table of its FROM. */
import { parseDuration } from '../../model/options.ts';
import type { TablePath } from '../../model/table.ts';
import type { FromItem, HintArgument, Name, QueryHint, SelectQuery } from '../ast.ts';
import { sqlError } from '../excerpt.ts';
import { suggestion } from './scope.ts';

/** ms by item of FROM, joins aside; 0: for ever. */
export type StateTtls = ReadonlyMap<FromItem, number>;

export const noTtls: StateTtls = new Map();

/** Of a key that one hint gives twice the last value counts, of several hints the first: as in Flink. `pathOf`: null for a query of WITH. */
export function stateTtls({ hints = [], from }: SelectQuery, pathOf: (name: Name) => TablePath | null): StateTtls {
  const asked = hints.filter(({ name }) => name.toUpperCase() === 'STATE_TTL');
  if (asked.length === 0) return noTtls;
  const named = from === null ? [] : tablesOf(from).map((item) => ({ item, names: namesOf(item, pathOf) }));
  const ttls = new Map<FromItem, number>();
  for (const hint of asked) {
    for (const [item, ms] of ttlsOf(hint, named)) if (!ttls.has(item)) ttls.set(item, ms);
  }
  return ttls;
}

type NamedItem = Readonly<{ item: FromItem; names: readonly string[] }>;

function ttlsOf({ args, position }: QueryHint, named: readonly NamedItem[]): StateTtls {
  if (args.length === 0) throw sqlError('SQL_VALIDATION', "STATE_TTL: expected 'table' = 'duration'", position);
  return new Map(
    args.map((arg) => {
      const { key } = arg;
      const found = named.find(({ names }) => names.includes(key));
      if (found !== undefined) return [found.item, durationOf(arg)];
      const known = named.flatMap(({ names }) => names.slice(0, 1));
      const message = `STATE_TTL: there is no table '${key}' in FROM`;
      throw sqlError('SQL_VALIDATION', message, arg.position, suggestion(key, known));
    }),
  );
}

function durationOf({ value, position }: HintArgument): number {
  const ms = value === null ? undefined : parseDuration(value);
  if (ms !== undefined) return ms;
  const got = value === null ? '' : `, got '${value}'`;
  throw sqlError('SQL_VALIDATION', `STATE_TTL: expected 'table' = 'duration', as 't' = '1 d'${got}`, position);
}

function tablesOf(item: FromItem): readonly FromItem[] {
  return item.kind === 'join' ? [item.left, item.right].flatMap(tablesOf) : [item];
}

/** An alias stands for the table; a table without one also goes by its full name. */
function namesOf(item: FromItem, pathOf: (name: Name) => TablePath | null): readonly string[] {
  if (item.kind === 'join') return [];
  if (item.alias !== null) return [item.alias.name];
  if (item.kind !== 'table') return [];
  const path = pathOf(item.name);
  const own = item.name.parts.at(-1)!.name;
  return path === null ? [own] : [own, `${path.database}.${own}`, `${path.catalog}.${path.database}.${own}`];
}
