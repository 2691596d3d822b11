/** What the commands over a topology file share. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { type SecretSource, secretsBeside } from '../kafka/secret-text.ts';
import { EngineError } from '../model/errors.ts';
import { firstError } from '../topology/finding.ts';
import { type LiveCluster, lookAtClusters, openClusters } from '../topology/live-cluster.ts';
import type { Topology } from '../topology/topology.ts';
import { type CheckedTopology, readTopology } from '../topology/topology-file.ts';
import type { CommandContext } from './dependencies.ts';

export const topologyArgument = ['<file>', 'a topology, .yaml'] as const;

export type OutputOptions = Readonly<{ output: 'text' | 'json' }>;

export function outputOption(): Option {
  return new Option('--output <format>', 'text or json').choices(['text', 'json']).default('text');
}

export async function writeJson(value: unknown, context: CommandContext): Promise<void> {
  await context.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export async function checkedTopology(file: string, context: CommandContext): Promise<CheckedTopology> {
  const path = resolve(context.workingDirectory, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new EngineError('NOT_FOUND', `topology '${file}': expected a file to read, found none at ${path}`, { cause });
  });
  return readTopology(text, `topology '${file}'`);
}

/** The topology; its warnings go to stderr, its first error is thrown. */
export async function loadTopology(file: string, context: CommandContext): Promise<Topology> {
  const { topology, findings } = await checkedTopology(file, context);
  if (topology === null) throw firstError(findings)!;
  for (const { message } of findings) context.say(`warning: ${message}`);
  return topology;
}

/** From the environment, or a file beside the topology's; each secret is hidden from then on. */
export function secretsOf(file: string, context: CommandContext): SecretSource {
  const read = secretsBeside(resolve(context.workingDirectory, file), context.env);
  const found = new Set<string>();
  return (kind, name) => {
    const value = read(kind, name);
    if (value !== undefined && value !== '') context.hide([...found.add(value)]);
    return value;
  };
}

/** Every cluster as it is now. Clients are closed again. */
export async function lookAtAll(
  topology: Topology,
  secrets: SecretSource,
  patient: boolean,
): Promise<readonly LiveCluster[]> {
  const clients = openClusters(topology, secrets, patient);
  try {
    return await lookAtClusters(topology, clients, patient);
  } finally {
    clients.close();
  }
}
