/** Builds one JavaScript function from text: names that can't clash, captured constants, lines, and what to say when it fails. */
import { assert } from '../../model/errors.ts';
import type { Expression } from '../../model/expression.ts';
import { locatedError } from './located-error.ts';

export class CodeBuilder {
  readonly #columnNames: readonly string[];
  readonly #captured = new Map<string, unknown>();
  readonly #lines: string[] = [];
  readonly #hoisted: string[] = [];
  readonly #sites: Expression[] = [];
  #names = 0;

  /** The names of the columns that expressions read, for messages; needed where code has sites. */
  constructor(columnNames: readonly string[] = []) {
    this.#columnNames = columnNames;
  }

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

  /** Notes that what follows belongs to `expression`: should it fail, the error says so. */
  site(expression: Expression): void {
    this.#sites.push(expression);
    this.line(`site = ${this.#sites.length - 1};`);
  }

  /** Runs `make` with lines going to a text of their own, for branches. */
  block(make: () => void): string {
    const before = this.#lines.length;
    make();
    return this.#lines.splice(before).join('\n');
  }

  /** The function, its parameters by name. `title` shows in stack traces and profiles. */
  build<T>(title: string, parameters: readonly string[]): T {
    const body = [...this.#hoisted, this.#guarded(this.#lines.join('\n'))].join('\n');
    const names = [...this.#captured.keys()];
    const text = `'use strict';\nreturn function ${title}(${parameters.join(', ')}) {\n${body}\n};`;
    const factory = new Function(...names, text) as (...values: unknown[]) => T;
    return factory(...this.#captured.values());
  }

  /** `site` is a plain local variable: setting it costs next to nothing, and only a failure reads it. */
  #guarded(lines: string): string {
    if (this.#sites.length === 0) return lines;
    const [sites, names] = [this.#sites, this.#columnNames];
    const locate = this.capture('locate', (error: unknown, site: number) => locatedError(error, sites[site]!, names));
    return `let site = 0;\ntry {\n${lines}\n} catch (error) {\nthrow ${locate}(error, site);\n}`;
  }
}
