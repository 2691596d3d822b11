/**
 * Which files can hold rows that a predicate keeps: by partition (inclusive projection, spec "Scan Planning") and by column metrics.
 * When in doubt a file stays.
 */
import type { DataFile } from './data-file.ts';
import type { PrimitiveType } from './iceberg-type.ts';
import type { ManifestFile } from './manifest-list.ts';
import type { PartitionField } from './partition-spec.ts';
import { compareValues, decodeValue, type SingleValue } from './single-value.ts';
import { applyTransform } from './transform.ts';

export type Comparison = '=' | '<' | '<=' | '>' | '>=';

/** `column comparison value`. All predicates of a scan have to hold. */
export type ScanPredicate = Readonly<{
  fieldId: number;
  type: PrimitiveType;
  comparison: Comparison;
  value: SingleValue;
}>;

export function fileMayMatch(
  file: DataFile,
  fields: readonly PartitionField[],
  predicates: readonly ScanPredicate[],
): boolean {
  return predicates.every(
    (predicate) =>
      metricsMayMatch(file, predicate) &&
      fields.every((field, index) => partitionMayMatch(field, file.partition[index] ?? null, predicate)),
  );
}

function metricsMayMatch(file: DataFile, predicate: ScanPredicate): boolean {
  const { fieldId, type } = predicate;
  const [values, nulls] = [file.valueCounts.get(fieldId), file.nullCounts.get(fieldId)];
  if (values !== undefined && nulls === values) return false; // a comparison with NULL keeps nothing
  if (isFloating(type) && file.nanCounts.get(fieldId) !== 0) return true; // bounds leave NaN out, SQL has it above all
  const lower = file.lowerBounds.get(fieldId);
  const upper = file.upperBounds.get(fieldId);
  return rangeMayMatch(
    predicate.comparison,
    lower === undefined ? null : decodeValue(type, lower),
    upper === undefined ? null : decodeValue(type, upper),
    predicate.value,
  );
}

function partitionMayMatch(field: PartitionField, value: SingleValue | null, predicate: ScanPredicate): boolean {
  const projected = project(field, predicate);
  if (projected === null) return true;
  return value !== null && rangeMayMatch(projected.comparison, value, value, projected.value);
}

export function manifestMayMatch(
  manifest: ManifestFile,
  fields: readonly PartitionField[],
  predicates: readonly ScanPredicate[],
): boolean {
  const { partitions } = manifest;
  if (partitions === null) return true;
  return predicates.every((predicate) =>
    fields.every((field, index) => {
      const projected = project(field, predicate);
      const summary = partitions[index];
      if (projected === null || summary === undefined) return true;
      if (summary.lower === null || summary.upper === null) return false; // only NULL
      const [lower, upper] = [decodeValue(field.type, summary.lower), decodeValue(field.type, summary.upper)];
      return rangeMayMatch(projected.comparison, lower, upper, projected.value);
    }),
  );
}

/**
 * What a predicate on a column means for a partition field of it; null when it means nothing. Order-preserving transforms turn `<` into
 * `<=` of the transformed value; a bucket keeps only equality.
 */
function project(
  field: PartitionField,
  { fieldId, type, comparison, value }: ScanPredicate,
): Readonly<{ comparison: Comparison; value: SingleValue }> | null {
  if (field.sourceId !== fieldId || field.transform.kind === 'void' || isFloating(type)) return null;
  if (field.transform.kind === 'bucket' && comparison !== '=') return null;
  if (field.transform.kind === 'identity') return { comparison, value };
  const transformed = applyTransform(field.transform, field.sourceType, value);
  if (transformed === null || (comparison !== '=' && mayWrap(field, comparison, value, transformed))) return null;
  const inclusive = comparison === '<' ? '<=' : comparison === '>' ? '>=' : comparison;
  return { comparison: inclusive, value: transformed };
}

/**
 * Truncated integers below the least multiple of their type wrap around to the greatest partition: of such a value's neighbours the
 * order says nothing, and a file of the smallest values may lie above all others.
 */
function mayWrap(
  { transform }: PartitionField,
  comparison: Comparison,
  value: SingleValue,
  truncated: SingleValue,
): boolean {
  if (transform.kind !== 'truncate' || (typeof value !== 'bigint' && typeof value !== 'number')) return false;
  return comparison === '<' || comparison === '<=' || compareValues(truncated, value) > 0;
}

function isFloating(type: PrimitiveType): boolean {
  return type.kind === 'float' || type.kind === 'double';
}

/** Whether a value within [lower, upper] can compare so; null is unbounded. */
function rangeMayMatch(
  comparison: Comparison,
  lower: SingleValue | null,
  upper: SingleValue | null,
  value: SingleValue,
): boolean {
  const belowLower = lower === null ? -1 : compareAsSql(lower, value); // > 0: all values are above
  const aboveUpper = upper === null ? 1 : compareAsSql(upper, value); // < 0: all values are below
  switch (comparison) {
    case '=':
      return belowLower <= 0 && aboveUpper >= 0;
    case '<':
      return belowLower < 0;
    case '<=':
      return belowLower <= 0;
    case '>':
      return aboveUpper > 0;
    case '>=':
      return aboveUpper >= 0;
  }
}

/** −0 is 0 in SQL. */
function compareAsSql(a: SingleValue, b: SingleValue): number {
  return a === b ? 0 : compareValues(a, b);
}
