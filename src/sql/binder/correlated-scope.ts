/** Names in sight of a sub-query: its own columns, and behind them, where it has no such name, those of the query around it. */
import { type Expression, remapColumns } from '../../model/expression.ts';
import type { Name } from '../ast.ts';
import { type RelationField, Scope } from './scope.ts';

export class CorrelatedScope {
  readonly #inner: Scope;
  readonly #outer: Scope;

  constructor(inner: readonly RelationField[], outer: readonly RelationField[]) {
    this.#inner = new Scope(inner);
    this.#outer = new Scope(outer);
  }

  resolve(name: Name): Expression {
    if (knows(this.#inner.fields, name) || !(knows(this.#outer.fields, name) || this.#isOfOuter(name)))
      return this.#inner.resolve(name);
    const width = this.#inner.fields.length;
    return remapColumns(this.#outer.resolve(name), (column) => width + column);
  }

  /** `table.column` of a table around, whether it has such a column or not. */
  #isOfOuter({ parts: [table, column] }: Name): boolean {
    const isTableOf = ({ fields }: Scope): boolean => fields.some(({ qualifier }) => qualifier === table!.name);
    return column !== undefined && isTableOf(this.#outer) && !isTableOf(this.#inner);
  }
}

/** Whether the name is that of a column (of a ROW, where a field of it is named), or of a table with one of that name. */
export function knows(fields: readonly RelationField[], { parts }: Name): boolean {
  const [first, second] = parts.map(({ name }) => name);
  return fields.some(({ name, qualifier, type }) =>
    second === undefined
      ? name === first
      : (qualifier === first && name === second) || (name === first && type.kind === 'row'),
  );
}
