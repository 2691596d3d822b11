import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The package as someone gets it: compiled, only its published files, only its dependencies beside it.

const root = resolve(import.meta.dirname, '..');
const consumer = mkdtempSync(join(tmpdir(), 'millrace-package-'));
const installed = join(consumer, 'node_modules', 'millrace');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const execute = promisify(execFile);

type Manifest = Readonly<{
  version: string;
  files: readonly string[];
  bin: Readonly<Record<string, string>>;
  dependencies: Readonly<Record<string, string>>;
  devDependencies: Readonly<Record<string, string>>;
  optionalDependencies?: Readonly<Record<string, string>>;
}>;
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
let published: readonly string[] = [];

async function node(args: readonly string[], directory = consumer): Promise<string> {
  const { stdout } = await execute(process.execPath, args, { cwd: directory });
  return stdout;
}

beforeAll(async () => {
  mkdirSync(installed, { recursive: true });
  await node([compiler, '-p', 'tsconfig.build.json', '--outDir', join(installed, 'dist')], root);
  for (const name of ['package.json', 'README.md', 'LICENSE', ...manifest.files]) {
    if (name !== 'dist') cpSync(join(root, name), join(installed, name), { recursive: true });
  }
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(consumer, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await execute('npm', pack, { cwd: installed, maxBuffer: 1 << 24 });
  published = (JSON.parse(stdout) as [{ files: { path: string }[] }])[0].files.map(({ path }) => path);
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

describe('the package', () => {
  it('holds what it needs and no more', () => {
    const needed = [
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'engine.js',
      'dist/cli.js',
      'dist/worker.js',
      'dist/index.js',
    ];
    expect(published).toEqual(expect.arrayContaining([...needed, 'dist/index.d.ts', 'jobs/gpu-anomalies-demo.yaml']));
    const allowed = /^(dist|jobs|docs)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md|engine\.js)$/;
    expect(published.filter((path) => !allowed.test(path))).toEqual([]);
  });

  it('is as publint wants it', async () => {
    const { messages } = await publint({ pkgDir: installed, pack: false, level: 'suggestion', strict: true });
    expect(messages).toEqual([]);
  });

  it('names exact versions', () => {
    const { dependencies, devDependencies, optionalDependencies = {} } = manifest;
    const all = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('says its version', async () => {
    expect(await node([join(installed, manifest.bin.millrace!), '--version'])).toBe(`${manifest.version}\n`);
  });

  it('runs a query on compiled workers', async () => {
    const query = ['sql', '-e', 'SELECT 1 AS n', '--output', 'jsonl'];
    expect(await node([join(installed, manifest.bin.millrace!), ...query])).toBe('{"op":"+I","row":{"n":1}}\n');
  });

  it('writes and reads an Iceberg table, as TypeScript calls it', async () => {
    const program = `
      import { queryLake, runScript } from 'millrace';
      const parameters = { lake: 'data/lake', devices: '10', duration: '1 min' };
      const job = await runScript({ file: '${installed}/jobs/gpu-anomalies-demo.yaml', parameters, parallelism: 1, dataDirectory: 'data' });
      console.log((await job.done).kind, await queryLake('SELECT SUM(readings) AS readings FROM gpu.device_minutes', { dataDirectory: 'data' }));`;
    writeFileSync(join(consumer, 'program.mjs'), program);
    expect(await node(['program.mjs'])).toBe('finished [ { readings: 600n } ]\n');
  });

  it('has types that a strict program compiles with', async () => {
    const program = `
      import { type Change, type JobStatus, runScript } from 'millrace';
      const changes: Change[] = [];
      const job = await runScript({ sql: 'SELECT 1', onChange: (change) => void changes.push(change) });
      export const status: JobStatus = job.status();
      // @ts-expect-error no such option
      await runScript({ query: 'SELECT 1' });`;
    writeFileSync(join(consumer, 'program.mts'), program);
    const options = ['--strict', '--module', 'nodenext', '--target', 'es2024', '--noEmit', '--skipLibCheck', 'false'];
    const types = ['--typeRoots', join(root, 'node_modules', '@types'), '--types', 'node', '--lib', 'es2024,esnext'];
    expect(await node([compiler, ...options, ...types, 'program.mts'])).toBe('');
  });
});
