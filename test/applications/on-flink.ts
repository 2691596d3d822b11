// Every application of jobs/ on a real Flink and on Millrace: the same script, from the same topic, into the same catalog, one after the
// other; and whether the tables have the same rows. Not a part of `npm test`.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readJobFile } from '../../src/job/job-file.ts';
import { parseScript } from '../../src/sql/parser.ts';
import { FlinkSession } from '../differential/flink.ts';
import { tableRows } from '../support/fault-table.ts';
import { type Application, applications, jobsDirectory } from './catalogue.ts';
import { differences } from './rows.ts';

const usage = `usage: node test/applications/on-flink.ts [options]

Simulates the events of each application, runs its job on a real Flink 2.x and on Millrace, and compares the rows of its tables.
Databases of the applications must not be in the catalog: they are made, and dropped afterwards. Topics stay.

  --gateway URL    Flink's SQL Gateway (default http://127.0.0.1:18083)
  --kafka HOST     brokers, for both (default 127.0.0.1:9092)
  --catalog URI    an Iceberg REST catalog, for both, whose warehouse both can write (default http://127.0.0.1:8181)
  --only LIST      names of applications, with commas
  --duration SPAN  simulated time (default 30 min)
  --partitions N   of the topics (default 4)
  --parallelism N  on Flink, as many task slots (default 1)`;

const { values } = parseArgs({
  options: {
    gateway: { type: 'string', default: 'http://127.0.0.1:18083' },
    kafka: { type: 'string', default: '127.0.0.1:9092' },
    catalog: { type: 'string', default: 'http://127.0.0.1:8181' },
    only: { type: 'string' },
    duration: { type: 'string', default: '30 min' },
    partitions: { type: 'string', default: '4' },
    parallelism: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

const scratch = mkdtempSync(join(tmpdir(), 'millrace-on-flink-'));
const engine = join(import.meta.dirname, '../../engine.js');
const run = Math.floor(performance.timeOrigin / 1000).toString(36);

/** Runs a command of the product; rejects with what it said. */
async function millrace(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [engine, ...args], { stdio: ['ignore', 'ignore', 'pipe'], cwd: scratch });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`millrace ${args[0]} ended with ${code}: ${said.slice(-2000)}`);
}

async function simulate(app: Application, topic: string): Promise<void> {
  const set = {
    rate: 'unlimited',
    duration: values.duration,
    'target.bootstrapServers': values.kafka,
    'target.topic': topic,
    'target.partitions': values.partitions,
    ...app.set,
  };
  const pairs = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  await millrace('simulate', join(jobsDirectory, app.scenario), '--quiet', ...pairs);
}

function parametersOf(app: Application, topic: string): Record<string, string> {
  return {
    topic,
    bootstrap_servers: values.kafka,
    catalog_uri: values.catalog,
    group: `${app.name}-${run}`,
    bounded: 'latest-offset',
  };
}

async function onMillrace(app: Application, topic: string): Promise<void> {
  const given = Object.entries(parametersOf(app, topic)).flatMap(([key, value]) => ['--param', `${key}=${value}`]);
  const file = join(jobsDirectory, `${app.name}.yaml`);
  await millrace('run', file, '--port', '0', '--data-dir', join(scratch, app.name), ...given);
}

async function onFlink(app: Application, topic: string): Promise<void> {
  const parameters = new Map(Object.entries(parametersOf(app, topic)));
  const { script, settings } = await readJobFile(join(jobsDirectory, `${app.name}.yaml`), {
    workingDirectory: scratch,
    parameters,
    env: {},
  });
  const session = await FlinkSession.open(values.gateway);
  try {
    // The job is over when the statement is.
    await session.run("SET 'table.dml-sync' = 'true'");
    await session.run(`SET 'parallelism.default' = '${values.parallelism}'`);
    for (const [key, value] of settings) await session.run(`SET '${key}' = '${value}'`);
    for (const { text } of parseScript(script)) {
      await session.run(text).catch((error: unknown) => {
        throw new Error(`Flink refuses: ${text}\n${(error as Error).message}`);
      });
    }
  } finally {
    await session.close();
  }
}

const lake = { type: 'iceberg', 'catalog-type': 'rest', uri: values.catalog };

async function rowsOf(app: Application): Promise<ReadonlyMap<string, readonly string[]>> {
  const tables = new Map<string, readonly string[]>();
  for (const table of app.tables) tables.set(table, await tableRows(lake, `SELECT * FROM ${app.database}.${table}`));
  return tables;
}

async function refuseDatabase({ database }: Application): Promise<void> {
  const { status } = await fetch(`${values.catalog}/v1/namespaces/${database}`);
  if (status !== 404) throw new Error(`database ${database} is in the catalog ${values.catalog}: expected none`);
}

async function dropDatabase({ database, tables }: Application): Promise<void> {
  const namespace = `${values.catalog}/v1/namespaces/${database}`;
  for (const table of tables) await fetch(`${namespace}/tables/${table}?purgeRequested=true`, { method: 'DELETE' });
  await fetch(namespace, { method: 'DELETE' });
}

async function rowsBy(
  app: Application,
  carryOut: (app: Application, topic: string) => Promise<void>,
  topic: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  await refuseDatabase(app);
  try {
    await carryOut(app, topic);
    return await rowsOf(app);
  } finally {
    await dropDatabase(app);
  }
}

/** How many tables differ; a line for each. */
async function compareOne(app: Application): Promise<number> {
  const topic = `${app.name}-${run}`;
  await simulate(app, topic);
  const flink = await rowsBy(app, onFlink, topic);
  const millraces = await rowsBy(app, onMillrace, topic);
  let different = 0;
  for (const table of app.tables) {
    const [theirs, ours] = [flink.get(table)!, millraces.get(table)!];
    const found = differences(theirs, ours);
    const verdict = found.length === 0 && theirs.length > 0 ? 'same' : 'DIFFERENT';
    if (verdict !== 'same') different++;
    process.stdout.write(
      `${app.name.padEnd(24)}${table.padEnd(18)}Flink ${String(theirs.length).padStart(7)}  Millrace ${String(ours.length).padStart(7)}  ${verdict}\n`,
    );
    for (const line of found.slice(0, 6)) process.stdout.write(`  ${line}\n`);
  }
  return different;
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const only = values.only?.split(',');
  let different = 0;
  for (const app of applications.filter(({ name }) => only?.includes(name) ?? true)) {
    different += await compareOne(app).catch((error: unknown) => {
      process.stdout.write(`${app.name}: ${(error as Error).message}\n`);
      return 1;
    });
  }
  return different === 0 ? 0 : 8;
}

const code = await main();
rmSync(scratch, { recursive: true, force: true });
process.exit(code);
