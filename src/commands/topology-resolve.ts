/** `millrace topology resolve FILE NAME`: where a client of a data centre finds a topic. */
import { Command, Option } from 'commander';
import { type ResolveRequest, resolveName } from '../topology/resolve.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import {
  loadTopology,
  type OutputOptions,
  outputOption,
  secretsOf,
  topologyArgument,
  writeJson,
} from './topology-options.ts';

type ResolveOptions = OutputOptions &
  Readonly<{ dc: string; for: ResolveRequest['for']; scope?: ResolveRequest['scope'] }>;

export function topologyResolveCommand(context: CommandContext): Command {
  return new Command('resolve')
    .description('Where a client finds a topic by its virtual name: the nearest cluster, and the names there.')
    .argument(...topologyArgument)
    .argument('<name>', 'kind and topic, such as tracking/page-views')
    .requiredOption('--dc <name>', 'the data centre where the client runs')
    .addOption(new Option('--for <what>', 'what the client does').choices(['produce', 'consume']).default('consume'))
    .addOption(
      new Option(
        '--scope <scope>',
        'which messages to consume: of this data centre, or of all that are brought together (default: all, where they are)',
      ).choices(['local', 'aggregate']),
    )
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (file: string, name: string, options: ResolveOptions) => {
      context.exit(await resolve(file, name, options, context));
    });
}

const examples = `
Examples:
  millrace topology resolve topology.yaml tracking/page-views --dc dc1
  millrace topology resolve topology.yaml tracking/page-views --dc dc1 --for produce --output json`;

async function resolve(file: string, name: string, options: ResolveOptions, context: CommandContext): Promise<number> {
  const topology = await loadTopology(file, context);
  const request = { dataCentre: options.dc, for: options.for, scope: options.scope };
  const resolved = resolveName(topology, name, request, secretsOf(file, context));
  const properties = Object.entries(resolved.properties).map(([key, value]) => [key, context.redact(value)] as const);
  if (options.output === 'json') await writeJson({ ...resolved, properties: Object.fromEntries(properties) }, context);
  else {
    const lines = [
      `cluster     ${resolved.cluster}`,
      ...resolved.topics.map((topic, i) => `${i === 0 ? 'topics' : ''.padEnd(6)}      ${topic}`),
      ...properties.map(([key, value], i) => `${i === 0 ? 'properties' : ''.padEnd(10)}  ${key}=${value}`),
    ];
    await context.stdout.write(`${lines.join('\n')}\n`);
  }
  return exitCode.ok;
}
