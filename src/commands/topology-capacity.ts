/** `millrace topology capacity [FILE]`: from messages a day to brokers, mirrors, network and disk, with the arithmetic. */
import { Command, Option } from 'commander';
import { EngineError } from '../model/errors.ts';
import { type Capacity, workOut } from '../topology/capacity.ts';
import {
  type CapacityInput,
  capacityInput,
  type QuantityName,
  quantities,
  quantityNames,
} from '../topology/capacity-input.ts';
import { trafficOf } from '../topology/capacity-of.ts';
import { capacityJson, capacityText, totalText } from '../topology/capacity-text.ts';
import { simulateDay } from '../topology/simulated-day.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { wholeNumber } from './option-values.ts';
import { loadTopology, type OutputOptions, outputOption, writeJson } from './topology-options.ts';

type CapacityOptions = OutputOptions &
  Readonly<Partial<Record<QuantityName, string>>> &
  Readonly<{ brokers?: number | undefined; mirrors?: number | undefined }>;

const mostMachines = 1_000_000;

export function topologyCapacityCommand(context: CommandContext): Command {
  const command = new Command('capacity')
    .description('From messages a day to brokers, mirrors, network and disk: the arithmetic, and a simulated day.')
    .argument('[file]', 'a topology, .yaml, with the traffic of its kinds');
  for (const name of quantityNames) {
    const { description, default: preset } = quantities[name];
    command.addOption(new Option(`${optionOf(name)} <value>`, `${description} (default: ${preset})`));
  }
  return command
    .option(
      '--mirrors <n>',
      'mirror processes of the simulated day, if not those worked out',
      wholeNumber(1, mostMachines),
    )
    .option('--brokers <n>', 'brokers of the simulated day, if not those worked out', wholeNumber(1, mostMachines))
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (file: string | undefined, options: CapacityOptions) => {
      context.exit(await capacity(file, options, context));
    });
}

const examples = `
Where the defaults come from is said in the output. Options win over the file.

Examples:
  millrace topology capacity --messages-per-day "800 billion"
  millrace topology capacity --messages-per-day 1e12 --copies 4 --mirror-messages 150000
  millrace topology capacity topology.yaml`;

/** `messagesPerDay` → `--messages-per-day`. */
function optionOf(name: QuantityName): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

type Part = Readonly<{
  /** The kind of traffic; null: all. */
  title: string | null;
  texts: ReadonlyMap<QuantityName, string>;
  derived: Partial<CapacityInput>;
  clusters?: bigint;
}>;

async function capacity(file: string | undefined, options: CapacityOptions, context: CommandContext): Promise<number> {
  const given = new Map(quantityNames.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
  const parts: readonly Part[] =
    file === undefined ? [{ title: null, texts: new Map(), derived: {} }] : await partsOf(file, context);
  const worked = parts.map(({ title, texts, derived, clusters }) => {
    const input = capacityInput(new Map([...texts, ...given]), (name) => `option ${optionOf(name)}`, derived);
    const result = workOut(input, clusters);
    const machines = { mirrors: counted(options.mirrors), brokers: counted(options.brokers) };
    const origins = new Map([
      ...Object.keys(derived).map((name) => [name, 'of the topology'] as const),
      ...[...texts.keys()].map((name) => [name, 'of the file'] as const),
      ...[...given.keys()].map((name) => [name, 'given'] as const),
    ]);
    return { title, result, day: simulateDay(result, machines), origins };
  });
  if (options.output === 'json') {
    const plain = worked.map(({ title, result, day }) => ({ kind: title, ...capacityJson(result, day) }));
    const sums = totals(worked.map(({ result }) => result));
    await writeJson(file === undefined ? plain[0] : { kinds: plain, ...sums }, context);
    return exitCode.ok;
  }
  const texts = worked.map(({ title, result, day, origins }) => {
    return `${title === null ? '' : `# ${title}\n\n`}${capacityText(result, day, origins)}\n`;
  });
  if (file !== undefined) texts.push(`${totalText(worked.map(({ title, result }) => ({ title: title!, result })))}\n`);
  await context.stdout.write(texts.join('\n'));
  return exitCode.ok;
}

function counted(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}

async function partsOf(file: string, context: CommandContext): Promise<readonly Part[]> {
  const parts = trafficOf(await loadTopology(file, context));
  if (parts.length > 0) return parts.map(({ kind, ...part }) => ({ title: kind, ...part }));
  throw new EngineError('INVALID_OPTION', `topology '${file}': expected the traffic of at least one kind, found none`, {
    hint: "Say spec.kinds.tracking.traffic: { messagesPerDay: '2 billion', bytesPerMessage: 300 B }, or leave the file out.",
  });
}

function totals(results: readonly Capacity[]): Readonly<Record<string, string>> {
  const sum = (of: (result: Capacity) => bigint): string => String(results.reduce((all, each) => all + of(each), 0n));
  return { brokers: sum(({ brokers }) => brokers), mirrors: sum(({ mirrors }) => mirrors) };
}
