/** One of the process's output streams. */
export interface Terminal {
  /** Resolves when there is room for more. Bytes are not to be changed after. */
  write(text: string | Uint8Array): Promise<void>;
  readonly isTerminal: boolean;
  /** Characters a line; 80 where it is not known. */
  readonly columns: number;
}
