/** `millrace test FILE…`: jobs on rows that a file gives, against the rows that it expects. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { diffRows, type ReceivedChange } from '../job/change-diff.ts';
import { type JobFile, readJobFile } from '../job/job-file.ts';
import { planJob } from '../job/job-plan.ts';
import { parseJobTest, type TestCase } from '../job/job-test.ts';
import { checkScript } from '../job/lint.ts';
import { settingsOf } from '../job/script.ts';
import { checkNames, isNamed, scannedTables, testFile, testPipeline } from '../job/test-pipelines.ts';
import { EngineError, isEngineError, toErrorData } from '../model/errors.ts';
import type { Pipeline } from '../model/plan.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { jobContext } from './job-options.ts';

export function testCommand(context: CommandContext): Command {
  return new Command('test')
    .description('Run jobs on the rows of a test file, without Kafka and lake. Exits with 1 where a case fails.')
    .argument('<file...>', 'YAML files of kind JobTest')
    .option('--only <text>', 'only cases whose name has this in it')
    .addHelpText('after', examples)
    .action(async (files: string[], options: TestOptions) => {
      let failed = 0;
      for (const file of files) failed += await testOne(file, options, context);
      context.exit(failed === 0 ? exitCode.ok : exitCode.failure);
    });
}

type TestOptions = Readonly<{ only?: string | undefined }>;

const examples = `
A test file:
  apiVersion: millrace/v1
  kind: JobTest
  job: clicks.sql
  cases:
    - name: counts by page
      inputs:
        clicks: [{ page: a, ts: '2026-01-01 00:00:01' }, { page: a, ts: '2026-01-01 00:00:02' }]
      expect:
        clicks_per_page: [{ page: a, n: 2 }]

Examples:
  millrace test jobs/gpu-temperature.test.yaml
  millrace test jobs/*.test.yaml --only "late"`;

/** How many cases failed. */
async function testOne(file: string, options: TestOptions, context: CommandContext): Promise<number> {
  const path = resolve(context.workingDirectory, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new EngineError('NOT_FOUND', `test ${file}: expected a readable file, found none`, { cause });
  });
  const test = parseJobTest(text, `test ${file}`);
  const parameters = test.parameters;
  const job = await readJobFile(join(dirname(path), test.job), { ...context, parameters });
  const scratch = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  try {
    let failed = 0;
    const cases = test.cases.filter(({ name }) => options.only === undefined || name.includes(options.only));
    for (const [index, each] of cases.entries()) {
      const faults = await runCase(each, job, join(scratch, String(index)), context).catch((error: unknown) => {
        throw inCase(error, file, each);
      });
      await context.stdout.write(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${file}: ${each.name}\n`);
      for (const fault of faults) await context.stdout.write(`     ${context.redact(fault)}\n`);
      if (faults.length > 0) failed++;
    }
    context.say(`${file}: ${cases.length - failed} of ${cases.length} cases passed`);
    return failed;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A fault of the file, not of the job: the other cases can't be relied on either. */
function inCase(error: unknown, file: string, { name }: TestCase): unknown {
  if (!isEngineError(error)) return error;
  const { code, message, hint, position } = error;
  return new EngineError(code, `test ${file}, case '${name}': ${message}`, { hint, position, cause: error });
}

/** What is wrong, a line each; empty: the case passes. */
async function runCase(each: TestCase, job: JobFile, directory: string, context: CommandContext): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const ctx = { ...jobContext({}, directory, context), parallelism: 1, warn: () => undefined };
  const { session, pipelines } = await checkScript(job, ctx, (error) => {
    throw error;
  });
  await session.close();
  const settings = settingsOf({ ...job, settings: new Map([...job.settings, ...exactTime]) }, session);
  const files = await writeInputs(each, pipelines, directory);
  const tested = pipelines.map((pipeline) => testPipeline(pipeline, ({ path }) => files.get(path.name)!));
  checkExpected(each, pipelines);
  const planned = await planJob(tested, settings, job.name, ctx);
  const received = tested.map((): ReceivedChange[] => []);
  const collect = async (pipeline: number, lines: readonly string[]): Promise<void> => {
    for (const line of lines) received[pipeline]!.push(JSON.parse(line) as ReceivedChange);
  };
  const graph = { ...planned.graph, ...(each.nowMs === null ? {} : { nowMs: each.nowMs }) };
  const running = context.runJob({
    ...planned,
    graph,
    settings: { ...planned.settings, restart: { kind: 'none' } },
    restore: 'none',
    force: false,
    hooks: { print: async () => undefined, collect, warn: () => undefined },
  });
  const failure = await running.done.then(
    () => null,
    (error: unknown) => toErrorData(error).message,
  );
  return faultsOf(each, failure, pipelines, received);
}

/** Watermarks after every row: what is late does not hang on time. */
const exactTime: readonly (readonly [string, string])[] = [['pipeline.auto-watermark-interval', '0 ms']];

async function writeInputs(
  { inputs }: TestCase,
  pipelines: readonly Pipeline[],
  directory: string,
): Promise<ReadonlyMap<string, string>> {
  const tables = scannedTables(pipelines);
  const paths = tables.map(({ path }) => path);
  checkNames(inputs.keys(), paths, 'inputs:');
  const files = new Map<string, string>();
  for (const [index, table] of tables.entries()) {
    const rows = [...inputs].find(([name]) => isNamed(table.path, name))?.[1] ?? [];
    const file = join(directory, `input-${index}.jsonl`);
    await writeFile(file, testFile(table, rows));
    files.set(table.path.name, file);
  }
  return files;
}

const selectName = /^select(?: (\d+))?$/;

function checkExpected({ expect }: TestCase, pipelines: readonly Pipeline[]): void {
  const sinks = pipelines.flatMap(({ sink }) => (sink.kind === 'table' ? [sink.table.path] : []));
  checkNames(
    [...expect.keys()].filter((name) => !selectName.test(name)),
    sinks,
    'expect:',
  );
}

function faultsOf(
  { expect, error }: TestCase,
  failure: string | null,
  pipelines: readonly Pipeline[],
  received: readonly (readonly ReceivedChange[])[],
): string[] {
  if (error !== null) {
    if (failure?.includes(error)) return [];
    return [`expected the job to fail with '${error}', ${failure === null ? 'it ended well' : `got '${failure}'`}`];
  }
  if (failure !== null) return [`the job failed: ${failure}`];
  return [...expect].flatMap(([name, rows]) => {
    const changes = pipelines.flatMap((pipeline, i) => (isResultOf(name, pipeline, i, pipelines) ? received[i]! : []));
    const diff = diffRows(rows, changes);
    return diff.length === 0 ? [] : [`${name}:`, ...diff];
  });
}

function isResultOf(name: string, { sink }: Pipeline, index: number, pipelines: readonly Pipeline[]): boolean {
  const select = selectName.exec(name);
  if (sink.kind === 'table') return select === null && isNamed(sink.table.path, name);
  const before = pipelines.slice(0, index).filter((each) => each.sink.kind === 'collect').length;
  return select !== null && Number(select[1] ?? 1) === before + 1;
}
