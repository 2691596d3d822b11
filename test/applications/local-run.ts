// An application without Kafka and catalog: its scenario into a file, its job from that file into an embedded lake. The script is the
// application's own but for the two WITH clauses that say where rows come from and where they go.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { world } from '../../src/cli.ts';
import { runProgram } from '../../src/commands/program.ts';
import { readJobFile } from '../../src/job/job-file.ts';
import { memoryTerminal } from '../commands/terminal.ts';
import { tableRows } from '../support/fault-table.ts';
import { type Application, jobsDirectory } from './catalogue.ts';

export type Json = Readonly<Record<string, unknown>>;

export type LocalRun = Readonly<{
  /** In the order in which they were sent. */
  events: readonly Json[];
  truth: readonly Json[];
  rows: (table: string) => Promise<readonly Json[]>;
}>;

/** Runs a command of the program in this process; expects exit code 0. */
export async function command(...argv: readonly string[]): Promise<string> {
  const [stdout, stderr] = [memoryTerminal(), memoryTerminal()];
  const code = await runProgram([...argv], { ...world(), stdout, stderr });
  expect(code, stderr.text()).toBe(0);
  return stdout.text();
}

const jsonLines = (path: string): Json[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json);

export async function runLocally(
  app: Application,
  directory: string,
  set: Readonly<Record<string, string>>,
): Promise<LocalRun> {
  const input = join(directory, 'in', 'events.jsonl');
  const truth = join(directory, 'truth.jsonl');
  const fields = { rate: 'unlimited', 'target.kind': 'file', 'target.path': input, truth, ...app.set, ...set };
  const pairs = Object.entries(fields).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  await command('simulate', join(jobsDirectory, app.scenario), '--quiet', ...pairs);
  const job = join(directory, 'job.sql');
  writeFileSync(job, await localScript(app, directory));
  await command('run', job, '--port', '0', '--data-dir', join(directory, 'data'), '--parallelism', '2');
  const lake = {
    type: 'iceberg',
    'catalog-impl': 'org.apache.iceberg.jdbc.JdbcCatalog',
    uri: `jdbc:sqlite:${join(directory, 'lake.db')}`,
    warehouse: join(directory, 'lake'),
  };
  return {
    events: jsonLines(input),
    truth: jsonLines(truth),
    rows: async (table) =>
      (await tableRows(lake, `SELECT * FROM ${app.database}.${table}`)).map((line) => JSON.parse(line) as Json),
  };
}

async function localScript(app: Application, directory: string): Promise<string> {
  const { script } = await readJobFile(join(jobsDirectory, `${app.name}.yaml`), {
    workingDirectory: directory,
    parameters: new Map(),
    env: {},
  });
  const replaced = script
    .replace(
      /'connector' = 'kafka'[^)]*'format' = 'json'/,
      `'connector' = 'filesystem', 'path' = '${directory}/in', 'format' = 'json'`,
    )
    .replace(
      /'catalog-type' = 'rest',\s*'uri' = '[^']*'/,
      `'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog', 'uri' = 'jdbc:sqlite:${directory}/lake.db', 'warehouse' = '${directory}/lake'`,
    );
  expect(replaced).toMatch(/'connector' = 'filesystem'[\s\S]*JdbcCatalog/);
  return replaced;
}
