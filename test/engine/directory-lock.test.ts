import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockDirectory } from '../../src/engine/directory-lock.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const module = new URL('../../src/engine/directory-lock.ts', import.meta.url).href;

describe('a data directory', () => {
  it('has one owner, until it lets go', () => {
    const lock = lockDirectory(join(directory, 'a'), 0);
    expect(() => lockDirectory(join(directory, 'a'), 50)).toThrow(/another process owns it/);
    lock.release();
    lockDirectory(join(directory, 'a'), 0).release();
  });

  it('is free when its owner was killed', async () => {
    const path = JSON.stringify(join(directory, 'b'));
    const script = `import { lockDirectory } from '${module}'; lockDirectory(${path}); console.log('owned'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: 'pipe' });
    expect(String(await new Promise((resolve) => child.stdout.once('data', resolve)))).toBe('owned\n');
    expect(() => lockDirectory(join(directory, 'b'), 20)).toThrow(/another process owns it/);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    lockDirectory(join(directory, 'b'), 1000).release();
  });

  it('that can not be made is an IO error', () => {
    writeFileSync(join(directory, 'file'), '');
    expect(() => lockDirectory(join(directory, 'file', 'x'), 0)).toThrow(expect.objectContaining({ code: 'IO' }));
  });
});
