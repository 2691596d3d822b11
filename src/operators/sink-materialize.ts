/**
 * Before an upsert sink whose primary key is not what the stream is updated by: changes of several rows with the sink's key arrive in any
 * order between them. All that are valid are kept, and the sink has the one that came last. Flink's SinkUpsertMaterializer.
 */
import { type Fate, fate } from '../model/account.ts';
import { op } from '../model/column.ts';
import type { SinkMaterializeSpec } from '../model/job-graph.ts';
import { equalRows, keyText, type Row } from '../model/row.ts';
import { type Field, types } from '../model/types.ts';
import { KeyedState, type StateHandle } from '../state/keyed-state.ts';
import { RowOperator } from './rows/row-operator.ts';

const placeField: Field = { name: 'place', type: types.of('int', false) };

export class SinkMaterializeOperator extends RowOperator {
  readonly #spec: SinkMaterializeSpec;
  /** The valid rows of each key in the order of their coming; never empty. */
  #lists!: KeyedState<Row[]>;

  constructor(spec: SinkMaterializeSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
  }

  protected opened(): void {
    const { keys, inputFields, stateTtlMs } = this.#spec;
    this.#lists = new KeyedState<Row[]>(
      {
        name: 'lists',
        keyFields: keys.map((key) => inputFields[key]!),
        valueFields: [placeField, ...inputFields],
        toRows: (list) => list.map((row, place) => [place, ...row]),
        fromRow: (list, [place, ...row]) => {
          const restored = list ?? [];
          restored[place as number] = row;
          return restored;
        },
        clone: (list) => [...list],
      },
      this.ttl(stateTtlMs),
    );
  }

  protected states(): readonly StateHandle[] {
    return [this.#lists];
  }

  protected advance(): void {}

  protected row(change: number, row: Row): Fate {
    const key = keyText(row, this.#spec.keys);
    if (change === op.insert || change === op.updateAfter) this.#add(key, row);
    else this.#retract(key, row);
    return fate.used;
  }

  #add(key: string, row: Row): void {
    const isFirst = this.#lists.get(key) === undefined;
    const list = this.#list(key, row);
    const place = this.#spec.unique === null ? -1 : this.#find(list, row);
    if (place < 0) list.push(row);
    else list[place] = row;
    this.output.add(isFirst ? op.insert : op.updateAfter, row);
  }

  #retract(key: string, row: Row): void {
    const known = this.#lists.get(key);
    const place = known === undefined ? -1 : this.#find(known, row);
    if (known === undefined || place < 0) return; // expired
    if (known.length === 1) {
      this.#lists.delete(key);
      this.output.add(op.delete, row);
      return;
    }
    const list = this.#list(key, row);
    list.splice(place, 1);
    if (place === list.length) this.output.add(op.updateAfter, list[place - 1]!);
  }

  /** To be changed. */
  #list(key: string, row: Row): Row[] {
    const keyRow = this.#spec.keys.map((column) => row[column]!);
    return this.#lists.update(key, keyRow, () => []);
  }

  /** Of rows that are updated by columns, these say which row is meant. */
  #find(list: readonly Row[], row: Row): number {
    const { unique } = this.#spec;
    if (unique === null) return list.findIndex((candidate) => equalRows(candidate, row));
    const wanted = keyText(row, unique);
    return list.findIndex((candidate) => keyText(candidate, unique) === wanted);
  }
}
