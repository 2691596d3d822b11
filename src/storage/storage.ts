/**
 * The storage contract: whole objects under absolute URIs. Writers never rewrite an object: names carry random parts, so that a reader
 * sees either nothing or the whole of it.
 */
export interface Storage {
  /** The whole object. EngineError NOT_FOUND when it isn't there, IO for another fault. */
  read(uri: string): Promise<Uint8Array>;
  /** `[start, end)` of it. */
  readRange(uri: string, start: number, end: number): Promise<Uint8Array>;
  /** Atomic and durable: when it resolves, the object is whole and survives a crash of the machine; before, it is not there at all. */
  write(uri: string, bytes: Uint8Array): Promise<void>;
  /** URIs of all objects below a folder, at any depth, sorted; none when there is no such folder. */
  list(uri: string): Promise<string[]>;
  /** No error when it isn't there. */
  delete(uri: string): Promise<void>;
  exists(uri: string): Promise<boolean>;
}
