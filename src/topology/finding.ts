/** What a check of a topology finds: all of it at once, each with its place. */

import type { YamlDocument, YamlPath } from '../job/yaml-document.ts';
import { EngineError, isEngineError, type Position } from '../model/errors.ts';

/** An `error` stops everything; a `warning` is said, and things go on. */
export type Finding = Readonly<{
  severity: 'error' | 'warning';
  /** Of the file, the line and the field; then what was expected and what was found. */
  message: string;
  hint: string | undefined;
  position: Position | undefined;
}>;

/** Collects findings, so that one fault does not hide the next. */
export class Findings {
  readonly #document: YamlDocument;
  readonly #where: string;
  readonly #found: Finding[] = [];

  constructor(document: YamlDocument, where: string) {
    this.#document = document;
    this.#where = where;
  }

  /** What `read` gives, or `otherwise` where it fails with a fault of the file. */
  take<T>(read: () => T, otherwise: T): T {
    try {
      return read();
    } catch (error) {
      if (!isEngineError(error) || error.code !== 'INVALID_OPTION') throw error;
      const { message, hint, position } = error;
      this.#found.push({ severity: 'error', message, hint, position });
      return otherwise;
    }
  }

  error(path: YamlPath, text: string, hint?: string): void {
    this.#add('error', path, text, hint);
  }

  warning(path: YamlPath, text: string, hint?: string): void {
    this.#add('warning', path, text, hint);
  }

  /** By place. */
  all(): readonly Finding[] {
    const start = ({ position }: Finding): number => position?.start ?? 0;
    return this.#found.toSorted((a, b) => start(a) - start(b));
  }

  #add(severity: Finding['severity'], path: YamlPath, text: string, hint: string | undefined): void {
    const position = this.#document.keyPositionOf(path) ?? this.#document.positionOf(path);
    const line = position === undefined ? '' : `, line ${position.line}`;
    this.#found.push({ severity, message: `${this.#where}${line}: ${path.join('.')}: ${text}`, hint, position });
  }
}

/** The first error among findings, to be thrown; the others are counted. */
export function firstError(findings: readonly Finding[]): EngineError | null {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return null;
  const others = errors.length === 1 ? '' : ` (and ${errors.length - 1} more: millrace topology lint shows all)`;
  return new EngineError('INVALID_OPTION', `${first.message}${others}`, {
    hint: first.hint,
    position: first.position,
    details: errors,
  });
}
