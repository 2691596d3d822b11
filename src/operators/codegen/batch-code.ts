/** The beginning of generated code over a batch: a builder, and expressions of its row `i` with strings in codes of `pool`. */
import type { SessionContext } from '../../model/function.ts';
import type { Field } from '../../model/types.ts';
import { BatchColumns } from './batch-columns.ts';
import type { BatchVariant } from './batch-variant.ts';
import { CodeBuilder } from './code-builder.ts';
import type { CodeMemo } from './code-memo.ts';
import { ExpressionCode } from './expression-code.ts';

/** `memos` fills up while expressions are written; they have to be synced with the pool before each run. */
export type BatchCode = Readonly<{ builder: CodeBuilder; code: ExpressionCode; memos: readonly CodeMemo[] }>;

export function batchCode(fields: readonly Field[], variant: BatchVariant, session: SessionContext): BatchCode {
  const columnNames = fields.map(({ name }) => name);
  const builder = new CodeBuilder(columnNames);
  const memos: CodeMemo[] = [];
  const code = new ExpressionCode({
    builder,
    wide: variant.wide,
    session,
    columns: new BatchColumns(builder, fields, variant),
    columnNames,
    pool: 'pool',
    addMemo: (memo) => memos.push(memo),
  });
  return { builder, code, memos };
}
