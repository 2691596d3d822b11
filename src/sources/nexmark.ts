/** The connector `nexmark`, as Nexmark's own Flink source is called and set: a table of the generator's events. */
import type { Connector } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Generator } from '../model/generator.ts';
import { checkOptions, type OptionSpec } from '../model/options.ts';
import type { ScanColumn } from '../model/plan.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';
import { parseStart } from './pace.ts';
import { checkColumns, type SimulatorConfig, simulatorSourceFactory } from './simulator.ts';

const connectorOption: OptionSpec = {
  key: 'connector',
  kind: 'enum',
  values: ['nexmark'],
  required: true,
  description: "'nexmark'.",
};

/** Not an option of Nexmark's own source: with it the events are the same in every run. */
const startOption: OptionSpec = {
  key: 'start',
  kind: 'string',
  description: 'When event time begins, ISO 8601 in UTC. Default: now, as in the source of Nexmark.',
};

export function nexmarkConnector(generator: Generator): Connector {
  return {
    name: 'nexmark',
    description: 'Events of the Nexmark benchmark, made in the process: persons, auctions and bids.',
    example: `CREATE TABLE datagen (
  event_type INT,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, \`dateTime\` TIMESTAMP(3), extra STRING>
) WITH (
  'connector' = 'nexmark',
  'first-event.rate' = '10000',
  'events.num' = '1000000'
)`,
    options: [connectorOption, startOption, ...generator.options],
    portable: true,
    source: {
      ...simulatorSourceFactory({ [generator.name]: generator }),
      plan: (table, columns) => plan(table, columns, generator),
    },
  };
}

function plan(table: TableDefinition, columns: readonly ScanColumn[], generator: Generator): SimulatorConfig {
  const where = `table ${formatPath(table.path)}, connector 'nexmark'`;
  const options = checkOptions(table.options, [connectorOption, startOption, ...generator.options], where);
  checkColumns(table, generator, where);
  const metadata = columns.find(({ kind }) => kind === 'metadata');
  if (metadata !== undefined) {
    throw new EngineError('UNSUPPORTED', `${where}: column \`${metadata.name}\`: Nexmark's events have no metadata`);
  }
  const start = options.optionalString('start');
  const startMs = start === undefined ? null : parseStart(start, where);
  const speed = options.boolean('max-emit-speed') ? null : 1;
  return { scenario: generator.name, settings: generator.settings(options, where), pace: { speed, startMs } };
}
