/**
 * State as it is written: tables of rows, so that a snapshot describes itself and can be restored at another parallelism or checked
 * against a changed query.
 */
import type { ColumnBatch } from './column.ts';
import type { Field } from './types.ts';

/**
 * A state table. With `keyColumns` = k > 0 the first k columns are the key: a row belongs to the key group of their hash
 * (state/key-group.ts) and goes to the subtask that owns it. With 0 the rows belong to no key and every subtask gets all of them (a
 * watermark: take the least).
 */
export type StateTableFields = Readonly<{ table: string; keyColumns: number; fields: readonly Field[] }>;

/** Some rows of one state table. */
export type StateChunk = StateTableFields & Readonly<{ batch: ColumnBatch }>;
