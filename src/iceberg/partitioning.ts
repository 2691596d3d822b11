/** The partition spec of a new table: PARTITIONED BY (identity, as in Flink), or the option `millrace.partitioning`. */
import { EngineError } from '../model/errors.ts';
import { isPrimitive } from './iceberg-type.ts';
import { firstPartitionFieldId, type PartitionFieldJson, type PartitionSpecJson } from './partition-spec.ts';
import { parseSchema, type Schema, type SchemaJson } from './schema.ts';
import { formatTransform, parseTransform, resultType, type Transform } from './transform.ts';

export const partitioningOption = 'millrace.partitioning';

type Term = Readonly<{ column: string; transform: Transform }>;

export function partitionSpecOf(
  schemaJson: SchemaJson,
  partitionedBy: readonly string[],
  partitioning: string | undefined,
): PartitionSpecJson {
  if (partitioning !== undefined && partitionedBy.length > 0) {
    throw new EngineError('INVALID_OPTION', `expected PARTITIONED BY or '${partitioningOption}', got both`);
  }
  const terms =
    partitioning === undefined
      ? partitionedBy.map((column): Term => ({ column, transform: { kind: 'identity' } }))
      : parsePartitioning(partitioning);
  const schema = parseSchema(schemaJson);
  const fields = terms.map((term, index) => fieldOf(term, firstPartitionFieldId + index, schema));
  const twice = fields.find((field, index) => fields.findIndex((other) => other.name === field.name) < index);
  if (twice !== undefined) throw invalid(`'${twice.name}' stands twice`);
  return { 'spec-id': 0, fields };
}

function fieldOf(term: Term, id: number, schema: Schema): PartitionFieldJson {
  const source = schema.fields.find((field) => field.name === term.column);
  if (source === undefined) {
    throw new EngineError('SQL_VALIDATION', `partition column '${term.column}': the table has no such column`);
  }
  if (!isPrimitive(source.type))
    throw new EngineError('UNSUPPORTED', `partition column '${term.column}': it is nested`);
  resultType(term.transform, source.type, `partition column '${term.column}'`);
  const name = nameOf(term);
  if (term.transform.kind !== 'identity' && schema.fields.some((field) => field.name === name)) {
    throw new EngineError('SQL_VALIDATION', `partition field '${name}': a column has this name`);
  }
  return { name, transform: formatTransform(term.transform), 'source-id': source.id, 'field-id': id };
}

/** The names that Iceberg's PartitionSpec.Builder gives. */
function nameOf({ column, transform }: Term): string {
  switch (transform.kind) {
    case 'identity':
      return column;
    case 'truncate':
      return `${column}_trunc`;
    case 'void':
      return `${column}_null`;
    default:
      return `${column}_${transform.kind}`;
  }
}

/** `day(ts), bucket(16, id), truncate(4, name), region`: as Spark writes transforms. */
function parsePartitioning(text: string): Term[] {
  const terms: Term[] = [];
  const form = /\s*(?:([a-z]+)\s*\(\s*(?:(\d+)\s*,\s*)?(`[^`]+`|[\w.$-]+)\s*\)|(`[^`]+`|[\w.$-]+))\s*(?:,|$)/iy;
  while (form.lastIndex < text.length) {
    const at = form.lastIndex;
    const match = form.exec(text);
    if (match === null) throw invalid(`'${text.slice(at)}'`);
    const column = (match[3] ?? match[4])!.replaceAll('`', '');
    const name = (match[1] ?? 'identity').toLowerCase().replace(/^(year|month|day|hour)s$/, '$1');
    terms.push({ column, transform: parseTransform(match[2] === undefined ? name : `${name}[${match[2]}]`) });
  }
  return terms;
}

function invalid(got: string): EngineError {
  return new EngineError(
    'INVALID_OPTION',
    `'${partitioningOption}': expected such as 'day(ts), bucket(16, id)', got ${got}`,
  );
}
