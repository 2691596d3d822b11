/** Expressions that a sub-query computes as its columns, each once. */
import type { SelectItem, SqlExpression } from '../ast.ts';
import { textOf } from './expression-text.ts';

export class InnerColumns {
  readonly items: SelectItem[] = [];
  readonly #names = new Map<string, string>();

  /** The column in the expression's place. Constants stay where they are. */
  of(expression: SqlExpression): SqlExpression {
    if (expression.kind === 'literal') return expression;
    const { position } = expression;
    const text = textOf(expression);
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `$${this.items.length}`;
      this.#names.set(text, name);
      this.items.push({ kind: 'expression', expression, alias: { name, position }, position });
    }
    return { kind: 'name', name: { parts: [{ name, position }], position }, position };
  }
}
