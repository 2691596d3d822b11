/** Calls of aggregates as text. */
import type { AggregateCall } from '../model/plan.ts';
import type { Field } from '../model/types.ts';
import { formatName } from './format-expression.ts';

export function formatAggregate({ name, args, distinct, filter }: AggregateCall, fields: readonly Field[]): string {
  const list = args.length === 0 ? '*' : args.map((arg) => formatName(fields[arg]!.name)).join(', ');
  const where = filter === null ? '' : ` FILTER (WHERE ${formatName(fields[filter]!.name)})`;
  return `${name}(${distinct ? 'DISTINCT ' : ''}${list})${where}`;
}
