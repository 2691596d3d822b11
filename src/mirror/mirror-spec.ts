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
import { YamlFaults } from '../job/yaml-faults.ts';
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
 * Throws INVALID_OPTION with the path and line of the first field that is at fault. `where` begins each message: "mirror `a.yaml`". `secrets`
 * gives what `${env:NAME}` and `${file:PATH}` stand for in properties.
 */
export function parseMirror(text: string, where: string, secrets: SecretSource = noSecrets): MirrorSpec {
  const { spec, faults } = checkMirror(text, where, secrets);
  if (spec === null) throw faults[0]!;
  return spec;
}

/** A mirror, or all that is wrong with it, by place. */
export function checkMirror(
  text: string,
  where: string,
  secrets: SecretSource = noSecrets,
): Readonly<{ spec: MirrorSpec | null; faults: readonly EngineError[] }> {
  const faults = new YamlFaults();
  const spec = faults.take(() => new MirrorReading(text, where, secrets, faults).spec());
  return { spec: faults.all.length === 0 ? spec : null, faults: faults.all };
}

/** Reads field by field; what is at fault is left out, and noted. */
class MirrorReading {
  readonly #root: YamlMap;
  readonly #where: string;
  readonly #secrets: SecretSource;
  readonly #faults: YamlFaults;

  constructor(text: string, where: string, secrets: SecretSource, faults: YamlFaults) {
    this.#root = new YamlMap(parseYamlDocument(text, where), where);
    this.#where = where;
    this.#secrets = secrets;
    this.#faults = faults;
  }

  spec(): MirrorSpec {
    const take = <T>(read: () => T): T => this.#faults.take(read);
    const root = this.#root;
    this.#faults.add(root.unknown(['apiVersion', 'kind', 'metadata', 'spec']));
    take(() => root.oneOf('apiVersion', [apiVersion]));
    take(() => root.oneOf('kind', ['Mirror']));
    const expected = 'a name of lower-case letters, digits and -, at the most 63, the first no -';
    const metadata = take(() => root.map('metadata'));
    this.#faults.add(metadata?.unknown(['name', 'team', 'description']) ?? []);
    const spec = root.map('spec');
    this.#faults.add(spec.unknown(specFields));
    const choice = <T extends string>(key: string, values: readonly [T, ...T[]]): T =>
      take(() => (spec.has(key) ? spec.oneOf(key, values) : values[0]));
    const [source, target] = [take(() => this.#side(spec, 'source')), take(() => this.#side(spec, 'target'))];
    if (source?.alias !== undefined && source.alias === target?.alias)
      this.#faults.add([spec.map('target').fault('alias', 'another alias than that of the source')]);
    return {
      name: metadata === undefined ? '' : take(() => metadata.string('name', { pattern: mirrorName, expected })),
      source,
      target,
      topics: take(() => nameFilter(spec.map('topics'))),
      groups: take(() => (spec.has('groups') ? nameFilter(spec.map('groups')) : { include: [/^.*$/], exclude: [] })),
      naming: choice('naming', ['identity', 'prefix']),
      delivery: choice('delivery', ['reconcile', 'transactional', 'at-least-once']),
      onLoss: choice('onLoss', ['fail', 'skip-and-record']),
      startFrom: choice('startFrom', ['earliest', 'latest']),
      replicationFactor: take(() => spec.optionalInteger('replicationFactor', 1, largestReplication) ?? -1),
      quotas: take(() => (spec.has('quotas') ? quotasOf(spec.map('quotas')) : [])),
      sync: take(() => this.#sync(spec)),
      commitMs: take(() => duration(spec, 'commitInterval', 1_000, 10)),
      leaseMs: take(() => duration(spec, 'leaseTimeout', 10_000, 200)),
    };
  }

  #side(spec: YamlMap, side: 'source' | 'target'): MirrorSide {
    const map = spec.map(side);
    this.#faults.add(map.unknown(['alias', 'bootstrapServers', 'properties']));
    const expected = 'a name of letters, digits, _ and -, at the most 63, the first a letter or digit';
    const alias = this.#faults.take(() => map.string('alias', { pattern: aliasName, expected }));
    const given = map.has('properties') ? map.map('properties') : null;
    const properties = new Map<string, string>(Object.entries(side === 'source' ? sourceDefaults : targetDefaults));
    const where = `${this.#where}, spec.${side}`;
    for (const key of given?.keys() ?? []) {
      const text = given!.optionalScalar(key) ?? '';
      properties.set(key, withSecrets(text, this.#secrets, `${where}.properties.${key}`));
    }
    properties.set('bootstrap.servers', map.string('bootstrapServers'));
    properties.set('isolation.level', 'read_committed');
    return { alias, config: checked(map, properties, where) };
  }

  #sync(spec: YamlMap): SyncSpec {
    const fields = ['topics', 'configs', 'acls', 'groups', 'interval', 'heartbeats'];
    const map = spec.has('sync') ? spec.map('sync') : null;
    this.#faults.add(map?.unknown(fields) ?? []);
    const take = <T>(read: () => T): T => this.#faults.take(read);
    const flag = (key: string): boolean => take(() => map?.optionalBoolean(key) ?? true);
    return {
      topicsMs: take(() => duration(map, 'topics', 5_000, 100)),
      configs: flag('configs'),
      acls: flag('acls'),
      groups: flag('groups'),
      intervalMs: take(() => duration(map, 'interval', 10_000, 100)),
      heartbeatsMs: take(() => duration(map, 'heartbeats', 1_000, 0)),
    };
  }
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

function duration(map: YamlMap | null, key: string, byDefault: number, least: number): number {
  const text = map?.optionalScalar(key);
  if (text === undefined) return byDefault;
  const value = parseDuration(text);
  if (value !== undefined && value >= least) return value;
  throw map!.fault(key, `a duration such as '10 s' or '500 ms', ${least} ms or more`);
}
