/**
 * The parser toolkit, loaded as its one bundled file: 10 ms instead of the 200 to 320 ms of its 60 modules and lodash
 * (docs/decisions/0002-parser-toolkit.md). The bundle stands beside the package's entry but not in its `exports`, so where it is not found
 * there (a test runner that resolves by itself, another layout) the package's entry is loaded.
 */
import type * as Chevrotain from 'chevrotain';

async function load(): Promise<typeof Chevrotain> {
  try {
    const bundle = new URL('../chevrotain.min.mjs', import.meta.resolve('chevrotain'));
    return (await import(bundle.href)) as typeof Chevrotain;
  } catch {
    return import('chevrotain');
  }
}

export const { createToken, EmbeddedActionsParser, Lexer } = await load();
