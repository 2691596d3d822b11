/** `millrace catalog serve`: the embedded lake for other engines, as an Iceberg REST catalog. */
import { Command } from 'commander';
import { RestService } from '../iceberg/rest-service.ts';
import { SqliteNames } from '../iceberg/sqlite-names.ts';
import { embeddedLake } from '../job/embedded-lake.ts';
import { storageOf } from '../storage/scheme-storage.ts';
import { resolveUri } from '../storage/uri.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { dataDirectoryOf, defaultDataDirectory } from './job-options.ts';
import { wholeNumber } from './option-values.ts';
import { stopSignal } from './stop-signal.ts';

type ServeOptions = Readonly<{
  port: number;
  host: string;
  dataDir: string;
  warehouse?: string;
  name: string;
  allow: readonly string[];
}>;

const tokenVariable = 'MILLRACE_TOKEN';

export function catalogCommand(context: CommandContext): Command {
  return new Command('catalog').description('The embedded Iceberg catalog.').addCommand(serveCommand(context));
}

function serveCommand(context: CommandContext): Command {
  return new Command('serve')
    .description('Serve the embedded lake as an Iceberg REST catalog, for Flink, Spark, PyIceberg, DuckDB and others.')
    .option('--port <port>', 'where it listens; 0 takes any free one', wholeNumber(0, 65_535), 8181)
    .option('--host <address>', `beyond loopback it needs a token in ${tokenVariable}`, '127.0.0.1')
    .option('--data-dir <dir>', 'where the embedded lake is', defaultDataDirectory)
    .option('--name <name>', "the catalog's name in its file", 'lake')
    .option('--warehouse <location>', 'where new tables go, if not beside the catalog')
    .option('--allow <location...>', 'tables of clients may be there too; else below the warehouse alone', [])
    .addHelpText('after', examples)
    .action(async (options: ServeOptions) => context.exit(await serve(options, context)));
}

const examples = `
Jobs of this machine may go on to open the same lake as a file meanwhile. Runs until SIGINT or SIGTERM.

Examples:
  millrace catalog serve
  millrace catalog serve --port 8181 --data-dir .millrace
  and in Flink SQL:
  CREATE CATALOG lake WITH ('type'='iceberg', 'catalog-type'='rest', 'uri'='http://localhost:8181');`;

async function serve(options: ServeOptions, context: CommandContext): Promise<number> {
  const { serveCatalog } = await import('../server/catalog-server.ts'); // other commands need not load it
  const lake = embeddedLake(dataDirectoryOf(options, context));
  const warehouse = resolveUri(options.warehouse ?? lake.get('warehouse')!, context.workingDirectory);
  const names = new SqliteNames(options.name, lake.get('uri')!.replace('jdbc:sqlite:', ''));
  const storage = storageOf(warehouse);
  const allowed = options.allow.map((location) => resolveUri(location, context.workingDirectory));
  const service = new RestService({ names, storage, warehouse, allowed, now: () => context.clock.now() });
  const { host, port } = options;
  const server = await serveCatalog({ service, host, port, token: context.env[tokenVariable] ?? null });
  context.say(`Iceberg REST catalog on http://${host}:${server.port}, tables below ${warehouse}`);
  const { signal, release } = stopSignal(context);
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
  release();
  await server.close();
  names.close();
  return exitCode.ok;
}
