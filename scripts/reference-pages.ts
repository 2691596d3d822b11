/** The reference pages, made from the declarations that the engine itself obeys: page name below docs/reference/ → Markdown. */
import { world } from '../src/cli.ts';
import { exitCodeOf } from '../src/commands/exit-code.ts';
import { runProgram } from '../src/commands/program.ts';
import { formats } from '../src/formats/registry.ts';
import { functionDefinitions } from '../src/functions/registry.ts';
import { catalogOptionSpecs } from '../src/iceberg/catalog-options.ts';
import { settingSpecs } from '../src/job/settings.ts';
import { kafkaProperties } from '../src/kafka/properties.ts';
import type { Connector, SinkFactory } from '../src/model/connector.ts';
import { errorCodes } from '../src/model/errors.ts';
import type { FunctionCategory, FunctionDefinition } from '../src/model/function.ts';
import type { OptionSpec } from '../src/model/options.ts';
import type { TableDefinition } from '../src/model/table.ts';
import { type DataType, formatType } from '../src/model/types.ts';
import { auditGaugeSpecs, counterSpecs, gaugeSpecs, type MetricSpec, prefix } from '../src/server/metric-specs.ts';
import { mirrorMetrics } from '../src/server/mirror-metrics.ts';
import { gpuFleet } from '../src/simulator/gpu-fleet.ts';

export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['settings.md', settingsPage()],
    ['connectors.md', connectorsPage(Object.values(world().connectors))],
    ['functions.md', functionsPage()],
    ['metrics.md', metricsPage()],
    ['cli.md', await cliPage()],
  ]);
}

