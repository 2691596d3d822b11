import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testWorld } from '../commands/world.ts';
import { expectGolden } from '../support/golden.ts';

const folder = join(import.meta.dirname, '../golden/topology/lint');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('millrace topology lint', () => {
  it('has files to look at', () => expect(files.length).toBeGreaterThan(5));

  it.each(files)('says everything that is to be said of %s, with its place', async (file) => {
    const world = testWorld({}, { workingDirectory: folder });
    const code = await world.run('topology', 'lint', file);
    expectGolden(join(folder, file.replace('.yaml', '.txt')), world.stdout.text());
    expect(code).toBe(/: 0 errors/.test(world.stdout.text()) ? 0 : 2);
  });

  it('says the same to a program', async () => {
    const world = testWorld({}, { workingDirectory: folder });
    expect(await world.run('topology', 'lint', 'writers.yaml', '--output', 'json')).toBe(2);
    const answer = JSON.parse(world.stdout.text()) as { valid: boolean; findings: { line: number; column: number }[] };
    expect(answer.valid).toBe(false);
    expect(answer.findings[0]).toMatchObject({ severity: 'error', line: 12, column: 9 });
  });

  it('is done before any other command: the first error ends it', async () => {
    const world = testWorld({}, { workingDirectory: folder });
    expect(await world.run('topology', 'plan', 'references.yaml')).toBe(2);
    expect(world.stderr.text()).toMatch(/^error: topology 'references.yaml', line 8: .* \(and \d+ more/);
    expect(await world.run('topology', 'plan', 'missing.yaml')).toBe(3);
  });
});
