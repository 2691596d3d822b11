/** Objects of this thread's memory, for tests and for jobs that keep nothing. */
import { EngineError } from '../model/errors.ts';
import type { Storage } from './storage.ts';

export class MemoryStorage implements Storage {
  readonly #objects = new Map<string, Uint8Array>();

  async read(uri: string): Promise<Uint8Array> {
    const bytes = this.#objects.get(uri);
    if (bytes === undefined) throw new EngineError('NOT_FOUND', `${uri}: there is no such object`);
    return bytes;
  }

  async readRange(uri: string, start: number, end: number): Promise<Uint8Array> {
    return (await this.read(uri)).subarray(start, end);
  }

  async write(uri: string, bytes: Uint8Array): Promise<void> {
    this.#objects.set(uri, bytes.slice());
  }

  async list(uri: string): Promise<string[]> {
    return [...this.#objects.keys()].filter((key) => key.startsWith(`${uri}/`)).sort();
  }

  async delete(uri: string): Promise<void> {
    this.#objects.delete(uri);
  }

  async exists(uri: string): Promise<boolean> {
    return this.#objects.has(uri);
  }
}
