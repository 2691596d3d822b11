/** The connector of a table. */
import type { Connector, ConnectorRegistry, LookupFactory, SinkFactory, SourceFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import { nearest } from '../model/options.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';

type Role = 'source' | 'sink' | 'lookup';
type Factories = { source: SourceFactory; sink: SinkFactory; lookup: LookupFactory };

const refusals: Readonly<Record<Role, string>> = {
  source: 'used as a source: its tables are only written, or looked up',
  sink: 'used as a sink: its tables are only read',
  lookup: 'looked up',
};

/** The table's connector, which can do what is asked. INVALID_OPTION: there is none of that name; SQL_VALIDATION: it can't. */
export function connectorOf<R extends Role>(
  table: TableDefinition,
  role: R,
  connectors: ConnectorRegistry,
): Connector & { readonly [K in R]: Factories[K] } {
  const where = `table ${formatPath(table.path)}`;
  const name = table.options.get('connector');
  const known = Object.keys(connectors).sort();
  if (name === undefined) {
    throw new EngineError('INVALID_OPTION', `${where}: expected an option 'connector', found none`, {
      hint: `Connectors: ${known.join(', ')}.`,
    });
  }
  const connector = Object.hasOwn(connectors, name) ? connectors[name] : undefined;
  if (connector === undefined) {
    const near = nearest(name, known);
    throw new EngineError('INVALID_OPTION', `${where}: unknown connector '${name}'`, {
      hint: near === undefined ? `Connectors: ${known.join(', ')}.` : `Did you mean '${near}'?`,
    });
  }
  if (connector[role] === undefined) {
    const usable = known.filter((candidate) => connectors[candidate]![role] !== undefined);
    throw new EngineError('SQL_VALIDATION', `${where}: connector '${name}' can't be ${refusals[role]}`, {
      hint: `Connectors that can: ${usable.join(', ')}.`,
    });
  }
  return connector as Connector & { readonly [K in R]: Factories[K] };
}
