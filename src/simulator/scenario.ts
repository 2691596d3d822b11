/**
 * A scenario file: what is simulated, how fast, and where its records go. Of a fleet its fields are the options of the `simulator` table
 * (fleet-options.ts, sources/pace.ts), nested at the dots, with `target` and `truth` besides; of other events (event-options.ts) a `model`
 * says what is sent (event-model-file.ts).
 *
 * ```yaml
 * apiVersion: millrace/v1
 * kind: Scenario
 * metadata: { name: fleet-with-faults }
 * spec:
 *   scenario: gpu-fleet
 *   devices: 1000
 *   period: 1 s
 *   anomalies: { rate: 0.05, kinds: [spike, stuck] }
 *   late: { rate: 0.01, min: 30 s, max: 1 min }
 *   target: { kind: kafka, bootstrapServers: "localhost:9092", topic: gpu-events }
 *   truth: truth.jsonl
 * ```
 */
import { parseYamlDocument } from '../job/yaml-document.ts';
import { YamlMap } from '../job/yaml-map.ts';
import { EngineError } from '../model/errors.ts';
import { checkOptions, type OptionSpec, type Options } from '../model/options.ts';
import { type Pace, paceOptions, parsePace } from '../sources/pace.ts';
import { parseEventModel } from './event-model-file.ts';
import { eventOptions, eventSettings } from './event-options.ts';
import { EventsSubject } from './event-records.ts';
import { fleetOptions, fleetSettings, garbageOption } from './fleet-options.ts';
import { FleetSubject } from './fleet-records.ts';
import type { Subject } from './record-stream.ts';

export type KafkaTarget = Readonly<{
  kind: 'kafka';
  topic: string;
  /** With this many the topic is made where there is none; null = it has to be there. */
  partitions: number | null;
  /** The client's, as Kafka names them. */
  properties: ReadonlyMap<string, string>;
}>;

type Target = Readonly<{ kind: 'stdout' }> | Readonly<{ kind: 'file'; path: string }> | KafkaTarget;

export type Scenario = Readonly<{
  name: string;
  /** What is simulated. */
  subject: Subject;
  pace: Pace;
  target: Target;
  /** Whether records are named and counted for the audit. */
  audit: boolean;
  /** Path of the file for the truth; null = it is not kept. */
  truth: string | null;
}>;

const scenarioName = /^[a-z0-9][a-z0-9-]{0,62}$/;

const targetOptions: readonly OptionSpec[] = [
  {
    key: 'target.kind',
    kind: 'enum',
    values: ['stdout', 'file', 'kafka'],
    default: 'stdout',
    description:
      'Where the records go: JSON lines to stdout or a file, or records with the device or actor as key to a topic.',
  },
  { key: 'target.path', kind: 'string', description: 'The file of the kind `file`; it is written anew.' },
  {
    key: 'target.bootstrapServers',
    kind: 'string',
    description: 'Brokers of the kind `kafka`: host:port, with commas.',
  },
  { key: 'target.topic', kind: 'string', description: 'The topic of the kind `kafka`.' },
  {
    key: 'target.partitions',
    kind: 'integer',
    min: 1,
    max: 10_000,
    description: 'Makes the topic with this many partitions where there is none.',
  },
  {
    key: 'target.compression',
    kind: 'enum',
    values: ['none', 'gzip', 'lz4', 'zstd'],
    default: 'lz4',
    description: 'How record batches are compressed.',
  },
  {
    key: 'target.batchSize',
    kind: 'memory',
    min: 1,
    default: '256 kb',
    description: 'Size at which a record batch is closed, before compression.',
  },
  {
    key: 'target.linger',
    kind: 'duration',
    default: '10 ms',
    description: 'How long a record batch waits for more records.',
  },
  {
    key: 'target.properties.',
    kind: 'map',
    description: 'More properties of the Kafka client, as Kafka names them (security.protocol, sasl.jaas.config, …).',
  },
];

const kafkaKeys = ['bootstrapServers', 'topic', 'partitions', 'compression', 'batchSize', 'linger'];

const kinds = ['gpu-fleet', 'events'] as const;

const kindOption: OptionSpec = {
  key: 'scenario',
  kind: 'enum',
  values: kinds,
  default: 'gpu-fleet',
  description: 'What is simulated.',
};

/** The fields below `spec` of each kind of scenario, with dots for nesting. */
const subjectOptions: Readonly<Record<(typeof kinds)[number], readonly OptionSpec[]>> = {
  'gpu-fleet': [
    ...fleetOptions,
    garbageOption,
    {
      key: 'anomalies.label',
      kind: 'boolean',
      default: 'false',
      description: 'Whether each event names its anomaly in the field `anomaly` (null = none).',
    },
  ],
  events: eventOptions,
};

const commonOptions: readonly OptionSpec[] = [
  kindOption,
  ...paceOptions,
  ...targetOptions,
  {
    key: 'audit',
    kind: 'boolean',
    default: 'false',
    description:
      'With the kind `kafka`: names each record and counts it, so that `millrace audit` can tell whether it arrived.',
  },
  {
    key: 'truth',
    kind: 'string',
    description: 'File for the truth, JSON lines: anomalies, late events, duplicates, garbage.',
  },
];

/**
 * `overrides` win over the file; `defaults` fill in what neither says. Faults are INVALID_OPTION and name the field. `where` begins each
 * message ("scenario `fleet.yaml`").
 */
