import { type EngineError, isEngineError } from '../model/errors.ts';

/** Collects what is wrong with a file, so that one fault does not hide the next. */
export class YamlFaults {
  readonly #found: EngineError[] = [];

  /** What `read` gives. Where it fails with a fault of the file: nothing, and what is made of it has to be thrown away (`first`). */
  take<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!isEngineError(error) || error.code !== 'INVALID_OPTION') throw error;
      this.#found.push(error);
      return undefined as never;
    }
  }

  add(faults: readonly EngineError[]): void {
    this.#found.push(...faults);
  }

  /** By place. */
  get all(): readonly EngineError[] {
    const start = ({ position }: EngineError): number => position?.start ?? 0;
    return this.#found.toSorted((a, b) => start(a) - start(b));
  }
}
