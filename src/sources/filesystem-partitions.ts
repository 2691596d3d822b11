/** Partition columns: their values stand in the names of a file's directories. */
import type { FileTable } from '../formats/file-options.ts';
import { partitionValues } from '../formats/partition-path.ts';
import { textConverter } from '../formats/text-convert.ts';
import type { Column } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { SqlValue } from '../model/function.ts';
import { type Field, formatType } from '../model/types.ts';
import { columnOfValues } from '../state/value-column.ts';

export class PartitionReader {
  readonly #partitions: readonly Field[];
  readonly #defaultName: string;
  readonly #where: string;

  constructor({ partitions, defaultPartition, where }: FileTable) {
    this.#partitions = partitions;
    this.#defaultName = defaultPartition;
    this.#where = where;
  }

  /** `rows` times the value that the file's path has of a column; null: it is none of these columns. */
  column(name: string, path: string, rows: number): Column | null {
    const partition = this.#partitions.find((each) => each.name === name);
    if (partition === undefined) return null;
    return columnOfValues(partition.type, new Array<SqlValue>(rows).fill(this.#value(partition, path)));
  }

  #value({ name, type }: Field, path: string): SqlValue {
    const [text] = partitionValues(path, [name], this.#defaultName);
    if (text === null) return null;
    const value = text === undefined ? undefined : textConverter(type)!(isMoment(type.kind) ? momentText(text) : text);
    if (value !== undefined) return value as SqlValue;
    const found = text === undefined ? 'none' : `'${text}'`;
    throw new EngineError(
      'BAD_RECORD',
      `${this.#where}: ${path}: expected a directory ${name}=… with ${formatType(type)}, found ${found}`,
    );
  }
}

/** Java leaves out seconds that are zero. */
function momentText(text: string): string {
  return text.replace('T', ' ').replace(/ (\d\d:\d\d)(Z?)$/, ' $1:00$2');
}

function isMoment(kind: string): boolean {
  return kind === 'timestamp' || kind === 'timestamp_ltz';
}
