import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { world } from '../../src/cli.ts';
import { runProgram } from '../../src/commands/program.ts';
import { expectGolden } from '../support/golden.ts';

// What `millrace lint` says of scripts that are wrong in one way each; beside it, as *.flink.txt, what a real Flink says.

const folder = join(import.meta.dirname, '../golden/errors');
const scripts = readdirSync(folder).filter((name) => name.endsWith('.sql'));

async function lint(name: string): Promise<{ code: number; text: string }> {
  let text = '';
  const terminal = {
    isTerminal: false,
    columns: 120,
    write: async (line: string) => {
      text += line;
    },
  };
  const deps = { ...world(), workingDirectory: folder, stdout: terminal, stderr: terminal };
  return { code: await runProgram(['lint', name], deps), text };
}

describe('wrong scripts', () => {
  it('were seen', () => expect(scripts.length).toBeGreaterThan(60));

  it.each(scripts)('%s', async (name) => {
    const { code, text } = await lint(name);
    expectGolden(join(folder, name.replace('.sql', '.txt')), text);
    expect(code).toBe(2);
    expect(text).toMatch(/^\S+: error: line \d+, column \d+: /);
  });
});
