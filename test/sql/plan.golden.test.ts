import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainPipelines } from '../../src/sql/explain.ts';
import { expectGolden } from '../support/golden.ts';
import { runScript } from '../support/sql-session.ts';

const folder = join(import.meta.dirname, '../golden/sql');
const scripts = readdirSync(folder).filter((name) => name.endsWith('.sql'));

describe('plans', () => {
  it('were seen', () => expect(scripts.length).toBeGreaterThan(20));

  it.each(scripts)('%s', async (name) => {
    const results = await runScript(readFileSync(join(folder, name), 'utf8'));
    const plans = results.flatMap((result) =>
      result.kind === 'pipelines'
        ? [explainPipelines(result.pipelines, { nonPortableConnectors: new Set(['simulator']) })]
        : [],
    );
    expectGolden(join(folder, name.replace('.sql', '.plan.txt')), plans.join('\n\n----\n\n'));
  });
});
