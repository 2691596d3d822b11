import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// The rules of docs/architecture.md as a test: imports only downwards, one door per dependency, files of a size to read.

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');

/** A folder imports only from lower rows; folders in one row do not import each other. */
const rows: Readonly<Record<string, number>> = {
  cli: 10,
  worker: 10,
  index: 10,
  commands: 9,
  server: 8,
  web: 8,
  deploy: 7,
  topology: 6,
  mirror: 5,
  audit: 4,
  simulator: 4,
  flink: 4,
  job: 3,
  engine: 2,
  sources: 2,
  sinks: 2,
  sql: 1.5,
  operators: 1.5,
  kafka: 1.5,
  iceberg: 1.5,
  functions: 1,
  state: 1,
  formats: 1,
  storage: 1,
  model: 0,
};

/** Every dependency enters through one folder (or file). */
const doors: Readonly<Record<string, string>> = {
  '@platformatic/kafka': 'kafka/',
  '@confluentinc/kafka-javascript': 'kafka/',
  'parquet-wasm': 'formats/parquet',
  'apache-arrow': 'formats/',
  piscina: 'engine/worker-pool.ts',
  'prom-client': 'server/',
  '@duckdb/node-api': 'iceberg/',
  chevrotain: 'sql/',
  commander: 'commands/',
  yaml: 'job/',
  openai: 'deploy/',
  zod: 'deploy/',
  '@modelcontextprotocol/server': 'deploy/',
};

const hardLimitLines = 500;
const smallestTree = 12; // fewer files seen than this means that the test looked in the wrong place

type SourceFile = Readonly<{ path: string; folder: string; text: string; imports: readonly string[] }>;

const files: SourceFile[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => {
    const text = readFileSync(join(source, name), 'utf8');
    const path = name.replaceAll('\\', '/');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
    return { path, folder: path.includes('/') ? path.split('/')[0]! : path.replace('.ts', ''), text, imports };
  });

describe('the source tree', () => {
  it('was seen', () => {
    expect(files.length).toBeGreaterThan(smallestTree);
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(smallestTree);
  });

  it('knows every folder', () => {
    expect([...new Set(files.map((file) => file.folder))].filter((folder) => !(folder in rows))).toEqual([]);
  });

  it('imports only downwards', () => {
    const upwards = files.flatMap((file) =>
      file.imports
        .filter((target) => target.startsWith('.'))
        .map((target) => relative(source, resolve(source, dirname(file.path), target)).replaceAll('\\', '/'))
        .filter((target) => {
          const folder = target.includes('/') ? target.split('/')[0]! : target.replace('.ts', '');
          return folder !== file.folder && !(rows[folder]! < rows[file.folder]!);
        })
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  it('has one door for each dependency', () => {
    const strays = files.flatMap((file) =>
      file.imports
        .filter((target) => Object.keys(doors).some((name) => target === name || target.startsWith(`${name}/`)))
        .filter((target) => {
          const name = Object.keys(doors).find((door) => target === door || target.startsWith(`${door}/`))!;
          return !file.path.startsWith(doors[name]!);
        })
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(strays).toEqual([]);
  });

  it('keeps files short enough to read', () => {
    const long = files.filter((file) => file.text.split('\n').length > hardLimitLines).map((file) => file.path);
    expect(long).toEqual([]);
  });

  it('takes time and chance as arguments', () => {
    const allowed = /^(engine\/clock\.ts|cli\.ts|worker\.ts)$/;
    const strays = files
      .filter((file) => !allowed.test(file.path))
      .filter((file) => /\bDate\.now\(|\bMath\.random\(/.test(file.text))
      .map((file) => file.path);
    expect(strays).toEqual([]);
  });

  it('has no loose ends', () => {
    const loose = files.filter((file) => /\b(TODO|FIXME|XXX|HACK)\b/.test(file.text)).map((file) => file.path);
    expect(loose).toEqual([]);
  });
});
