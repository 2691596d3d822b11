/** CREATE TABLE … LIKE: what is taken over of the other table (Flink's MergeTableLikeUtil). */
import type { TableDefinition } from '../../model/table.ts';
import { sqlError } from '../excerpt.ts';
import type { LikeClause, LikeFeature, LikeStrategy } from '../statement.ts';
import { type DraftColumn, draftOf, type TableDraft } from './table-draft.ts';

type Strategies = Readonly<Record<LikeFeature, LikeStrategy>>;

const defaults: Strategies = {
  CONSTRAINTS: 'INCLUDING',
  DISTRIBUTION: 'INCLUDING',
  GENERATED: 'INCLUDING',
  METADATA: 'INCLUDING',
  OPTIONS: 'OVERWRITING',
  PARTITIONS: 'INCLUDING',
  WATERMARKS: 'INCLUDING',
};

const notOverwritten: readonly string[] = ['ALL', 'CONSTRAINTS', 'DISTRIBUTION', 'PARTITIONS'];

/** The new table's own parts on top of those of `base`. */
export function mergedLike(like: LikeClause, base: TableDefinition, own: TableDraft): TableDraft {
  const strategies = strategiesOf(like);
  const below = draftOf(base);
  const { position } = like.source;
  const twice = (what: string, feature: LikeFeature): Error => {
    const ways = notOverwritten.includes(feature)
      ? `EXCLUDING ${feature}`
      : `EXCLUDING ${feature} or OVERWRITING ${feature}`;
    return sqlError(
      'SQL_VALIDATION',
      `the table '${base.path.name}' ${what} already`,
      position,
      `Write LIKE … (${ways}).`,
    );
  };
  return {
    columns: columnsOf(below.columns, own.columns, strategies, twice),
    watermarks: merged(below.watermarks, own.watermarks, strategies.WATERMARKS, () =>
      twice('has a watermark', 'WATERMARKS'),
    ),
    primaryKeys: merged(below.primaryKeys, own.primaryKeys, strategies.CONSTRAINTS, () =>
      twice('has a primary key', 'CONSTRAINTS'),
    ),
    partitionedBy: merged(below.partitionedBy, own.partitionedBy, strategies.PARTITIONS, () =>
      twice('has partitions', 'PARTITIONS'),
    ),
    options: optionsOf(below.options, own.options, strategies.OPTIONS, twice),
    comment: own.comment,
  };
}

/** ALL says it of every feature that is not named itself. */
function strategiesOf({ options }: LikeClause): Strategies {
  const seen = new Set<string>();
  for (const { strategy, feature, position } of options) {
    if (strategy === 'OVERWRITING' && notOverwritten.includes(feature)) {
      throw sqlError(
        'SQL_VALIDATION',
        `LIKE: ${feature} can't be overwritten`,
        position,
        'INCLUDING and EXCLUDING can be said of it.',
      );
    }
    if (seen.has(feature)) throw sqlError('SQL_VALIDATION', `LIKE: ${feature} is said twice`, position);
    seen.add(feature);
  }
  const all = options.find(({ feature }) => feature === 'ALL')?.strategy;
  const rest = Object.keys(defaults).map((feature) => [feature, all ?? defaults[feature as LikeFeature]] as const);
  const named = options.map(({ feature, strategy }) => [feature, strategy] as const);
  return Object.fromEntries([...rest, ...named]) as Strategies;
}

/** Physical columns always come over, the others as their feature says. A column that is overwritten keeps its place. */
function columnsOf(
  below: readonly DraftColumn[],
  own: readonly DraftColumn[],
  strategies: Strategies,
  twice: (what: string, feature: LikeFeature) => Error,
): DraftColumn[] {
  const featureOf = ({ kind }: DraftColumn): LikeFeature | null =>
    kind === 'physical' ? null : kind === 'computed' ? 'GENERATED' : 'METADATA';
  const columns = new Map<string, DraftColumn>();
  for (const column of below) {
    const feature = featureOf(column);
    if (feature === null || strategies[feature] !== 'EXCLUDING') columns.set(column.name, column);
  }
  for (const column of own) {
    const known = columns.get(column.name);
    const feature = known === undefined ? null : featureOf(known);
    const replaces = feature !== null && feature === featureOf(column) && strategies[feature] === 'OVERWRITING';
    if (known !== undefined && !replaces) throw twice(`has a column '${column.name}'`, feature ?? 'GENERATED');
    columns.set(column.name, column);
  }
  return [...columns.values()];
}

function merged(
  below: readonly string[],
  own: readonly string[],
  strategy: LikeStrategy,
  twice: () => Error,
): readonly string[] {
  if (strategy === 'EXCLUDING' || below.length === 0) return own;
  if (own.length === 0) return below;
  if (strategy === 'INCLUDING') throw twice();
  return own;
}

function optionsOf(
  below: ReadonlyMap<string, string>,
  own: ReadonlyMap<string, string>,
  strategy: LikeStrategy,
  twice: (what: string, feature: LikeFeature) => Error,
): ReadonlyMap<string, string> {
  if (strategy === 'EXCLUDING') return own;
  const known = [...own.keys()].find((key) => below.has(key));
  if (strategy === 'INCLUDING' && known !== undefined) throw twice(`has an option '${known}'`, 'OPTIONS');
  return new Map([...below, ...own]);
}
