/** Every connector there is, by name. The simulator's generators lie above and are handed in. */

import { fileOptionSpecs, filesystemDescription } from '../formats/file-options.ts';
import { formats } from '../formats/registry.ts';
import { kafkaDescription, kafkaOptionSpecs, upsertKafkaDescription } from '../kafka/connector-options.ts';
import type { Connector, ConnectorRegistry } from '../model/connector.ts';
import type { Generator } from '../model/generator.ts';
import { blackholeConnector } from '../sinks/blackhole.ts';
import { filesystemSinkFactory } from '../sinks/filesystem.ts';
import { icebergSinkFactory } from '../sinks/iceberg.ts';
import { kafkaSinkFactory } from '../sinks/kafka.ts';
import { printConnector } from '../sinks/print.ts';
import { datagenConnector } from '../sources/datagen.ts';
import { filesystemSourceFactory } from '../sources/filesystem.ts';
import { icebergLookupFactory } from '../sources/iceberg-lookup.ts';
import { iterableConnector } from '../sources/iterable.ts';
import { jdbcConnector } from '../sources/jdbc-lookup.ts';
import { kafkaSourceFactory } from '../sources/kafka.ts';
import { nexmarkConnector } from '../sources/nexmark.ts';
import { scanLookup } from '../sources/scan-lookup.ts';
import { simulatorConnector } from '../sources/simulator.ts';

/** Of the generators `nexmark` is a connector of its own, the others are scenarios of the simulator. */
export function createConnectors(generators: Readonly<Record<string, Generator>>): ConnectorRegistry {
  const { nexmark, ...scenarios } = generators;
  const filesystem: Connector = {
    ...filesystemDescription,
    options: fileOptionSpecs(formats),
    source: filesystemSourceFactory(formats),
    lookup: scanLookup(filesystemSourceFactory(formats)),
    sink: filesystemSinkFactory(formats),
  };
  const kafka: Connector = {
    ...kafkaDescription,
    options: kafkaOptionSpecs('kafka', formats),
    source: kafkaSourceFactory(formats),
    sink: kafkaSinkFactory(formats),
  };
  const upsertKafka: Connector = {
    ...kafka,
    ...upsertKafkaDescription,
    options: kafkaOptionSpecs('upsert-kafka', formats),
  };
  const iceberg: Connector = {
    name: 'iceberg',
    description:
      'Tables of an Iceberg catalog: written exactly once, a snapshot a checkpoint. Made by CREATE CATALOG, not by a WITH of their own.',
    example: `CREATE CATALOG lake WITH (
  'type' = 'iceberg',
  'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog',
  'uri' = 'jdbc:sqlite:lake.db',
  'warehouse' = 'file:///tmp/warehouse'
)`,
    options: [],
    portable: true,
    lookup: icebergLookupFactory,
    sink: icebergSinkFactory,
  };
  const all = [
    kafka,
    upsertKafka,
    filesystem,
    iceberg,
    datagenConnector,
    printConnector,
    blackholeConnector,
    jdbcConnector,
    simulatorConnector(scenarios),
    ...(nexmark === undefined ? [] : [nexmarkConnector(nexmark)]),
    iterableConnector(formats.json),
  ];
  return Object.fromEntries(all.map((connector) => [connector.name, connector]));
}
