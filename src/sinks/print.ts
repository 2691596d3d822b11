/** The sink `print`: each row as a line on stdout, as Flink's: `+I[a, 1, null]`. */

import type { ColumnBatch } from '../model/column.ts';
import { rowKinds } from '../model/column.ts';
import type { Connector, ConnectorConfig, SinkFactory } from '../model/connector.ts';
import { checkOptions, type OptionSpec } from '../model/options.ts';
import type { Committable, SinkWriter, WriterContext } from '../model/sink.ts';
import { formatPath, sinkRowOf, type TableDefinition } from '../model/table.ts';
import type { Field } from '../model/types.ts';
import { rowText } from './row-text.ts';

const optionSpecs: readonly OptionSpec[] = [
  { key: 'connector', kind: 'enum', values: ['print'], required: true, description: "'print'." },
  {
    key: 'print-identifier',
    kind: 'string',
    description: 'A text that begins each line, with the subtask behind it where there are several.',
  },
  {
    key: 'standard-error',
    kind: 'boolean',
    default: 'false',
    description: 'Whether rows go to stderr instead of stdout.',
  },
];

type PrintConfig = Readonly<{ identifier: string; standardError: boolean; fields: readonly Field[] }>;

const printSinkFactory: SinkFactory = {
  deliveryGuarantee: 'At-least-once: after a failure, rows since the last checkpoint are printed again.',
  changelog: () => 'all',
  metadata: new Map(),
  plan(table: TableDefinition): PrintConfig {
    const options = checkOptions(table.options, optionSpecs, `table ${formatPath(table.path)}, connector 'print'`);
    return {
      identifier: options.optionalString('print-identifier') ?? '',
      standardError: options.boolean('standard-error'),
      fields: sinkRowOf(table),
    };
  },
  writer: (config, ctx) => new PrintWriter(config, ctx),
  committer: () => null,
};

export const printConnector: Connector = {
  name: 'print',
  description: 'Prints each row on stdout, with its kind of change.',
  example: `CREATE TABLE output (
  user_id STRING,
  amount DECIMAL(10, 2)
) WITH (
  'connector' = 'print'
)`,
  options: optionSpecs,
  portable: true,
  sink: printSinkFactory,
};

const maxPendingCharacters = 1 << 20; // beyond, the writer waits until what it gave is written

class PrintWriter implements SinkWriter {
  readonly #print: (text: string) => Promise<void>;
  readonly #prefix: string;
  readonly #text: (batch: ColumnBatch, row: number) => string;
  #printed: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(config: ConnectorConfig, ctx: WriterContext) {
    const { identifier, standardError, fields } = config as PrintConfig;
    this.#print = standardError ? printOnStandardError : (text) => ctx.host.print(text);
    this.#prefix = prefixOf(identifier, ctx);
    this.#text = rowText(fields);
  }

  write(batch: ColumnBatch): void {
    let text = '';
    for (let row = 0; row < batch.length; row++) {
      const kind = rowKinds[batch.ops === null ? 0 : batch.ops[row]!]!;
      text += `${this.#prefix}${kind}[${this.#text(batch, row)}]\n`;
    }
    this.#pending += text.length;
    const printed = this.#print(text).then(() => {
      this.#pending -= text.length;
    });
    this.#printed = Promise.all([this.#printed, printed]).then(() => undefined);
    this.#printed.catch(() => undefined); // said by the next `ready` or `prepareCommit`
  }

  ready(): Promise<void> | null {
    return this.#pending > maxPendingCharacters ? this.#printed : null;
  }

  async prepareCommit(): Promise<readonly Committable[]> {
    await this.#printed;
    return [];
  }

  async close(): Promise<void> {
    await this.#printed;
  }
}

function printOnStandardError(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stderr.write(text, () => resolve());
  });
}

/** PrintSinkOutputWriter: identifier and 1-based subtask, each only where it says something. */
function prefixOf(identifier: string, { subtaskIndex, parallelism }: WriterContext): string {
  const subtask = parallelism > 1 ? String(subtaskIndex + 1) : '';
  const parts = [identifier, subtask].filter((part) => part !== '');
  return parts.length === 0 ? '' : `${parts.join(':')}> `;
}
