import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEngineError } from '../../src/model/errors.ts';
import { StatementGrammar } from '../../src/sql/grammar/statement-grammar.ts';
import { tokenize } from '../../src/sql/grammar/tokens.ts';
import { lintScript, parseScript } from '../../src/sql/parser.ts';
import { testSession } from '../support/sql-session.ts';

const folder = join(import.meta.dirname, '../golden/sql');
const scripts = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => readFileSync(join(folder, name), 'utf8'));

/** A script in which tokens were dropped, doubled, swapped or replaced by those of another. */
const mutated = fc
  .tuple(
    fc.constantFrom(...scripts),
    fc.constantFrom(...scripts),
    fc.array(fc.tuple(fc.constantFrom('drop', 'double', 'swap', 'replace', 'cut'), fc.nat(), fc.nat()), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([script, other, changes]) => {
    const words = tokenize(script).tokens.map(({ image }) => image);
    const others = tokenize(other).tokens.map(({ image }) => image);
    for (const [change, first, second] of changes) {
      const at = first % words.length;
      if (change === 'drop') words.splice(at, 1);
      else if (change === 'double') words.splice(at, 0, words[at]!);
      else if (change === 'swap') words.splice(at, 1, ...words.splice(second % words.length, 1, words[at]!));
      else if (change === 'replace') words[at] = others[second % others.length]!;
      else words[at] = words[at]!.slice(0, -1);
      if (words.length === 0) words.push(';');
    }
    return words.join(' ');
  });

const noise = fc.string({ unit: fc.constantFrom(...'aT1.,;()[]{}<>=*/+-|\'`"$?_ \n\t\u00e9\u{1f600}'), maxLength: 40 });

describe('any text', () => {
  it('is read, or refused with a place in it', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(fc.oneof(mutated, noise), (text) => {
        for (const { code, position } of lintScript(text)) {
          expect(code).toBe('SQL_SYNTAX');
          expect(position!.start).toBeLessThanOrEqual(text.length);
          expect(position!.end).toBeLessThanOrEqual(text.length);
          expect(position!.line).toBe(text.slice(0, position!.start).split('\n').length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is planned, or refused by an EngineError', { timeout: 30_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(mutated, async (text) => {
        try {
          const session = testSession();
          for (const statement of parseScript(text)) await session.execute(statement);
        } catch (error) {
          expect(isEngineError(error), String((error as Error).stack)).toBe(true);
          expect((error as Error).message).not.toContain('invariant');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives statements that are its own pieces', () => {
    for (const script of scripts) {
      for (const { text, position } of parseScript(script)) {
        expect(script.slice(position.start, position.end)).toBe(text);
        expect(parseScript(text).length).toBe(1);
      }
    }
  });
});

describe('the grammar', () => {
  it('is free of ambiguities that no gate decides', () => {
    expect(() => new StatementGrammar({ validate: true })).not.toThrow();
  });
});
