/** One of the process's output streams. */
export interface Terminal {
  /** Resolves when there is room for more. */
  write(text: string): Promise<void>;
  readonly isTerminal: boolean;
  /** Characters a line; 80 where it is not known. */
  readonly columns: number;
}
