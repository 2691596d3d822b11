/** OVER: which operator a window needs. */
import type { OverSpec } from '../../model/job-graph.ts';
import type { Operator } from '../../model/operator.ts';
import { ChangingOverOperator } from './changing-over.ts';
import { ProctimeOverOperator } from './proctime-over.ts';
import { ProctimeRangeOverOperator } from './proctime-range-over.ts';
import { RowtimeOverOperator } from './rowtime-over.ts';

export function overOperator(spec: OverSpec): Operator {
  if (spec.time === 'rowtime') return new RowtimeOverOperator(spec);
  if (spec.time === null) return new ChangingOverOperator(spec);
  const isRange = spec.frame.unit === 'range' && spec.frame.preceding !== null;
  return isRange ? new ProctimeRangeOverOperator(spec) : new ProctimeOverOperator(spec);
}
