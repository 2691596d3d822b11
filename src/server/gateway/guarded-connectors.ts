/** Connectors whose tables name only files of allowed places: every table passes by here before anything is opened. */
import type { Connector, ConnectorRegistry, LookupFactory, SinkFactory, SourceFactory } from '../../model/connector.ts';
import { formatPath, type TableDefinition } from '../../model/table.ts';
import type { AllowedPlaces } from './allowed-places.ts';

export function guardedConnectors(registry: ConnectorRegistry, places: AllowedPlaces): ConnectorRegistry {
  return Object.fromEntries(Object.entries(registry).map(([name, one]) => [name, guarded(one, places)]));
}

/** Prototypes stay in the chain: a connector may be an instance of a class. */
function guarded(connector: Connector, places: AllowedPlaces): Connector {
  const { source, sink, lookup } = connector;
  return {
    ...connector,
    ...(source === undefined ? {} : { source: checked<SourceFactory>(source, places) }),
    ...(sink === undefined ? {} : { sink: checked<SinkFactory>(sink, places) }),
    ...(lookup === undefined ? {} : { lookup: checked<LookupFactory>(lookup, places) }),
  };
}

type Planner = { plan(table: TableDefinition, ...rest: never[]): unknown };

function checked<T extends object>(factory: T, places: AllowedPlaces): T {
  const plan = (factory as unknown as Planner).plan;
  return Object.create(factory, {
    plan: {
      value: (table: TableDefinition, ...rest: never[]): unknown => {
        places.check(table.options, `table ${formatPath(table.path)}`);
        return plan.call(factory, table, ...rest);
      },
    },
  }) as T;
}
