/** Reads a mapping field by field; each fault names the field's path, its line, what was expected and what was found. */
import { EngineError, type Position } from '../model/errors.ts';
import { nearest } from '../model/options.ts';
import type { YamlDocument, YamlPath } from './yaml-document.ts';

export class YamlMap {
  readonly #document: YamlDocument;
  readonly #where: string;
  readonly #path: YamlPath;
  readonly #values: Readonly<Record<string, unknown>>;

  /** Of the whole document, or of what stands at `path`. */
  constructor(document: YamlDocument, where: string, path: YamlPath = [], below?: unknown) {
    const value = path.length === 0 ? document.value : below;
    this.#document = document;
    this.#where = where;
    this.#path = path;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#fault([], 'a mapping', value);
    this.#values = value as Readonly<Record<string, unknown>>;
  }

  /** Refuses every field that is not among these. */
  allow(fields: readonly string[]): this {
    const [first] = this.unknown(fields);
    if (first !== undefined) throw first;
    return this;
  }

  /** A fault for every field that is not among these. */
  unknown(fields: readonly string[]): EngineError[] {
    const keys = Object.keys(this.#values).filter((key) => !fields.includes(key));
    return keys.map((key) => {
      const near = nearest(key, fields);
      const position = this.#document.keyPositionOf([...this.#path, key]);
      return new EngineError('INVALID_OPTION', `${this.#at([key], position)}: unknown field`, {
        hint: near === undefined ? `Known fields: ${fields.join(', ')}.` : `Did you mean '${near}'?`,
        position,
      });
    });
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null;
  }

  keys(): string[] {
    return Object.keys(this.#values);
  }

  /** Whether a mapping stands there. */
  isMap(key: string): boolean {
    const value = this.#values[key];
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  }

  isList(key: string): boolean {
    return Array.isArray(this.#values[key]);
  }

  map(key: string): YamlMap {
    return new YamlMap(this.#document, this.#where, [...this.#path, key], this.#values[key]);
  }

  string(key: string, options: Readonly<{ pattern?: RegExp; expected?: string }> = {}): string {
    const value = this.#values[key];
    const { pattern = /^[\s\S]/, expected = 'a text' } = options;
    if (typeof value !== 'string' || !pattern.test(value)) throw this.fault(key, expected);
    return value;
  }

  optionalString(key: string): string | undefined {
    return this.has(key) ? this.string(key) : undefined;
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T {
    const value = this.#values[key];
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw this.fault(key, values.map((v) => `'${v}'`).join(' or '));
    return found;
  }

  optionalInteger(key: string, min: number, max: number): number | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#values[key];
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw this.fault(key, `a whole number from ${min} to ${max}`);
  }

  optionalBoolean(key: string): boolean | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#values[key];
    if (typeof value !== 'boolean') throw this.fault(key, 'true or false');
    return value;
  }

  /** A scalar as a person wrote it, as text: `1m`, `5`, `true`. */
  optionalScalar(key: string): string | undefined {
    const value = this.#values[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'object') throw this.fault(key, 'a single value');
    return String(value);
  }

  /** Scalars, as text. */
  list(key: string): readonly string[] {
    if (!this.has(key)) return [];
    const value = this.#values[key];
    if (!Array.isArray(value) || value.some((item) => typeof item === 'object'))
      throw this.fault(key, 'a list of texts');
    return value.map(String);
  }

  /** The error for a field whose value is not as expected. `found` where it is not the value itself. */
  fault(key: string, expected: string, hint?: string): EngineError {
    return this.#fault([key], expected, this.#values[key], hint);
  }

  #fault(below: YamlPath, expected: string, found: unknown, hint?: string): EngineError {
    const text = found === undefined ? 'nothing' : JSON.stringify(found);
    return new EngineError('INVALID_OPTION', `${this.#at(below)}: expected ${expected}, found ${text}`, {
      position: this.#document.positionOf([...this.#path, ...below]),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #at(below: YamlPath, at?: Position): string {
    const path = [...this.#path, ...below];
    const position = at ?? this.#document.positionOf(path);
    const line = position === undefined ? '' : `, line ${position.line}`;
    return `${this.#where}${line}${path.length === 0 ? '' : `: ${path.join('.')}`}`;
  }
}
