/** The connector `datagen`: made-up rows, with Flink's options. They are the same each time. */
import type { Connector, ConnectorConfig, SourceFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import { hashBytes } from '../model/hash.ts';
import { checkOptions, type OptionSpec } from '../model/options.ts';
import type { ScanColumn } from '../model/plan.ts';
import type { SourceSplit, SplitEnumerator } from '../model/source.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';
import { type FieldRule, fieldRules } from './datagen-field.ts';
import { type DatagenConfig, DatagenReader } from './datagen-reader.ts';

const optionSpecs: readonly OptionSpec[] = [
  { key: 'connector', kind: 'enum', values: ['datagen'], required: true, description: "'datagen'." },
  {
    key: 'rows-per-second',
    kind: 'integer',
    default: '10000',
    min: 1,
    description: 'How many rows are made in a second, all subtasks together.',
  },
  {
    key: 'number-of-rows',
    kind: 'integer',
    min: 0,
    description: 'How many rows are made in all. Unset: without an end.',
  },
  {
    key: 'fields.',
    kind: 'map',
    description:
      "Of a column: kind ('random' or 'sequence'); of a sequence start and end, after which the source ends; of random values min, max, length, var-len, max-past, null-rate.",
  },
];

/** Splits of a table without a sequence. With one there is a single split, so that it counts in order. */
const splitCount = 16;

const datagenSourceFactory: SourceFactory = {
  metadata: new Map(),
  plan: (table, columns) => plan(table, columns),
  bounded: (config) => configOf(config).rows !== null,
  maxParallelism: async (config) => configOf(config).splits,
  enumerator: (config) => new DatagenEnumerator(configOf(config)),
  reader: (config, ctx) => new DatagenReader(configOf(config), ctx),
};

export const datagenConnector: Connector = {
  name: 'datagen',
  description: 'Makes rows of random values and sequences, with or without an end, at a set rate.',
  example: `CREATE TABLE orders (
  id BIGINT,
  price DECIMAL(10, 2),
  buyer STRING
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '100',
  'fields.id.kind' = 'sequence',
  'fields.id.start' = '1',
  'fields.id.end' = '1000',
  'fields.price.min' = '1',
  'fields.price.max' = '100',
  'fields.buyer.length' = '8'
)`,
  options: optionSpecs,
  portable: true,
  source: datagenSourceFactory,
};

function configOf(config: ConnectorConfig): DatagenConfig {
  return config as DatagenConfig;
}

function plan(table: TableDefinition, columns: readonly ScanColumn[]): DatagenConfig {
  const where = `table ${formatPath(table.path)}, connector 'datagen'`;
  const options = checkOptions(table.options, optionSpecs, where);
  const physical = table.columns.filter((column) => column.kind === 'physical');
  const fields = fieldRules(physical, options.map('fields.'), where);
  const metadata = columns.find((column) => column.kind === 'metadata');
  if (metadata !== undefined) {
    throw new EngineError('SQL_VALIDATION', `${where}: column \`${metadata.name}\`: there is no metadata`);
  }
  const sequences = fields.flatMap((field) => (field.kind === 'sequence' ? [lengthOf(field)] : []));
  const limits = [...sequences, options.optionalNumber('number-of-rows')].filter((limit) => limit !== undefined);
  const name = new TextEncoder().encode(formatPath(table.path));
  return {
    seed: hashBytes(name, 0, name.length),
    rowsPerSecond: options.number('rows-per-second'),
    rows: limits.length === 0 ? null : Math.min(...limits),
    splits: sequences.length > 0 ? 1 : splitCount,
    fields,
  };
}

function lengthOf({ start, end }: Extract<FieldRule, { kind: 'sequence' }>): number {
  return Number(end - start + 1n);
}

/** Main thread. */
class DatagenEnumerator implements SplitEnumerator {
  readonly discoveryIntervalMs = null;
  readonly #config: DatagenConfig;

  constructor(config: DatagenConfig) {
    this.#config = config;
  }

  async start(restored: readonly SourceSplit[] | null): Promise<readonly SourceSplit[]> {
    const { splits } = this.#config;
    if (restored === null) {
      return Array.from({ length: splits }, (_, index) => ({ id: String(index), position: { index, emitted: 0 } }));
    }
    if (restored.length === splits) return restored;
    throw new EngineError(
      'CHECKPOINT',
      `datagen: expected the ${restored.length} splits of the checkpoint, found ${splits}`,
      {
        hint: 'Columns became sequences, or ceased to be: put that back, or start the job afresh (--restore none).',
      },
    );
  }

  assign(split: SourceSplit, parallelism: number): number {
    return Number(split.position.index) % parallelism;
  }

  async discover(): Promise<readonly SourceSplit[]> {
    return [];
  }

  async close(): Promise<void> {}
}
