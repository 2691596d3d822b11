/**
 * Whether a script runs on a real Flink as it is: what Flink refuses, what it would take and do otherwise, and what the cluster has to bring
 * along. Read off the statements, so that scripts in a dialect that goes further than this engine's are looked at as well.
 */
import type { ConnectorRegistry } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import { parseScript, type ScriptPart } from '../sql/parser.ts';
import type { Statement } from '../sql/statement.ts';

/** `refused`: it will not run. `differs`: it runs, and does something else. `needs`: it runs where the cluster has it. */
export type PortabilityFinding = Readonly<{
  kind: 'refused' | 'differs' | 'needs';
  /** 1-based, in the script; null: of the whole job. */
  line: number | null;
  text: string;
  hint: string | null;
}>;

type Draft = Omit<PortabilityFinding, 'line'>;
type OptionMap = ReadonlyMap<string, string>;

/** What lies beside Flink's distribution, by connector or catalog type. */
const jars: Readonly<Record<string, string>> = {
  kafka: 'flink-sql-connector-kafka',
  'upsert-kafka': 'flink-sql-connector-kafka',
  iceberg: 'iceberg-flink-runtime',
  jdbc: 'flink-connector-jdbc and the database’s driver',
  nexmark: 'nexmark-flink',
};

const formatJars: Readonly<Record<string, string>> = {
  'avro-confluent': 'flink-sql-avro-confluent-registry',
  avro: 'flink-sql-avro',
  parquet: 'flink-sql-parquet',
  protobuf: 'flink-sql-protobuf',
};

/** In the order of the script. `parts` are its statements, `line` of the first is that of the script's first line. */
export function portabilityOf(parts: readonly ScriptPart[], connectors: ConnectorRegistry): PortabilityFinding[] {
  const found = parts.flatMap((part) => {
    const line = part.position.line;
    return findingsOf(part, connectors).map(({ offset, ...draft }) => ({ ...draft, line: line + offset }));
  });
  const known = new Set<string>();
  return found.filter(({ kind, text }) => kind !== 'needs' || (!known.has(text) && known.add(text) !== undefined));
}

/** Throws UNSUPPORTED with everything that Flink would refuse. */
export function refuseUnportable(parts: readonly ScriptPart[], job: string, connectors: ConnectorRegistry): void {
  const refused = portabilityOf(parts, connectors).filter(({ kind }) => kind === 'refused');
  if (refused.length === 0) return;
  const lines = refused.map(({ line, text }) => `line ${line}: ${text}`);
  throw new EngineError('UNSUPPORTED', `job ${job}: it does not run on Flink: ${lines.join('; ')}`, {
    hint: refused[0]!.hint ?? 'See explain --target flink.',
  });
}

/** `offset`: lines behind the statement's first. */
type Placed = Draft & Readonly<{ offset: number }>;

function atStart(drafts: readonly Draft[]): Placed[] {
  return drafts.map((draft) => ({ ...draft, offset: 0 }));
}

function findingsOf(part: ScriptPart, connectors: ConnectorRegistry): Placed[] {
  const statement = read(part);
  if (statement === null) {
    const text = `${part.words.slice(0, 2).join(' ')} …: not read here: whether Flink takes it, Flink alone can say`;
    return [{ kind: 'differs', offset: 0, text, hint: 'It is handed over as it stands.' }];
  }
  switch (statement.kind) {
    case 'create_table': {
      const options = new Map(statement.options.map(({ key, value }) => [key.toLowerCase(), value]));
      const ownKeys = statement.options.filter(({ key }) => isOwnKey(key));
      const name = statement.name.parts.map((part) => part.name).join('.');
      return [
        ...atStart(tableFindings(name, options, connectors)),
        ...ownKeys.map(({ key, position }) => ({ ...ownOption(key), offset: position.line - 1 })),
      ];
    }
    case 'create_catalog':
      return atStart(catalogFindings(new Map(statement.options.map(({ key, value }) => [key.toLowerCase(), value]))));
    case 'create_function':
      return atStart(functionFindings(statement.language?.name ?? 'JAVA'));
    case 'set':
      return atStart(settingFindings(statement.key ?? '', statement.value));
    default:
      return [];
  }
}

