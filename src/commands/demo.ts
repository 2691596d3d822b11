/** `millrace demo`: a simulated fleet through a windowed job into an embedded lake, and a query that names the odd devices. */
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { lockDirectory } from '../engine/directory-lock.ts';
import { embeddedLake } from '../job/embedded-lake.ts';
import { planScript } from '../job/script-job.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { dataDirectoryOf, defaultDataDirectory, jobContext, loadFile } from './job-options.ts';
import { runInForeground } from './job-run.ts';
import { wholeNumber } from './option-values.ts';
import { rowOutput } from './row-output.ts';

type DemoOptions = Readonly<{ dataDir: string; devices: number; minutes: number; seed: number }>;

export function demoCommand(context: CommandContext): Command {
  return new Command('demo')
    .description(
      'A simulated GPU fleet through a windowed job into an embedded Iceberg lake; then a query names the odd devices.',
    )
    .option('--devices <n>', 'GPUs that report once a second', wholeNumber(1, 100_000), 1_000)
    .option('--minutes <n>', 'simulated time', wholeNumber(1, 1_440), 60)
    .option('--seed <n>', 'another fleet', wholeNumber(0, 4_294_967_295), 7)
    .option('--data-dir <dir>', 'the lake is made below it, in demo/', defaultDataDirectory)
    .addHelpText('after', '\nExamples:\n  millrace demo\n  millrace demo --devices 5000 --minutes 120')
    .action(async (options: DemoOptions) => context.exit(await demo(options, context)));
}

async function demo(options: DemoOptions, context: CommandContext): Promise<number> {
  const dataDirectory = dataDirectoryOf(options, context);
  const lock = lockDirectory(dataDirectory);
  try {
    return await runDemo(join(dataDirectory, 'demo'), options, context);
  } finally {
    lock.release();
  }
}

async function runDemo(directory: string, options: DemoOptions, context: CommandContext): Promise<number> {
  await rm(directory, { recursive: true, force: true }); // its own, from a former demo
  const readings = options.devices * options.minutes * 60;
  context.say(
    `${options.devices} simulated GPUs, ${options.minutes} minutes at one reading a second: ${readings.toLocaleString('en')} readings,\n` +
      'as fast as they go, through a 1-minute window per device, into an Iceberg table.\n',
  );
  const code = await runDemoJob(directory, options, context);
  if (code !== exitCode.ok) return code;
  await showOddDevices(directory, context);
  const path = relative(context.workingDirectory, directory);
  const shown = path.startsWith('..') ? directory : path;
  context.say(
    `\nLook on: millrace query "SELECT * FROM gpu.device_minutes WHERE device_id = '…' ORDER BY window_start" --data-dir ${shown}\n` +
      `The job: ${join('jobs', 'gpu-anomalies-demo.sql')}`,
  );
  return exitCode.ok;
}

async function runDemoJob(directory: string, options: DemoOptions, context: CommandContext): Promise<number> {
  const param = new Map([
    ['lake', join(directory, 'lake')],
    ['devices', String(options.devices)],
    ['duration', `${options.minutes} min`],
    ['seed', String(options.seed)],
  ]);
  const path = join(context.packageDirectory, 'jobs', 'gpu-anomalies-demo.yaml');
  const file = await loadFile(path, { param, dataDir: directory }, context);
  const planned = await planScript(file, jobContext({}, directory, context), async () => undefined);
  const hooks = { print: context.stdout.write, collect: async () => undefined };
  return await runInForeground(
    { ...planned, restore: 'none', force: false },
    hooks,
    { onSignal: 'cancel', quiet: false },
    context,
  );
}

/**
 * What a physicist would say of a minute: a reading that never moves is stuck; power that the load does not explain is a spike; heat that
 * neither fan nor power explains is drift. `truth` is what the simulator did; the verdict does not look at it.
 */
const verdicts = `
  SELECT device_id, window_start, truth, max_temperature,
    CASE
      WHEN min_temperature = max_temperature AND min_power = max_power THEN 'stuck'
      WHEN avg_power - (65 + 610 * avg_utilization) > 70 THEN 'spike'
      WHEN avg_temperature - CASE WHEN avg_fan_speed > 31 THEN 42 + 48 * (avg_fan_speed / 100 - 0.3)
                                  ELSE 25.5 + 0.0944 * avg_power END > 7 THEN 'drift'
    END AS verdict
  FROM lake.gpu.device_minutes`;

const oddDevices = `
  WITH judged AS (${verdicts})
  SELECT device_id, mode(verdict) AS verdict, COUNT(verdict) AS minutes, strftime(MIN(window_start) FILTER (verdict IS NOT NULL), '%H:%M') AS since,
    MAX(max_temperature) FILTER (verdict IS NOT NULL) AS hottest, mode(truth) AS truth
  FROM judged GROUP BY device_id HAVING COUNT(verdict) > 0 OR COUNT(truth) > 0 ORDER BY minutes DESC, device_id`;

const shownDevices = 20;

async function showOddDevices(directory: string, context: CommandContext): Promise<void> {
  const catalogs = [{ name: 'lake', options: embeddedLake(directory) }];
  const { columns, rows } = await context.queryLake({ text: oddDevices, catalogs });
  context.say('\nOdd devices, from the table by DuckDB; `truth` is what the simulator did:');
  const output = rowOutput(
    'table',
    columns.map(({ name }) => name),
    context.stdout,
  );
  await output.rows(rows.slice(0, shownDevices));
  await output.end();
  await context.stdout.write(`${scoreText(rows)}\n`);
}

const column = { verdict: 1, truth: 5 } as const;

function scoreText(rows: readonly (readonly unknown[])[]): string {
  const isNamed = (row: readonly unknown[]): boolean => row[column.verdict] !== null;
  const isOdd = (row: readonly unknown[]): boolean => row[column.truth] !== null;
  const odd = rows.filter(isOdd);
  const named = odd.filter(isNamed).length;
  const right = odd.filter((row) => row[column.verdict] === row[column.truth]).length;
  const falseAlarms = rows.filter((row) => isNamed(row) && !isOdd(row)).length;
  return `${named} of ${odd.length} odd devices named, ${right} with the right kind; ${falseAlarms} false alarm${falseAlarms === 1 ? '' : 's'}.`;
}
