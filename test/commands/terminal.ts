import type { Terminal } from '../../src/commands/terminal.ts';

/** Keeps what is written. */
export function memoryTerminal(more: Partial<Terminal> = {}): Terminal & { readonly text: () => string } {
  let written = '';
  return {
    isTerminal: false,
    columns: 80,
    write: async (text) => {
      written += text;
    },
    text: () => written,
    ...more,
  };
}
