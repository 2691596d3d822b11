/** Virtual names for Node programs: they ask for a topic and get what their Kafka client has to be given. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { secretsBeside } from '../kafka/secret-text.ts';
import { EngineError } from '../model/errors.ts';
import { type ResolvedTopic, resolveName } from './resolve.ts';
import { parseTopology } from './topology-file.ts';

export type TopicRequest = Readonly<{
  /** Path of the topology file. */
  topology: string;
  /** Where the program runs. */
  dataCentre: string;
  /** `consume` if not said. */
  for?: 'produce' | 'consume' | undefined;
  /** For consumers: what is produced in this data centre, or in all; if not said all, where they are brought together. */
  scope?: 'local' | 'aggregate' | undefined;
}>;

/**
 * The nearest cluster with the topic, the topic's names there, and the client's properties.
 *
 * ```ts
 * const { topics, properties } = await resolveTopic('tracking/page-views', { topology: 'topology.yaml', dataCentre: 'dc1' });
 * ```
 */
export async function resolveTopic(name: string, request: TopicRequest): Promise<ResolvedTopic> {
  const path = resolve(request.topology);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new EngineError('NOT_FOUND', `topology '${path}': expected a file to read, found none`, { cause });
  });
  const topology = parseTopology(text, `topology '${path}'`);
  const { dataCentre, for: use = 'consume', scope } = request;
  return resolveName(topology, name, { dataCentre, for: use, scope }, secretsBeside(path, process.env));
}
