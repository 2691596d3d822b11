/**
 * A mirror file: which topics of one cluster are copied to another, and how.
 *
 * ```yaml
 * apiVersion: millrace/v1
 * kind: Mirror
 * metadata: { name: dc1-tracking }
 * spec:
 *   source: { alias: dc1, bootstrapServers: "dc1:9092" }
 *   target: { alias: aggregate, bootstrapServers: "agg:9092" }
 *   topics: { include: ["tracking.*"], exclude: [] }
 *   naming: identity
 *   delivery: reconcile
 *   onLoss: fail
 * ```
 */
import { parseYamlDocument } from '../job/yaml-document.ts';
import { YamlMap } from '../job/yaml-map.ts';
import { type ClientConfig, clientConfig } from '../kafka/client-config.ts';
import { type SecretSource, withSecrets } from '../kafka/secret-text.ts';
import { EngineError } from '../model/errors.ts';
import { parseDuration } from '../model/options.ts';
import { type NameFilter, nameFilter } from './name-filter.ts';
import { type Quota, quotasOf } from './quota-spec.ts';

export type MirrorSide = Readonly<{
  alias: string;
  config: ClientConfig;
}>;

/** What is kept alike beside the records, and how often it is looked at. */
export type SyncSpec = Readonly<{
  /** New topics and partitions of the source. */
  topicsMs: number;
  configs: boolean;
  acls: boolean;
  groups: boolean;
  /** Of configs, ACLs and groups. */
  intervalMs: number;
  /** 0: none are written. */
  heartbeatsMs: number;
}>;

export type MirrorSpec = Readonly<{
  name: string;
  source: MirrorSide;
  target: MirrorSide;
  topics: NameFilter;
  groups: NameFilter;
  naming: 'identity' | 'prefix';
  delivery: 'reconcile' | 'transactional' | 'at-least-once';
  onLoss: 'fail' | 'skip-and-record';
  /** Where a partition begins that was never mirrored. */
  startFrom: 'earliest' | 'latest';
  /** Of topics that the mirror makes; −1: the target brokers' default. */
  replicationFactor: number;
  quotas: readonly Quota[];
  sync: SyncSpec;
  /** How often positions are stored, or transactions committed. */
  commitMs: number;
  /** A process that has been silent for so long has lost its share of the work. */
  leaseMs: number;
}>;

const apiVersion = 'millrace/v1';
const mirrorName = /^[a-z0-9][a-z0-9-]{0,62}$/;
const aliasName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const specFields = [
  ...['source', 'target', 'topics', 'groups', 'naming', 'delivery', 'onLoss', 'startFrom', 'replicationFactor'],
  ...['quotas', 'sync', 'commitInterval', 'leaseTimeout'],
];
const largestReplication = 32_767;

/** Where the defaults of the client differ from those of a job: a mirror reads whole batches, far away, and only what is committed. */
const sourceDefaults = {
  'fetch.min.bytes': '65536',
  'fetch.max.wait.ms': '100',
  'fetch.max.bytes': '4194304',
  'max.partition.fetch.bytes': '1048576',
} as const;
const targetDefaults = { 'max.request.size': '4194304', 'buffer.memory': '33554432' } as const;

const noSecrets: SecretSource = () => undefined;

/**
 * Throws INVALID_OPTION with the field's path and line. `where` begins each message: "mirror `a.yaml`". `secrets` gives what `${env:NAME}` and
 * `${file:PATH}` stand for in properties.
 */