function page(title: string, ...parts: readonly string[]): string {
  const note = '<!-- Made from the declarations by `node scripts/docs.ts`: edit those. -->';
  return `${[`# ${title}`, note, ...parts].join('\n\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** Free text in a cell. */
function prose(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

/** Code in a cell. */
function code(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``;
}

// Options

function optionTable(specs: readonly OptionSpec[]): string {
  const row = (spec: OptionSpec): readonly string[] => {
    const key = spec.kind === 'map' ? `${spec.key}*` : spec.key;
    const preset = spec.required ? 'required' : code(spec.default ?? '');
    return [code(key), valueText(spec), preset, prose(spec.description)];
  };
  return table(['Key', 'Value', 'Default', 'Meaning'], specs.map(row));
}

function valueText({ kind, values, min, max }: OptionSpec): string {
  if (kind === 'enum') {
    const shown = (values ?? []).filter((value) => value !== '');
    return shown.map(code).join(', ');
  }
  if (kind === 'map') return 'any';
  if (kind === 'duration' || kind === 'memory') return kind;
  if (min !== undefined && max !== undefined) return `${kind}, ${min} to ${max}`;
  if (min !== undefined) return `${kind}, ${min} or more`;
  return max === undefined ? kind : `${kind}, at most ${max}`;
}

/** What is obeyed, and below it what is accepted for a script's sake. */
function optionTables(specs: readonly OptionSpec[]): string {
  const obeyed = specs.filter((spec) => spec.withoutEffect !== true);
  const passive = specs.filter((spec) => spec.withoutEffect === true);
  if (passive.length === 0) return optionTable(obeyed);
  return `${optionTable(obeyed)}\n\nWithout effect: ${passive.map((spec) => code(spec.key)).join(', ')}.`;
}

// Settings

function settingsPage(): string {
  const obeyed = settingSpecs.filter((spec) => spec.withoutEffect !== true);
  const passive = settingSpecs.filter((spec) => spec.withoutEffect === true);
  return page(
    'Settings',
    "What `SET 'key' = 'value'` takes, with Flink's keys. A job spec sets them below the script: command line, script, job spec, default. " +
      "Durations are written as `10 s`, `500 ms`, `1 min`. What begins with `millrace.` is Millrace's own; Flink accepts and ignores it.",
    '## Obeyed',
    optionTable(obeyed),
    '## Accepted, without effect on results',
    'Said once when a script sets them. A key that is in neither table is an error, with the nearest known key; so is one that would change ' +
      'results and is not built.',
    table(
      ['Key', 'Why'],
      passive.map((spec) => [code(spec.kind === 'map' ? `${spec.key}*` : spec.key), prose(spec.description)]),
    ),
  );
}

// Connectors

function connectorsPage(connectors: readonly Connector[]): string {
  const links = connectors.map(({ name, source, sink, portable, description }) => [
    `[\`${name}\`](#${name})`,
    source === undefined ? '' : 'yes',
    sink === undefined ? '' : 'yes',
    portable ? 'yes' : 'no',
    prose(description),
  ]);
  return page(
    'Connectors',
    "The `WITH` options of tables, with Flink's keys. An unknown key or a wrong value is an error that names it. Portable: a table means the " +
      'same on a real Flink.',
    table(['Connector', 'Source', 'Sink', 'Portable', ''], links),
    ...connectors.map(connectorSection),
    '## Formats',
    "Options of a format begin with its name: `'json.ignore-parse-errors' = 'true'`.",
    ...Object.values(formats).map(
      ({ name, options }) =>
        `### ${name}\n\n${optionTables(options.map((spec) => ({ ...spec, key: `${name}.${spec.key}` })))}`,
    ),
  );
}

function connectorSection(connector: Connector): string {
  const { name, description, example, portable, sink } = connector;
  const ofFormats = Object.keys(formats).map((format) => `${format}.`);
  const own = connector.options.filter(({ key }) => !ofFormats.some((start) => key.startsWith(start)));
  const parts = [
    `## ${name}`,
    portable ? description : `${description} Not portable: Flink has no such connector.`,
    `\`\`\`sql\n${example};\n\`\`\``,
    ...(sink === undefined ? [] : [`**Delivery guarantee.** ${sink.deliveryGuarantee}`, changelogText(sink)]),
    ...(own.length === 0 ? [] : [optionTables(own)]),
    ...(own.length === connector.options.length ? [] : ['And the options of its format: see [Formats](#formats).']),
    ...metadataTables(connector),
    ...(details[name] ?? []),
  ];
  return parts.join('\n\n');
}

function changelogText(sink: SinkFactory): string {
  const [plain, changing] = ['json', 'debezium-json'].map((format) => sink.changelog(tableOf(format)));
  const texts = {
    'insert-only': 'Takes inserts only.',
    upsert: 'Takes inserts, updates and deletes, by primary key.',
    all: 'Takes inserts, updates and deletes.',
    retract: 'Takes inserts, updates and deletes.',
  };
  if (plain === changing) return texts[plain!];
  return 'Takes inserts only; with a format of changes, such as `debezium-json`, updates and deletes as well.';
}

/** A table of nothing but its format. */
function tableOf(format: string): TableDefinition {
  const path = { catalog: 'default_catalog', database: 'default_database', name: 't' };
  const options = new Map([['format', format]]);
  return { kind: 'table', path, columns: [], watermark: null, primaryKey: [], partitionedBy: [], options };
}

function metadataTables({ source, sink }: Connector): string[] {
  const keys = new Map([...(source?.metadata ?? []), ...(sink?.metadata ?? [])]);
  if (keys.size === 0) return [];
  const sign = (metadata: ReadonlyMap<string, DataType> | undefined, key: string) => (metadata?.has(key) ? 'yes' : '');
  const rows = [...keys].map(([key, type]) => [
    code(key),
    code(formatType(type)),
    sign(source?.metadata, key),
    sign(sink?.metadata, key),
  ]);
  return ['Metadata columns:', table(['Key', 'Type', 'Read', 'Written'], rows)];
}

/** What a connector has beside its options. */
const details: Readonly<Record<string, readonly string[]>> = {
  kafka: [
    '### Client properties',
    "`properties.*` are the Kafka client's, by the names of the Java client and, where they differ, librdkafka's. Others are refused.",
    optionTables(kafkaProperties),
  ],
  iceberg: [
    '### Catalog options',
    "Of `CREATE CATALOG … WITH ('type' = 'iceberg', …)`. Table properties: see [Iceberg](../iceberg.md).",
    optionTables(catalogOptionSpecs),
  ],
  simulator: [
    `### Columns of \`${gpuFleet.name}\``,
    gpuFleet.description,
    table(
      ['Column', 'Type', 'Meaning'],
      gpuFleet.fields.map(({ name, type, description }) => [code(name), code(formatType(type)), prose(description)]),
    ),
  ],
};

// Functions

function functionsPage(): string {
  const categories = [...new Set(functionDefinitions.map(({ category }) => category))];
  const section = (category: FunctionCategory): string => {
    const rows = functionDefinitions
      .filter((definition) => definition.category === category)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((definition) => [code(definition.usage), prose(definition.description), otherNames(definition)]);
    return `## ${category[0]!.toUpperCase()}${category.slice(1)}\n\n${table(['Usage', 'Result', 'Also'], rows)}`;
  };
  return page(
    'Functions',
    'Types, NULL rules and failures are those of Flink 2.x. A call with other types is an error that says what the function takes. ' +
      '`millrace sql -e "SHOW FUNCTIONS"` lists them.',
    ...categories.map(section),
    userFunctions,
  );
}

const userFunctions = `## User functions

\`CREATE [TEMPORARY [SYSTEM]] FUNCTION [IF NOT EXISTS] name AS 'module.ts#export' LANGUAGE TYPESCRIPT\` makes a function of what a module
exports; without \`#export\` of its default export. The path is relative to the script. \`DROP FUNCTION\` and \`SHOW USER FUNCTIONS\` are as in
Flink. Functions in Java, Scala and Python are refused: there is no JVM. A module is a plain declaration:

\`\`\`ts
import type { AggregateUdf, ScalarUdf, TableUdf } from 'millrace';

export default {
  kind: 'scalar',
  args: ['STRING', 'INT'],
  returns: 'STRING',
  call: (text: string | null, count: number | null) => (text === null ? null : text.repeat(count ?? 1)),
} satisfies ScalarUdf;

export const words = {
  kind: 'table', // FROM t, LATERAL TABLE(words(line))
  args: ['STRING'],
  returns: 'ROW<word STRING, length INT>',
  *call(line: string | null) {
    for (const word of line?.split(' ') ?? []) yield [word, word.length];
  },
} satisfies TableUdf;

export const sumOfSquares = {
  kind: 'aggregate',
  args: ['BIGINT'],
  returns: 'BIGINT',
  accumulator: () => 0n,
  add: (sum: bigint, value: bigint | null) => sum + (value ?? 0n) ** 2n,
  retract: (sum: bigint, value: bigint | null) => sum - (value ?? 0n) ** 2n, // needed where the input is updated
  merge: (a: bigint, b: bigint) => a + b, // needed in windows
  result: (sum: bigint) => sum,
} satisfies AggregateUdf;
\`\`\`

Types are SQL's. A call with arguments that Flink does not cast to them implicitly is an error of the script, with its place. NULL is \`null\`; a
type with \`NOT NULL\` never is.

| SQL | JavaScript |
| --- | --- |
| BOOLEAN; CHAR, VARCHAR, STRING; BINARY, VARBINARY, BYTES | boolean; string; Uint8Array |
| TINYINT, SMALLINT, INT, FLOAT, DOUBLE | number |
| BIGINT | bigint, always; as a result an integer number will do, too |
| DECIMAL(p, s) | string, \`'12.50'\`; as a result a number or bigint will do, too; rounded HALF_UP to the scale |
| DATE, TIME, TIMESTAMP(p) | string, as CAST to STRING gives it |
| TIMESTAMP_LTZ(p), p up to 3 | Date |
| INTERVAL YEAR TO MONTH, INTERVAL DAY TO SECOND | number of months, number of milliseconds |
| ARRAY; MAP; MULTISET | array; Map; Map of elements to counts |
| ROW | an object by field names; as a result an array in the order of the fields will do, too |

An accumulator is any nesting of null, booleans, numbers, bigints, strings, Uint8Arrays, arrays, Maps and plain objects: it is written into
checkpoints. \`add\`, \`retract\` and \`merge\` give a new one and leave those that they were given as they were. What a function throws fails the
job, and the message has the function, its arguments and its cause. Modules are loaded into every worker before a row is read; a job whose
module has changed since it was planned does not start. \`deterministic: false\` says that equal arguments may give other results.`;

function otherNames(definition: FunctionDefinition): string {
  return definition.kind === 'scalar' ? (definition.aliases ?? []).map(code).join(', ') : '';
}

// Metrics

function metricsPage(): string {
  const rows = (specs: readonly MetricSpec[]): string =>
    table(
      ['Name', 'Labels', 'Meaning'],
      specs.map(({ name, labels, help }) => [code(prefix + name), labels.map(code).join(', '), prose(help)]),
    );
  return page(
    'Metrics',
    'Served at `/metrics` for Prometheus. What to watch: see [Operations](../operations.md).',
    '## Counters',
    rows(counterSpecs),
    '## Gauges',
    rows(gaugeSpecs),
    '## Gauges of the audit',
    'Of `millrace audit report --watch --port`, at the port that it is given.',
    rows(auditGaugeSpecs),
    '## Mirrors',
    'Of `millrace mirror --port`, at the port that it is given: its own metrics, and those of MirrorMaker 2.',
    table(
      ['Name', 'Kind', 'Labels', 'Meaning'],
      mirrorMetrics.map(({ name, kind, labels, help }) => [code(name), kind, labels.map(code).join(', '), prose(help)]),
    ),
  );
}

// Command line

async function cliPage(): Promise<string> {
  const program = await helpOf([]);
  const sections = await Promise.all(commandsIn(program).map(cliSection));
  return page(
    'Command line',
    'In a checkout, `node engine` in place of `millrace`. Data goes to stdout, talk to stderr.',
    `\`\`\`text\n${program}\n\`\`\``,
    ...sections,
    '## Exit codes',
    exitCodes(),
  );
}

function commandsIn(help: string): string[] {
  return [...help.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map((match) => match[1]!);
}

/** A command, and the commands below it. */
async function cliSection(name: string): Promise<string> {
  const help = await helpOf([name]);
  const parts = await Promise.all(
    commandsIn(help).map(
      async (part) => `### millrace ${name} ${part}\n\n\`\`\`text\n${await helpOf([name, part])}\n\`\`\``,
    ),
  );
  return [`## millrace ${name}\n\n\`\`\`text\n${help}\n\`\`\``, ...parts].join('\n\n');
}

/** 0, and what each kind of failure ends with. */
function exitCodes(): string {
  const byExit = Map.groupBy(errorCodes, exitCodeOf);
  const rows = [...byExit]
    .toSorted(([a], [b]) => a - b)
    .map(([exit, codes]) => [String(exit), codes.map(code).join(', ')]);
  return `0 where all went well. Else by the error:\n\n${table(['Exit code', 'Errors'], rows)}`;
}

const helpWidth = 120;

/** The help of a command as the program prints it; `[]`: that of the program. */
async function helpOf(command: readonly string[]): Promise<string> {
  let text = '';
  const terminal = {
    isTerminal: false,
    columns: helpWidth,
    write: async (chunk: string | Uint8Array): Promise<void> => {
      text += String(chunk);
    },
  };
  const exit = await runProgram([...command, '--help'], { ...world(), stdout: terminal, stderr: terminal });
  if (exit !== 0) throw new Error(`millrace ${command.join(' ')} --help ended with ${exit}: ${text}`);
  return text.trimEnd();
}
