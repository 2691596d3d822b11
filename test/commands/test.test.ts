import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { world } from '../../src/cli.ts';
import { runProgram } from '../../src/commands/program.ts';
import { memoryTerminal } from './terminal.ts';

// With the real engine: what a person sees of jobs that are tested.

async function runTests(...argv: string[]) {
  const [stdout, stderr] = [memoryTerminal(), memoryTerminal()];
  const code = await runProgram(['test', ...argv], { ...world(), stdout, stderr });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

const here = (name: string): string => join(import.meta.dirname, name);

describe('millrace test', () => {
  it('says what is missing and what is too much', async () => {
    const { code, stdout, stderr } = await runTests(here('job-tests/clicks.test.yaml'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok {3}.*: sums by page and minute$/m);
    expect(stdout).toMatch(
      /^FAIL .*: a sum that is wrong\n {5}out1:\n {5}- \{ page: "a", s: 3 \}\n {5}\+ \{ page: "a", s: 2 \}$/m,
    );
    expect(stderr).toMatch(/1 of 2 cases passed/);
  });

  it('passes on the example, without Kafka and catalog', async () => {
    const { code, stdout } = await runTests(
      here('../../jobs/gpu-temperature.test.yaml'),
      '--only',
      'behind the watermark',
    );
    expect(stdout).toMatch(/^ok /);
    expect(code).toBe(0);
  });

  it('names a file that is not there', async () => {
    const { code, stderr } = await runTests('nowhere.yaml');
    expect([code, stderr]).toEqual([3, expect.stringContaining('test nowhere.yaml: expected a readable file')]);
  });
});
