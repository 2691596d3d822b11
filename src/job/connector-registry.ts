/** Every connector there is, by name. The simulator's generators lie above and are handed in. */
import { formats } from '../formats/registry.ts';
import { fileOptionSpecs, filesystemDescription } from '../formats/file-options.ts';
import type { Connector, ConnectorRegistry } from '../model/connector.ts';
import type { Generator } from '../model/generator.ts';
import { blackholeConnector } from '../sinks/blackhole.ts';
import { icebergSinkFactory } from '../sinks/iceberg.ts';
import { printConnector } from '../sinks/print.ts';
import { filesystemSourceFactory } from '../sources/filesystem.ts';
import { simulatorConnector } from '../sources/simulator.ts';

export function createConnectors(generators: Readonly<Record<string, Generator>>): ConnectorRegistry {
  const filesystem: Connector = {
    ...filesystemDescription,
    options: fileOptionSpecs(formats),
    source: filesystemSourceFactory(formats),
  };
  const iceberg: Connector = {
    name: 'iceberg',
    description: 'Tables of an Iceberg catalog.',
    example: '',
    options: [],
    portable: true,
    sink: icebergSinkFactory,
  };
  const all = [filesystem, iceberg, printConnector, blackholeConnector, simulatorConnector(generators)];
  return Object.fromEntries(all.map((connector) => [connector.name, connector]));
}
