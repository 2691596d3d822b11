/** `millrace topology show FILE`: a drawing, of characters or as SVG, with what is there where it can be reached. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { EngineError } from '../model/errors.ts';
import type { LiveCluster } from '../topology/live-cluster.ts';
import { topologySvg } from '../topology/show-svg.ts';
import { topologyText } from '../topology/show-text.ts';
import type { Topology } from '../topology/topology.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import {
  loadTopology,
  lookAtAll,
  type OutputOptions,
  outputOption,
  secretsOf,
  topologyArgument,
  writeJson,
} from './topology-options.ts';

type ShowOptions = OutputOptions & Readonly<{ svg?: string | undefined; offline?: boolean | undefined }>;

export function topologyShowCommand(context: CommandContext): Command {
  return new Command('show')
    .description('Draw a topology: data centres, clusters, mirrors, and how the clusters are just now.')
    .argument(...topologyArgument)
    .option('--svg <file>', 'write a picture')
    .option('--offline', 'do not reach for the clusters')
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (file: string, options: ShowOptions) => context.exit(await show(file, options, context)));
}

const examples = `
Examples:
  millrace topology show topology.yaml
  millrace topology show topology.yaml --offline --svg topology.svg`;

async function show(file: string, options: ShowOptions, context: CommandContext): Promise<number> {
  const topology = await loadTopology(file, context);
  const live = options.offline === true ? [] : await lookAtAll(topology, secretsOf(file, context), false);
  if (options.svg !== undefined) await writeSvg(options.svg, topologySvg(topology, live), context);
  if (options.output === 'json') await writeJson(showJson(topology, live), context);
  else if (options.svg === undefined) await context.stdout.write(`${topologyText(topology, live)}\n`);
  return exitCode.ok;
}

async function writeSvg(file: string, svg: string, context: CommandContext): Promise<void> {
  const path = resolve(context.workingDirectory, file);
  await writeFile(path, svg).catch((cause: unknown) => {
    throw new EngineError('IO', `--svg: expected a file that can be written, got ${path}`, { cause });
  });
  context.say(`written: ${path}`);
}

/** Without the clients' properties: what is secret in them is not for a terminal. */
function showJson({ name, dataCentres, clusters, topics, mirrors }: Topology, live: readonly LiveCluster[]): unknown {
  const plain = live.map((each) => (each.state === 'up' ? { ...each, topics: [...each.topics.keys()].sort() } : each));
  return {
    topology: name,
    dataCentres,
    clusters: clusters.map(({ id, dataCentre, kind, role, bootstrapServers, brokers }) => {
      return {
        id,
        dataCentre,
        kind,
        role,
        bootstrapServers,
        brokers,
        live: plain.find((each) => each.id === id) ?? null,
      };
    }),
    topics: topics.map((topic) => ({ ...topic, configs: Object.fromEntries(topic.configs) })),
    mirrors,
  };
}
