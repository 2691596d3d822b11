/** The options of tables that are looked up: Flink's LookupOptions. */
import { EngineError } from '../model/errors.ts';
import { checkOptions, type OptionSpec, type Options } from '../model/options.ts';
import type { TableDefinition } from '../model/table.ts';

export const lookupOptionSpecs: readonly OptionSpec[] = [
  {
    key: 'lookup.cache',
    kind: 'enum',
    values: ['NONE', 'PARTIAL', 'FULL'],
    description:
      "What a lookup join keeps: nothing, the keys that were asked for, or the whole table. Unset: 'FULL' for files, 'NONE' for a database.",
  },
  {
    key: 'lookup.partial-cache.max-rows',
    kind: 'integer',
    min: 1,
    description: 'Keys that a PARTIAL cache holds; the longest unasked go first. Unset: any number.',
  },
  {
    key: 'lookup.partial-cache.expire-after-write',
    kind: 'duration',
    min: 1,
    description: 'How long a key of a PARTIAL cache is believed.',
  },
  {
    key: 'lookup.partial-cache.expire-after-access',
    kind: 'duration',
    min: 1,
    description: 'How long a key of a PARTIAL cache is kept that nobody asks for.',
  },
  {
    key: 'lookup.partial-cache.cache-missing-key',
    kind: 'boolean',
    default: 'true',
    description: 'Whether a PARTIAL cache keeps that a key has no row.',
  },
  {
    key: 'lookup.full-cache.periodic-reload.interval',
    kind: 'duration',
    min: 1,
    description: 'How often a FULL cache is read anew. Unset: once.',
  },
  {
    key: 'lookup.max-retries',
    kind: 'integer',
    min: 0,
    default: '3',
    description: 'How often a failed lookup is tried again.',
  },
];

/** Plain data. Durations in ms; null: never, or any number. */
export type LookupSettings = Readonly<{
  cache: 'NONE' | 'PARTIAL' | 'FULL';
  maxRows: number | null;
  expireAfterWriteMs: number | null;
  expireAfterAccessMs: number | null;
  cacheMissingKey: boolean;
  reloadIntervalMs: number | null;
  maxRetries: number;
}>;

/** A table's lookup options, checked, and the table without them. */
export function checkedLookup(
  table: TableDefinition,
  unset: LookupSettings['cache'],
  where: string,
): Readonly<{ settings: LookupSettings; rest: TableDefinition }> {
  const isOwn = (key: string): boolean => lookupOptionSpecs.some((spec) => spec.key === key);
  const own = new Map([...table.options].filter(([key]) => isOwn(key)));
  const others = new Map([...table.options].filter(([key]) => !isOwn(key)));
  const settings = lookupSettings(checkOptions(own, lookupOptionSpecs, where), unset, where);
  return { settings, rest: { ...table, options: others } };
}

/** A PARTIAL cache has to have a bound, as in Flink. */
function lookupSettings(options: Options, unset: LookupSettings['cache'], where: string): LookupSettings {
  const cache = (options.optionalString('lookup.cache') ?? unset) as LookupSettings['cache'];
  const maxRows = options.optionalNumber('lookup.partial-cache.max-rows') ?? null;
  const expireAfterWriteMs = options.optionalNumber('lookup.partial-cache.expire-after-write') ?? null;
  const expireAfterAccessMs = options.optionalNumber('lookup.partial-cache.expire-after-access') ?? null;
  if (cache === 'PARTIAL' && maxRows === null && expireAfterWriteMs === null && expireAfterAccessMs === null) {
    throw new EngineError('INVALID_OPTION', `${where}: 'lookup.cache' = 'PARTIAL' needs a bound`, {
      hint: "Set 'lookup.partial-cache.max-rows', '….expire-after-write' or '….expire-after-access'.",
    });
  }
  return {
    cache,
    maxRows,
    expireAfterWriteMs,
    expireAfterAccessMs,
    cacheMissingKey: options.boolean('lookup.partial-cache.cache-missing-key'),
    reloadIntervalMs: options.optionalNumber('lookup.full-cache.periodic-reload.interval') ?? null,
    maxRetries: options.number('lookup.max-retries'),
  };
}
