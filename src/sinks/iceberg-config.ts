/** What writers and the committer of an Iceberg sink are told: plain data, made on the main thread from the table as it is now. */
import type { MetricsMode, ParquetCodec, ParquetType } from '../formats/parquet-column.ts';
import { formatPrimitive, type IcebergType, isPrimitive } from '../iceberg/iceberg-type.ts';
import { bindSpec, type PartitionField } from '../iceberg/partition-spec.ts';
import { type Schema, toIcebergType } from '../iceberg/schema.ts';
import { currentSchema, specOf, type TableMetadata } from '../iceberg/table-metadata.ts';
import { locateTable, openLocated, requireTable, type TableLocator } from '../iceberg/table-options.ts';
import { checkWritable, codecOf, dataLocation, metricsModeOf, targetFileBytes } from '../iceberg/table-properties.ts';
import type { ConnectorContext } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import { formatPath, sinkRowOf, type TableDefinition } from '../model/table.ts';
import { type DataType, formatType } from '../model/types.ts';
import { storageOf } from '../storage/scheme-storage.ts';

/** A column as it comes, and as it goes into files. */
export type IcebergColumn = Readonly<{
  name: string;
  fieldId: number;
  required: boolean;
  source: DataType;
  type: ParquetType;
  metrics: MetricsMode;
}>;

/** A partition field and the place of its column in the batch. */
export type IcebergPartitionField = Readonly<{ column: number; field: PartitionField }>;

export type IcebergSinkConfig = Readonly<{
  table: TableLocator;
  /** For messages. */
  tableName: string;
  tableUuid: string;
  schemaId: number;
  specId: number;
  columns: readonly IcebergColumn[];
  partition: readonly IcebergPartitionField[];
  dataLocation: string;
  codec: ParquetCodec;
  targetFileBytes: number;
}>;

export async function planIcebergSink(table: TableDefinition, ctx: ConnectorContext): Promise<IcebergSinkConfig> {
  const locator = locateTable(table);
  const catalog = await openLocated(locator, ctx);
  try {
    return configOf(table, locator, await requireTable(catalog, locator.identifier));
  } finally {
    await catalog.close();
  }
}

function configOf(table: TableDefinition, locator: TableLocator, metadata: TableMetadata): IcebergSinkConfig {
  const tableName = formatPath(table.path);
  const where = `table ${tableName}`;
  const properties = metadata.properties ?? {};
  checkWritable({ ...properties, 'format-version': String(metadata['format-version']) }, where);
  storageOf(metadata.location);
  const schema = currentSchema(metadata);
  const columns = sinkRowOf(table).map(({ name, type }, index) => {
    const mode = metricsModeOf(properties, name, index);
    return columnOf(schema, name, type, mode, where);
  });
  checkRequired(schema, columns, where);
  const specId = metadata['default-spec-id'] ?? 0;
  return {
    table: locator,
    tableName,
    tableUuid: metadata['table-uuid'],
    schemaId: schema.id,
    specId,
    columns,
    partition: partitionOf(metadata, schema, specId, columns, where),
    dataLocation: dataLocation(metadata),
    codec: codecOf(properties, where),
    targetFileBytes: targetFileBytes(properties),
  };
}

function columnOf(schema: Schema, name: string, source: DataType, metrics: MetricsMode, where: string): IcebergColumn {
  const field = schema.fields.find((candidate) => candidate.name === name);
  if (field === undefined) {
    throw new EngineError('SQL_VALIDATION', `${where}: column '${name}': the Iceberg table has none of this name`);
  }
  const type = parquetTypeOf(field.type);
  if (type === null) {
    const text = isPrimitive(field.type) ? formatPrimitive(field.type) : field.type.kind;
    throw new EngineError('UNSUPPORTED', `${where}: column '${name}': Millrace does not write Iceberg's ${text}`);
  }
  const given = toIcebergType(source, `${where}: column '${name}'`);
  if (formatPrimitive(given) !== formatPrimitive(type)) {
    const got = `${formatType(source)}, which is Iceberg's ${formatPrimitive(given)}`;
    throw new EngineError(
      'SQL_VALIDATION',
      `${where}: column '${name}': expected ${formatPrimitive(type)}, got ${got}`,
    );
  }
  return { name, fieldId: field.id, required: field.required, source, type, metrics };
}

/** null for a type that files are not written with. */
function parquetTypeOf(type: IcebergType): ParquetType | null {
  switch (type.kind) {
    case 'struct':
    case 'list':
    case 'map':
    case 'uuid':
    case 'fixed':
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return null;
    case 'decimal':
      return type;
    default:
      return { kind: type.kind };
  }
}

function checkRequired(schema: Schema, columns: readonly IcebergColumn[], where: string): void {
  const missing = schema.fields.find(
    (field) => field.required && !columns.some((column) => column.fieldId === field.id),
  );
  if (missing === undefined) return;
  throw new EngineError(
    'SQL_VALIDATION',
    `${where}: column '${missing.name}' is required and the table definition has none`,
  );
}

function partitionOf(
  metadata: TableMetadata,
  schema: Schema,
  specId: number,
  columns: readonly IcebergColumn[],
  where: string,
): IcebergPartitionField[] {
  return bindSpec(specOf(metadata, specId), schema).map((field) => {
    const column = columns.findIndex((candidate) => candidate.fieldId === field.sourceId);
    if (column >= 0 || field.transform.kind === 'void') return { column: Math.max(0, column), field };
    throw new EngineError('SQL_VALIDATION', `${where}: partition field '${field.name}': its column is not written`);
  });
}
