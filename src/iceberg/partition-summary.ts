/** What a manifest list says of the partitions in a manifest (spec, `field_summary`). */
import type { PartitionField, PartitionValues } from './partition-spec.ts';
import { compareValues, encodeValue, type SingleValue } from './single-value.ts';

export type PartitionSummary = Readonly<{
  containsNull: boolean;
  containsNan: boolean | null;
  lower: Uint8Array | null;
  upper: Uint8Array | null;
}>;

export function summarizePartitions(
  partitions: readonly PartitionValues[],
  fields: readonly PartitionField[],
): PartitionSummary[] {
  return fields.map((field, index) =>
    summarize(
      field,
      partitions.map((partition) => partition[index] ?? null),
    ),
  );
}

function summarize(field: PartitionField, values: readonly (SingleValue | null)[]): PartitionSummary {
  let lower: SingleValue | null = null;
  let upper: SingleValue | null = null;
  for (const value of values) {
    if (value === null || Number.isNaN(value)) continue;
    if (lower === null || compareValues(value, lower) < 0) lower = value;
    if (upper === null || compareValues(value, upper) > 0) upper = value;
  }
  return {
    containsNull: values.includes(null),
    containsNan: values.some((value) => Number.isNaN(value)),
    lower: lower === null ? null : encodeValue(field.type, lower),
    upper: upper === null ? null : encodeValue(field.type, upper),
  };
}
