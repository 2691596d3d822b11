/** The sink `blackhole`: takes rows and keeps nothing, for measuring what comes before. */
import type { Connector, SinkFactory } from '../model/connector.ts';
import { checkOptions, type OptionSpec } from '../model/options.ts';
import type { SinkWriter } from '../model/sink.ts';
import { formatPath } from '../model/table.ts';

const optionSpecs: readonly OptionSpec[] = [
  { key: 'connector', kind: 'enum', values: ['blackhole'], required: true, description: "'blackhole'." },
];

const blackholeSinkFactory: SinkFactory = {
  deliveryGuarantee: 'None: rows are dropped.',
  changelog: () => 'upsert',
  metadata: new Map(),
  plan(table) {
    checkOptions(table.options, optionSpecs, `table ${formatPath(table.path)}, connector 'blackhole'`);
    return {};
  },
  writer: () => blackholeWriter,
  committer: () => null,
};

const blackholeWriter: SinkWriter = {
  write: () => undefined,
  ready: () => null,
  prepareCommit: async () => [],
  close: async () => undefined,
};

export const blackholeConnector: Connector = {
  name: 'blackhole',
  description: 'Takes rows and drops them.',
  example: `CREATE TABLE nowhere (
  user_id STRING,
  amount DECIMAL(10, 2)
) WITH (
  'connector' = 'blackhole'
)`,
  options: optionSpecs,
  portable: true,
  sink: blackholeSinkFactory,
};
