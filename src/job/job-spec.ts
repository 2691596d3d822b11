/** The job spec: a YAML file that gives a script its owner, engine, parameters and limits (docs/architecture.md, "The job spec"). */
import { EngineError } from '../model/errors.ts';
import { nearest } from '../model/options.ts';
import { type ParameterSpec, type ParameterValue, parseParameters, parseValue } from './parameter.ts';
import { parseYamlDocument } from './yaml-document.ts';
import { YamlMap } from './yaml-map.ts';

export type JobSpec = Readonly<{
  name: string;
  team?: string | undefined;
  description?: string | undefined;
  aliases: readonly string[];
  /** Where it may be deployed; empty: everywhere. */
  environments: readonly string[];
  engine: 'millrace' | 'flink';
  /** A file beside the spec, or the text itself. */
  sql: Readonly<{ kind: 'file'; path: string }> | Readonly<{ kind: 'text'; text: string }>;
  parameters: readonly ParameterSpec[];
  /** What the spec's own fields set, as SET would: below the script in precedence. */
  settings: ReadonlyMap<string, string>;
}>;

const apiVersion = 'millrace/v1';
const jobName = /^[a-z0-9][a-z0-9-]{0,62}$/;
const largestParallelism = 32_768;

/** Throws INVALID_OPTION with the field's path and line. `where` begins each message: "job spec `a.yaml`". */
export function parseJobSpec(text: string, where: string): JobSpec {
  const root = new YamlMap(parseYamlDocument(text, where), where).allow(['apiVersion', 'kind', 'metadata', 'spec']);
  root.oneOf('apiVersion', [apiVersion]);
  root.oneOf('kind', ['Job']);
  const metadata = root.map('metadata').allow(['name', 'team', 'description', 'aliases', 'environments']);
  const spec = root.map('spec').allow(['engine', 'parallelism', 'checkpoint', 'sql', 'parameters']);
  const name = metadata.string('name', {
    pattern: jobName,
    expected: 'a name of lower-case letters, digits and -, at the most 63, the first no -',
  });
  return {
    name,
    team: metadata.optionalString('team'),
    description: metadata.optionalString('description'),
    aliases: metadata.list('aliases'),
    environments: environmentsOf(metadata),
    engine: spec.has('engine') ? spec.oneOf('engine', ['millrace', 'flink']) : 'millrace',
    sql: sqlOf(spec),
    parameters: spec.has('parameters') ? parseParameters(spec.map('parameters')) : [],
    settings: settingsOf(spec, name),
  };
}

function environmentsOf(metadata: YamlMap): readonly string[] {
  const names = metadata.list('environments');
  if (names.every((name) => jobName.test(name))) return names;
  throw metadata.fault('environments', 'names of environments: lower-case letters, digits and -, the first no -');
}

function sqlOf(spec: YamlMap): JobSpec['sql'] {
  const text = spec.string('sql', { pattern: /\S/, expected: 'a path that ends in .sql, or the SQL text' });
  if (!/[\s;]/.test(text.trim()) && !text.trim().endsWith('.sql')) {
    throw spec.fault('sql', 'a path that ends in .sql, or the SQL text');
  }
  return /[\n;]/.test(text) || !text.endsWith('.sql') ? { kind: 'text', text } : { kind: 'file', path: text };
}

function settingsOf(spec: YamlMap, name: string): ReadonlyMap<string, string> {
  const settings = new Map([['pipeline.name', name]]);
  const parallelism = spec.optionalInteger('parallelism', 1, largestParallelism);
  if (parallelism !== undefined) settings.set('parallelism.default', String(parallelism));
  if (!spec.has('checkpoint')) return settings;
  const interval = spec.map('checkpoint').allow(['interval']).optionalScalar('interval');
  if (interval !== undefined) settings.set('execution.checkpointing.interval', interval);
  return settings;
}

/** Reads a secret: from the environment, or a file beside the spec. undefined: it is not there. */
export type SecretReader = (origin: Readonly<{ kind: 'env' | 'file'; name: string }>) => string | undefined;

export type ResolvedParameters = Readonly<{
  values: ReadonlyMap<string, ParameterValue>;
  /** Texts that must never be shown. */
  secrets: readonly string[];
}>;

/** The values that the command line gave, and the defaults. */
export function resolveParameters(
  specs: readonly ParameterSpec[],
  given: ReadonlyMap<string, string>,
  readSecret: SecretReader,
): ResolvedParameters {
  const names = specs.map((spec) => spec.name);
  const unknown = [...given.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, names);
    throw new EngineError('INVALID_OPTION', `parameter '${unknown}' is not declared`, {
      hint: near === undefined ? `Declared parameters: ${names.join(', ') || 'none'}.` : `Did you mean '${near}'?`,
    });
  }
  const texts = specs.map((spec) => textOf(spec, given.get(spec.name), readSecret));
  return {
    values: new Map(specs.map((spec, index) => [spec.name, checkedValue(spec, texts[index]!)])),
    secrets: texts.filter((text, index) => specs[index]!.type === 'secret' && text !== ''),
  };
}

function textOf(spec: ParameterSpec, given: string | undefined, readSecret: SecretReader): string {
  if (spec.secret !== undefined) return secretOf(spec, spec.secret, given, readSecret);
  const text = given ?? spec.default;
  if (text !== undefined) return text;
  throw new EngineError('INVALID_OPTION', `parameter '${spec.name}' has no default: expected a value, found none`, {
    hint: `Add --param ${spec.name}=…${spec.description === undefined ? '' : ` (${spec.description})`}.`,
  });
}

function secretOf(
  spec: ParameterSpec,
  origin: NonNullable<ParameterSpec['secret']>,
  given: string | undefined,
  readSecret: SecretReader,
): string {
  const from = origin.kind === 'env' ? `the environment variable ${origin.name}` : `the file ${origin.name}`;
  if (given !== undefined) {
    throw new EngineError('INVALID_OPTION', `parameter '${spec.name}': a secret can't be given on the command line`, {
      hint: `It is taken from ${from}: a command line is seen by everyone on the machine.`,
    });
  }
  const text = readSecret(origin);
  if (text !== undefined) return text;
  throw new EngineError('NOT_FOUND', `parameter '${spec.name}': expected its value in ${from}, found none`);
}

function checkedValue(spec: ParameterSpec, text: string): ParameterValue {
  const parsed = parseValue(text, spec);
  if (parsed.kind === 'value') return parsed.value;
  throw new EngineError('INVALID_OPTION', `parameter '${spec.name}': expected ${parsed.expected}, got '${text}'`, {
    ...(spec.description === undefined ? {} : { hint: spec.description }),
  });
}
