/** Builds one JavaScript function from text: names that can't clash, captured constants, indented lines. */
import { assert } from '../../model/errors.ts';

export class CodeBuilder {
  readonly #captured = new Map<string, unknown>();
  readonly #lines: string[] = [];
  readonly #hoisted: string[] = [];
  #names = 0;

  /** A name that nothing else in this function has. */
  name(prefix: string): string {
    this.#names++;
    return `${prefix}${this.#names}`;
  }

  /** Makes a value reachable in the code and gives its name. */
  capture(prefix: string, value: unknown): string {
    for (const [name, known] of this.#captured) if (known === value && name.startsWith(prefix)) return name;
    const name = this.name(`${prefix}_`);
    this.#captured.set(name, value);
    return name;
  }

  /** Makes values reachable under names of their own. */
  captureAs(values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) {
      const known = this.#captured.get(name);
      assert(known === undefined || known === value, () => `two helpers of generated code are both named ${name}`);
      this.#captured.set(name, value);
    }
  }

  line(text: string): void {
    this.#lines.push(text);
  }

  /** A line at the function's beginning, before any loop. */
  hoist(text: string): void {
    this.#hoisted.push(text);
  }

  /** Runs `make` with lines going to a text of their own, for branches. */
  block(make: () => void): string {
    const before = this.#lines.length;
    make();
    return this.#lines.splice(before).join('\n');
  }

  /** The function, its parameters by name. `title` shows in stack traces and profiles. */
  build<T>(title: string, parameters: readonly string[]): T {
    const names = [...this.#captured.keys()];
    const body = `'use strict';\nreturn function ${title}(${parameters.join(', ')}) {\n${[...this.#hoisted, ...this.#lines].join('\n')}\n};`;
    const factory = new Function(...names, body) as (...values: unknown[]) => T;
    return factory(...this.#captured.values());
  }
}