export function parseScenario(
  text: string,
  where: string,
  overrides: ReadonlyMap<string, string> = new Map(),
  defaults: ReadonlyMap<string, string> = new Map(),
): Scenario {
  const document = parseYamlDocument(text, where);
  const root = new YamlMap(document, where).allow(['apiVersion', 'kind', 'metadata', 'spec']);
  root.oneOf('apiVersion', ['millrace/v1']);
  root.oneOf('kind', ['Scenario']);
  const metadata = root.map('metadata').allow(['name', 'team', 'description']);
  const name = metadata.string('name', {
    pattern: scenarioName,
    expected: 'a name of lower-case letters, digits and -, at the most 63, the first no -',
  });
  const spec = root.map('spec');
  const { [modelField]: model, ...flat } = (document.value as { spec: Record<string, unknown> }).spec;
  const written = flatten(flat, '', where);
  // Another kind of target: what the file says of its own one does not count.
  if (overrides.has('target.kind'))
    for (const key of written.keys()) if (key.startsWith('target.') || key === 'audit') written.delete(key);
  const kind = kindOf(new Map([...written, ...overrides]), where);
  const specs = [...commonOptions, ...subjectOptions[kind]];
  const fitting = [...defaults].filter(([key]) => specs.some((option) => option.key === key));
  const options = checkOptions(new Map([...fitting, ...written, ...overrides]), specs, where);
  const audit = options.boolean('audit');
  if (audit && options.string('target.kind') !== 'kafka')
    throw new EngineError('INVALID_OPTION', `${where}: option 'audit' has a meaning with 'target.kind' kafka alone`);
  if ((model !== undefined) !== (kind === 'events')) throw spec.fault(modelField, expectedModel[kind]);
  return {
    name,
    audit,
    subject:
      kind === 'events'
        ? new EventsSubject(name, eventSettings(options, where), parseEventModel(spec.map(modelField)))
        : new FleetSubject(name, fleetSettings(options, where), options.boolean('anomalies.label')),
    pace: parsePace(options, where),
    target: targetOf(options, new Set([...written.keys(), ...overrides.keys()]), where),
    truth: options.optionalString('truth') ?? null,
  };
}

/** Of `events` alone, and no option: what is sent, as a mapping (event-model-file.ts). */
const modelField = 'model';
const expectedModel = {
  events: "a mapping that says what the actors send: 'fields' and 'journeys'",
  'gpu-fleet': "nothing: only scenarios of the kind 'events' have a model",
};

function kindOf(given: ReadonlyMap<string, string>, where: string): (typeof kinds)[number] {
  const named = new Map([...given].filter(([key]) => key === kindOption.key));
  return checkOptions(named, [kindOption], where).string(kindOption.key) as (typeof kinds)[number];
}

/** Nested mappings as dotted keys; a list as Flink writes one, with semicolons. */
function flatten(value: object, prefix: string, where: string): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, inner] of Object.entries(value)) {
    const path = `${prefix}${key}`;
    if (inner === null) continue;
    if (Array.isArray(inner)) flat.set(path, inner.map((item) => scalarText(item, path, where)).join(';'));
    else if (typeof inner === 'object') {
      for (const [below, text] of flatten(inner as object, `${path}.`, where)) flat.set(below, text);
    } else flat.set(path, String(inner));
  }
  return flat;
}

function scalarText(item: unknown, path: string, where: string): string {
  if (typeof item !== 'object' || item === null) return String(item);
  throw new EngineError(
    'INVALID_OPTION',
    `${where}: spec.${path}: expected a list of texts, found ${JSON.stringify(item)}`,
  );
}

function targetOf(options: Options, given: ReadonlySet<string>, where: string): Target {
  const kind = options.string('target.kind') as Target['kind'];
  const foreign = [...(kind === 'kafka' ? [] : kafkaKeys), ...(kind === 'file' ? [] : ['path'])];
  const misplaced = foreign.find((key) => given.has(`target.${key}`));
  if (misplaced !== undefined || (kind !== 'kafka' && options.map('target.properties.').size > 0)) {
    const key = misplaced ?? 'properties';
    throw new EngineError(
      'INVALID_OPTION',
      `${where}: option 'target.${key}' has no meaning with 'target.kind' ${kind}`,
      {
        hint: `Set 'target.kind' to ${key === 'path' ? 'file' : 'kafka'}, or take 'target.${key}' out.`,
      },
    );
  }
  if (kind === 'stdout') return { kind };
  if (kind === 'file') return { kind, path: required(options, 'target.path', where) };
  return {
    kind,
    topic: required(options, 'target.topic', where),
    partitions: options.optionalNumber('target.partitions') ?? null,
    properties: new Map([
      ['bootstrap.servers', required(options, 'target.bootstrapServers', where)],
      ['compression.type', options.string('target.compression')],
      ['batch.size', String(options.number('target.batchSize'))],
      ['linger.ms', String(options.number('target.linger'))],
      ...options.map('target.properties.'),
    ]),
  };
}

function required(options: Options, key: string, where: string): string {
  const value = options.optionalString(key);
  if (value !== undefined && value !== '') return value;
  const kind = options.string('target.kind');
  throw new EngineError(
    'INVALID_OPTION',
    `${where}: option '${key}' is required with 'target.kind' ${kind} and is not set`,
  );
}
