/** `table.exec.sink.type-length-enforcer` and `table.exec.sink.nested-constraint-enforcer`: what a sink asks of the values in its row. */
import { EngineError } from '../model/errors.ts';
import type { ContentRule } from '../model/job-graph.ts';
import type { Options } from '../model/options.ts';
import { sinkRowOf, type TableDefinition } from '../model/table.ts';

const nestedKey = 'table.exec.sink.nested-constraint-enforcer';
const lengthKey = 'table.exec.sink.type-length-enforcer';

/** `trims`: values are cut and filled up; within rows, too. `rule`: what is looked at row by row; null: nothing. */
export type SinkContent = Readonly<{ trims: boolean; trimsWithin: boolean; rule: ContentRule | null }>;

/** Throws SQL_VALIDATION for settings that exclude each other. */
export function sinkContent(table: TableDefinition, settings: Options): SinkContent {
  const nested = settings.string(nestedKey);
  const enforcer = settings.string(lengthKey);
  const trims = enforcer === 'TRIM_PAD';
  if (trims && nested === 'ROWS_AND_COLLECTIONS') {
    throw new EngineError(
      'SQL_VALIDATION',
      `'${lengthKey}' = 'TRIM_PAD' and '${nestedKey}' = '${nested}' exclude each other`,
      {
        hint: "Values within arrays and maps are neither cut nor filled up: set the one to 'ERROR' or the other to 'ROWS'.",
      },
    );
  }
  const lengths = enforcer === 'ERROR';
  const types = sinkRowOf(table).map(({ type }) => type);
  const within = ({ ROWS: 'rows', ROWS_AND_COLLECTIONS: 'rows_and_collections' } as const)[nested] ?? 'nothing';
  const rule: ContentRule | null = !lengths && within === 'nothing' ? null : { types, lengths, within };
  return { trims, trimsWithin: trims && within === 'rows', rule };
}