function read(part: ScriptPart): Statement | null {
  try {
    const [statement] = parseScript(part.text);
    return statement === undefined || statement.kind === 'unsupported' ? null : statement;
  } catch {
    return null;
  }
}

function isOwnKey(key: string): boolean {
  return /(?:^|\.)millrace\./.test(key);
}

function ownOption(key: string): Draft {
  return {
    kind: 'refused',
    text: `the option '${key}' is Millrace's own`,
    hint: key.startsWith('protobuf.') ? "Flink takes the schema as a Java class, 'protobuf.message-class-name'." : null,
  };
}

function tableFindings(table: string, options: OptionMap, connectors: ConnectorRegistry): Draft[] {
  const connector = options.get('connector');
  if (connector === undefined) return [];
  if (connectors[connector]?.portable === false) {
    const hint = 'Read from Kafka in its place: `millrace simulate` writes the same records there.';
    return [{ kind: 'refused', text: `table ${table}: the connector '${connector}' is Millrace's own`, hint }];
  }
  const url = options.get('url') ?? '';
  if (connector === 'jdbc' && /^jdbc:(?:sqlite|duckdb):/.test(url)) {
    const hint = 'Put the table into a database that Flink’s JDBC connector knows, or into Iceberg.';
    return [{ kind: 'refused', text: `table ${table}: Flink's jdbc connector has no dialect for '${url}'`, hint }];
  }
  return [
    ...jarOf(connector, jars),
    ...formatsOf(options).flatMap((format) => jarOf(format, formatJars)),
    ...pathFindings(table, connector, options),
  ];
}

function formatsOf(options: OptionMap): string[] {
  return ['format', 'key.format', 'value.format'].flatMap((key) => options.get(key) ?? []);
}

function jarOf(name: string, table: Readonly<Record<string, string>>): Draft[] {
  const jar = Object.hasOwn(table, name) ? table[name] : undefined;
  if (jar === undefined) return [];
  return [{ kind: 'needs', text: `'${name}': ${jar} in the lib folder of Flink`, hint: null }];
}

function pathFindings(table: string, connector: string, options: OptionMap): Draft[] {
  const path = options.get('path');
  if (connector !== 'filesystem' || path === undefined || /^[a-z][a-z0-9+.-]*:/i.test(path)) return [];
  const text = `table ${table}: the path '${path}' is looked up on Flink's machines`;
  return [{ kind: 'differs', text, hint: 'Write a URL that every one of them reaches: s3://…, file:///mnt/….' }];
}

function catalogFindings(options: OptionMap): Draft[] {
  const type = options.get('type') ?? '';
  const uri = options.get('uri') ?? '';
  const needs = jarOf(type, jars);
  if (!uri.startsWith('jdbc:sqlite:')) return needs;
  const text = `the catalog's file '${uri}' is opened on Flink's machines, with sqlite-jdbc in Flink's lib folder`;
  return [...needs, { kind: 'differs', text, hint: "A REST catalog is one for both: 'catalog-type' = 'rest'." }];
}

function functionFindings(language: string): Draft[] {
  if (/^(?:JAVA|SCALA|PYTHON)$/i.test(language)) return [];
  const hint = 'Write it in SQL, or keep the job on Millrace.';
  return [{ kind: 'refused', text: `functions in ${language.toUpperCase()} are Millrace's own`, hint }];
}

function settingFindings(key: string, value: string): Draft[] {
  if (key.startsWith('millrace.dead-letter.')) {
    const hint = "Formats can skip such records: 'json.ignore-parse-errors' = 'true'.";
    return [{ kind: 'differs', text: `SET '${key}' is passed over: a record that can't be read fails the job`, hint }];
  }
  if (key.startsWith('millrace.')) return [{ kind: 'differs', text: `SET '${key}' is passed over`, hint: null }];
  const isDirectory = key === 'execution.checkpointing.dir' || key === 'execution.checkpointing.savepoint-dir';
  if (!isDirectory || /^[a-z][a-z0-9+.-]*:/i.test(value)) return [];
  const text = `SET '${key}': expected a URL that all of Flink's machines reach, got '${value}'`;
  return [{ kind: 'refused', text, hint: "Leave it out: the cluster's own directory is used." }];
}
