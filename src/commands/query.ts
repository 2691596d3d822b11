/** `millrace query TEXT`: Iceberg tables by name, read by DuckDB. */
import { Command, Option } from 'commander';
import { existingLake } from '../job/embedded-lake.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { dataDirectoryOf, defaultDataDirectory } from './job-options.ts';
import { pairsOption } from './option-values.ts';
import { type OutputFormat, outputFormats, rowOutput } from './row-output.ts';

type QueryOptions = Readonly<{
  output: OutputFormat;
  dataDir: string;
  catalog: string;
  catalogOption: ReadonlyMap<string, string>;
}>;

export function queryCommand(context: CommandContext): Command {
  return new Command('query')
    .description(
      'One SELECT over Iceberg tables, in the SQL of DuckDB. Tables go by name: lake.db.table, db.table or table.',
    )
    .argument('<text>', 'the query')
    .addOption(new Option('--output <format>', 'how rows are printed').choices(outputFormats).default('table'))
    .option('--data-dir <dir>', 'where the embedded lake is', defaultDataDirectory)
    .option('--catalog <name>', 'the name of the catalog', 'lake')
    .addOption(
      pairsOption(
        '--catalog-option <key=value>',
        'another catalog than the embedded one, as CREATE CATALOG has it; may be repeated',
      ),
    )
    .addHelpText('after', examples)
    .action(async (text: string, options: QueryOptions) => context.exit(await query(text, options, context)));
}

const examples = `
Examples:
  millrace query "SELECT device_id, MAX(max_temperature) FROM gpu.temperature_1m GROUP BY 1 ORDER BY 2 DESC LIMIT 5"
  millrace query "SELECT COUNT(*) FROM db.t FOR SYSTEM_TIME AS OF TIMESTAMP '2026-01-01 00:00:00'" --output csv
  millrace query "SELECT * FROM db.t LIMIT 5" --catalog-option catalog-type=rest --catalog-option uri=http://localhost:8181`;

async function query(text: string, options: QueryOptions, context: CommandContext): Promise<number> {
  const catalogs = [{ name: options.catalog, options: catalogOptions(options, context) }];
  const { columns, rows } = await context.queryLake({ text, catalogs });
  const output = rowOutput(
    options.output,
    columns.map(({ name }) => name),
    context.stdout,
  );
  await output.rows(rows);
  await output.end();
  return exitCode.ok;
}

function catalogOptions(options: QueryOptions, context: CommandContext): ReadonlyMap<string, string> {
  if (options.catalogOption.size > 0) return new Map([['type', 'iceberg'], ...options.catalogOption]);
  return existingLake(dataDirectoryOf(options, context));
}
