/** `millrace simulate FILE`: a scenario's records into Kafka, a file or stdout, as one of several publishers if asked. */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { EngineError } from '../model/errors.ts';
import { kafkaOutlet } from '../simulator/kafka-outlet.ts';
import { type ByteSink, fileSink, lineOutlet, type Outlet } from '../simulator/outlet.ts';
import { Publisher, type Totals } from '../simulator/publisher.ts';
import type { Shard } from '../simulator/record-stream.ts';
import { parseScenario, type Scenario } from '../simulator/scenario.ts';
import { auditedSender } from './audited-sender.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { bytesText, countText, durationText, groupedText } from './human.ts';
import { pairsOption } from './option-values.ts';
import { showLine } from './progress-line.ts';
import { stopSignal } from './stop-signal.ts';
import type { Terminal } from './terminal.ts';

type SimulateOptions = Readonly<{ set: ReadonlyMap<string, string>; shard: Shard; quiet?: boolean }>;

const mostShards = 10_000;

export function simulateCommand(context: CommandContext): Command {
  return new Command('simulate')
    .description("A scenario's records into Kafka, a file or stdout: repeatable by seed.")
    .argument('<file>', 'a scenario, .yaml')
    .addOption(pairsOption('--set <field=value>', 'sets a field below spec, with dots; may be repeated'))
    .option('--shard <i/n>', 'publish the share i of n of the devices or actors: n publishers are the whole', shard, {
      index: 0,
      count: 1,
    })
    .option('--quiet', 'no progress')
    .addHelpText('after', examples)
    .action(async (file: string, options: SimulateOptions) => context.exit(await simulate(file, options, context)));
}

const examples = `
Ends with 0 when the scenario is over, and on SIGINT or SIGTERM, after what was handed over is written.

Examples:
  millrace simulate jobs/gpu-fleet.yaml
  millrace simulate jobs/gpu-fleet.yaml --set target.kind=stdout --set events=1000
  millrace simulate jobs/gpu-fleet.yaml --shard 2/4 --set rate=unlimited
  millrace simulate jobs/payment-risk-events.yaml --set duration='1 h' --set rate=unlimited`;

function shard(text: string): Shard {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match !== null && index >= 1 && index <= count && count <= mostShards) return { index: index - 1, count };
  throw new InvalidArgumentError(`expected i/n with i from 1 to n, such as 2/4, got '${text}'.`);
}

async function simulate(file: string, options: SimulateOptions, context: CommandContext): Promise<number> {
  const scenario = await readScenario(file, options, context);
  const { size, members } = scenario.subject;
  if (options.shard.count > size) {
    throw new EngineError(
      'INVALID_OPTION',
      `--shard: expected at most as many shards as ${members} (${size}), got ${options.shard.count}`,
    );
  }
  const outlet = await openOutlet(scenario, options, context);
  const truth = scenario.truth === null ? null : await fileSink(resolve(context.workingDirectory, scenario.truth));
  const publisher = new Publisher(scenario, options.shard, outlet, truth, context.clock);
  const totals = await runToEnd(publisher, scenario.name, options, context);
  context.say(endText(scenario.name, totals));
  return exitCode.ok;
}

async function readScenario(file: string, options: SimulateOptions, context: CommandContext): Promise<Scenario> {
  const path = resolve(context.workingDirectory, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new EngineError('NOT_FOUND', `scenario '${file}': expected a file to read, found none at ${path}`, { cause });
  });
  const defaults = new Map([['host', hostname()]]);
  return parseScenario(text, `scenario '${file}'`, options.set, defaults);
}

function openOutlet(scenario: Scenario, options: SimulateOptions, context: CommandContext): Promise<Outlet> | Outlet {
  const { target } = scenario;
  switch (target.kind) {
    case 'stdout':
      return lineOutlet(terminalSink(context.stdout));
    case 'file':
      return fileSink(resolve(context.workingDirectory, target.path)).then(lineOutlet);
    case 'kafka':
      return kafkaOutlet(target, scenario, options.shard, context.clock, auditedSender(context.clock));
  }
}

/** The terminal keeps bytes until they are written: it gets its own. */
function terminalSink(terminal: Terminal): ByteSink {
  return { write: (bytes) => terminal.write(bytes.slice()), close: async () => {} };
}

/** Stops on the first signal; leaves at once on the second. */
async function runToEnd(
  publisher: Publisher,
  name: string,
  options: SimulateOptions,
  context: CommandContext,
): Promise<Totals> {
  const { signal, release } = stopSignal(context);
  const over = new AbortController();
  let before = 0;
  const line = (seconds: number): string => {
    const totals = publisher.totals();
    const rate = (totals.records - before) / seconds;
    before = totals.records;
    return progressText(name, totals, rate);
  };
  const progress = options.quiet ? Promise.resolve() : showLine(line, over.signal, context);
  try {
    return await publisher.run(signal);
  } finally {
    over.abort();
    release();
    await progress;
  }
}

/** `fleet · 1.20 M rec/s (3.40 M, 812 MiB) · 2.1 s behind`. */
export function progressText(name: string, totals: Totals, perSecond: number): string {
  const { records, bytes, behindMs } = totals;
  const behind = behindMs >= 1_000 ? ` · ${durationText(behindMs)} behind` : '';
  return `${name} · ${countText(perSecond)} rec/s (${countText(records)}, ${bytesText(bytes)})${behind}`;
}

function endText(name: string, totals: Totals): string {
  const parts = [
    `${groupedText(totals.records)} records (${bytesText(totals.bytes)}): ${groupedText(totals.events)} events`,
    ...(totals.held > 0 ? [`${groupedText(totals.held)} of them in disorder`] : []),
    ...(totals.late > 0 ? [`${groupedText(totals.late)} late`] : []),
    ...(totals.duplicates > 0 ? [`${groupedText(totals.duplicates)} duplicates`] : []),
    ...(totals.garbage > 0 ? [`${groupedText(totals.garbage)} garbage`] : []),
  ];
  return `${name}: ${parts.join(', ')}`;
}