export function parseMirror(text: string, where: string, secrets: SecretSource = noSecrets): MirrorSpec {
  const root = new YamlMap(parseYamlDocument(text, where), where).allow(['apiVersion', 'kind', 'metadata', 'spec']);
  root.oneOf('apiVersion', [apiVersion]);
  root.oneOf('kind', ['Mirror']);
  const expected = 'a name of lower-case letters, digits and -, at the most 63, the first no -';
  const name = root
    .map('metadata')
    .allow(['name', 'team', 'description'])
    .string('name', { pattern: mirrorName, expected });
  const spec = root.map('spec').allow(specFields);
  const choice = <T extends string>(key: string, values: readonly [T, ...T[]]): T =>
    spec.has(key) ? spec.oneOf(key, values) : values[0];
  const [source, target] = [sideOf(spec, 'source', where, secrets), sideOf(spec, 'target', where, secrets)];
  if (source.alias === target.alias) {
    throw spec.map('target').fault('alias', `another alias than that of the source`);
  }
  return {
    name,
    source,
    target,
    topics: nameFilter(spec.map('topics')),
    groups: spec.has('groups') ? nameFilter(spec.map('groups')) : { include: [/^.*$/], exclude: [] },
    naming: choice('naming', ['identity', 'prefix']),
    delivery: choice('delivery', ['reconcile', 'transactional', 'at-least-once']),
    onLoss: choice('onLoss', ['fail', 'skip-and-record']),
    startFrom: choice('startFrom', ['earliest', 'latest']),
    replicationFactor: spec.optionalInteger('replicationFactor', 1, largestReplication) ?? -1,
    quotas: spec.has('quotas') ? quotasOf(spec.map('quotas')) : [],
    sync: syncOf(spec),
    commitMs: duration(spec, 'commitInterval', 1_000, 10),
    leaseMs: duration(spec, 'leaseTimeout', 10_000, 200),
  };
}

function sideOf(spec: YamlMap, side: 'source' | 'target', where: string, secrets: SecretSource): MirrorSide {
  const map = spec.map(side).allow(['alias', 'bootstrapServers', 'properties']);
  const expected = 'a name of letters, digits, _ and -, at the most 63, the first a letter or digit';
  const alias = map.string('alias', { pattern: aliasName, expected });
  const given = map.has('properties') ? map.map('properties') : null;
  const properties = new Map<string, string>(Object.entries(side === 'source' ? sourceDefaults : targetDefaults));
  for (const key of given?.keys() ?? []) {
    const text = given!.optionalScalar(key) ?? '';
    properties.set(key, withSecrets(text, secrets, `${where}, spec.${side}.properties.${key}`));
  }
  properties.set('bootstrap.servers', map.string('bootstrapServers'));
  properties.set('isolation.level', 'read_committed');
  return { alias, config: checked(map, properties, `${where}, spec.${side}`) };
}

function checked(map: YamlMap, properties: ReadonlyMap<string, string>, where: string): ClientConfig {
  try {
    return clientConfig(properties, where);
  } catch (error) {
    const { message, hint } = error as EngineError;
    const field = message.includes('bootstrap.servers') ? 'bootstrapServers' : 'properties';
    const { position } = map.fault(field, 'client properties');
    throw new EngineError('INVALID_OPTION', message, { hint, position, cause: error });
  }
}

function syncOf(spec: YamlMap): SyncSpec {
  const fields = ['topics', 'configs', 'acls', 'groups', 'interval', 'heartbeats'];
  const map = spec.has('sync') ? spec.map('sync').allow(fields) : null;
  const flag = (key: string): boolean => map?.optionalBoolean(key) ?? true;
  return {
    topicsMs: duration(map, 'topics', 5_000, 100),
    configs: flag('configs'),
    acls: flag('acls'),
    groups: flag('groups'),
    intervalMs: duration(map, 'interval', 10_000, 100),
    heartbeatsMs: duration(map, 'heartbeats', 1_000, 0),
  };
}

function duration(map: YamlMap | null, key: string, byDefault: number, least: number): number {
  const text = map?.optionalScalar(key);
  if (text === undefined) return byDefault;
  const value = parseDuration(text);
  if (value !== undefined && value >= least) return value;
  throw map!.fault(key, `a duration such as '10 s' or '500 ms', ${least} ms or more`);
}
