// The same script here, in this process: what the command line prints.
import { world } from '../../src/cli.ts';
import { runProgram } from '../../src/commands/program.ts';
import type { Answer, Change } from './flink.ts';

export async function askMillrace(setup: readonly string[], query: string, dataDirectory: string): Promise<Answer> {
  let [stdout, stderr] = ['', ''];
  const terminal = (take: (text: string) => void) => ({
    isTerminal: false,
    columns: 120,
    write: async (text: string) => take(text),
  });
  const deps = {
    ...world(),
    stdout: terminal((text) => {
      stdout += text;
    }),
    stderr: terminal((text) => {
      stderr += text;
    }),
  };
  const script = [...setup, query].join(';\n');
  const code = await runProgram(['sql', '-e', script, '--output', 'jsonl', '--data-dir', dataDirectory], deps);
  if (code !== 0) return { error: stderr.trim() };
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { rows: lines.map((line) => JSON.parse(line) as Change) };
}
