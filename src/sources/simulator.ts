/**
 * The connector `simulator`: rows made in the process by a scenario's generator, as columns, with no JSON between. A split is a share of
 * the scenario; its position says exactly where it stands, so that a restored job sees the same rows, whatever its parallelism.
 */
import type { Connector, ConnectorConfig, ConnectorContext, SourceFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Generator, GeneratorPart, GeneratorSettings, GeneratorStream } from '../model/generator.ts';
import { checkOptions, nearest, type OptionSpec } from '../model/options.ts';
import type { ScanColumn } from '../model/plan.ts';
import type {
  ReaderContext,
  ReaderOutput,
  SourceReader,
  SourceSplit,
  SplitEnumerator,
  SplitLag,
} from '../model/source.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';
import { formatType } from '../model/types.ts';
import { Nap } from './nap.ts';
import { type Pace, paceOptions, parsePace, simulatedNow } from './pace.ts';

type GeneratorRegistry = Readonly<Record<string, Generator>>;

/** What a source of one generator was asked for, checked. */
export type SimulatorConfig = Readonly<{ scenario: string; settings: GeneratorSettings; pace: Pace }>;

/** The connector over these scenarios. */
export function simulatorConnector(generators: GeneratorRegistry): Connector {
  return {
    name: 'simulator',
    description:
      'Rows of a simulated scenario, made in the process: repeatable by seed, with or without the pace of the wall clock.',
    example: `CREATE TABLE readings (
  device_id STRING,
  event_time TIMESTAMP(3),
  temperature DOUBLE,
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH (
  'connector' = 'simulator',
  'scenario' = 'gpu-fleet',
  'devices' = '1000',
  'period' = '1 s',
  'duration' = '10 min',
  'rate' = 'unlimited'
)`,
    options: simulatorOptions(generators),
    portable: false,
    source: simulatorSourceFactory(generators),
  };
}

/** Its own options and those of every scenario; a scenario's own are checked again when it is known which one it is. */
function simulatorOptions(generators: GeneratorRegistry): readonly OptionSpec[] {
  const own: OptionSpec[] = [
    {
      key: 'connector',
      kind: 'enum',
      values: ['simulator'],
      required: true,
      description: "'simulator'.",
    },
    {
      key: 'scenario',
      kind: 'enum',
      values: Object.keys(generators),
      required: true,
      description: 'What is simulated.',
    },
    ...paceOptions,
  ];
  const byKey = new Map(Object.values(generators).flatMap(({ options }) => options.map((spec) => [spec.key, spec])));
  return [...own, ...byKey.values()];
}

export function simulatorSourceFactory(generators: GeneratorRegistry): SourceFactory {
  const generatorOf = (config: ConnectorConfig): Generator => generators[configOf(config).scenario]!;
  return {
    metadata: new Map(),
    plan: (table, columns) => plan(table, columns, generators),
    bounded: (config) => generatorOf(config).bounded(configOf(config).settings),
    maxParallelism: async (config) => generatorOf(config).parts(configOf(config).settings).length,
    enumerator: (config, ctx) => new SimulatorEnumerator(generatorOf(config), configOf(config), ctx),
    reader: (config, ctx) => new SimulatorReader(generatorOf(config), configOf(config), ctx),
  };
}

function configOf(config: ConnectorConfig): SimulatorConfig {
  return config as SimulatorConfig;
}

function plan(table: TableDefinition, columns: readonly ScanColumn[], generators: GeneratorRegistry): SimulatorConfig {
  const where = `table ${formatPath(table.path)}, connector 'simulator'`;
  const all = simulatorOptions(generators);
  const scenario = checkOptions(table.options, all, where).string('scenario');
  const generator = generators[scenario]!;
  const own = all.filter((spec) => spec.key === 'connector' || spec.key === 'scenario');
  const options = checkOptions(table.options, [...own, ...paceOptions, ...generator.options], where);
  checkColumns(table, generator, where);
  for (const column of columns) checkScan(column, where);
  return { scenario, settings: generator.settings(options, where), pace: parsePace(options, where) };
}

/** Every physical column has to be a field of the generator, of a type that holds it. */
export function checkColumns(table: TableDefinition, generator: Generator, where: string): void {
  for (const column of table.columns) {
    if (column.kind === 'physical') checkColumn(column, generator, where);
  }
}

function checkColumn(column: TableDefinition['columns'][number], generator: Generator, where: string): void {
  const field = generator.fields.find(({ name }) => name === column.name);
  const names = generator.fields.map(({ name }) => name);
  if (field === undefined) {
    const near = nearest(column.name, names);
    throw new EngineError(
      'INVALID_OPTION',
      `${where}: column \`${column.name}\`: expected a field of the scenario '${generator.name}', which has none of that name`,
      { hint: `${near === undefined ? '' : `Did you mean \`${near}\`? `}Fields: ${names.join(', ')}.` },
    );
  }
  if (field.accepts(column.type)) return;
  throw new EngineError(
    'INVALID_OPTION',
    `${where}: column \`${column.name}\`: expected ${field.accepted}, got ${formatType(column.type)}`,
    { hint: field.description },
  );
}

function checkScan(column: ScanColumn, where: string): void {
  if (column.kind === 'physical' && column.path.length === 1) return;
  throw new EngineError(
    'UNSUPPORTED',
    `${where}: column \`${column.name}\`: the simulator has no metadata and no nested fields`,
  );
}

/** Main thread. All splits are known at the start; a position holds the wall clock's time at which simulated time began. */
class SimulatorEnumerator implements SplitEnumerator {
  readonly discoveryIntervalMs = null;
  readonly #generator: Generator;
  readonly #config: SimulatorConfig;
  readonly #ctx: ConnectorContext;

  constructor(generator: Generator, config: SimulatorConfig, ctx: ConnectorContext) {
    this.#generator = generator;
    this.#config = config;
    this.#ctx = ctx;
  }

  async start(restored: readonly SourceSplit[] | null): Promise<readonly SourceSplit[]> {
    const parts = this.#generator.parts(this.#config.settings);
    if (restored !== null) return this.#goOn(restored, parts);
    const anchor = this.#ctx.now();
    const position = { ...this.#generator.begin(this.#config.pace.startMs ?? anchor), anchor };
    return parts.map(({ id }) => ({ id, position }));
  }

  #goOn(restored: readonly SourceSplit[], parts: readonly GeneratorPart[]): readonly SourceSplit[] {
    const known = new Set(parts.map(({ id }) => id));
    const strange = restored.find(({ id }) => !known.has(id));
    if (strange === undefined && restored.length === parts.length) return restored;
    throw new EngineError(
      'CHECKPOINT',
      `simulator, scenario '${this.#generator.name}': expected the fleet of the checkpoint, found another number of devices`,
      { hint: "Set 'devices' back to what it was, or start the job afresh (--restore none)." },
    );
  }

  assign(split: SourceSplit, parallelism: number): number {
    return partOf(split.id, this.#generator, this.#config).index % parallelism;
  }

  async discover(): Promise<readonly SourceSplit[]> {
    return [];
  }

  async close(): Promise<void> {}
}

function partOf(id: string, generator: Generator, config: SimulatorConfig): GeneratorPart {
  const part = generator.parts(config.settings).find((candidate) => candidate.id === id);
  if (part !== undefined) return part;
  throw new EngineError('CHECKPOINT', `simulator: expected a split of the scenario, found '${id}'`);
}

type OpenSplit = Readonly<{ id: string; stream: GeneratorStream; startMs: number; anchorMs: number }>;

/** Worker thread. Of its splits, the one whose next row is due first goes next, so that they stay close in time. */
class SimulatorReader implements SourceReader {
  readonly #generator: Generator;
  readonly #config: SimulatorConfig;
  readonly #ctx: ReaderContext;
  readonly #splits: OpenSplit[] = [];
  readonly #ended = new Set<string>();
  #complete = false;
  readonly #nap = new Nap();

  constructor(generator: Generator, config: SimulatorConfig, ctx: ReaderContext) {
    this.#generator = generator;
    this.#config = config;
    this.#ctx = ctx;
  }

  addSplits(splits: readonly SourceSplit[]): void {
    const { pool, batchRows } = this.#ctx;
    const columns = this.#ctx.columns.map((column) => ({
      name: fieldOf(column),
      path: pathOf(column),
      type: column.type,
    }));
    for (const { id, position } of splits) {
      const part = partOf(id, this.#generator, this.#config);
      const stream = this.#generator.open(this.#config.settings, part, position, { columns, pool, batchRows });
      this.#splits.push({ id, stream, startMs: Number(position.start), anchorMs: Number(position.anchor) });
    }
    this.wake();
  }

  noMoreSplits(): void {
    this.#complete = true;
    this.wake();
  }

  async poll(timeoutMs: number): Promise<ReaderOutput> {
    const output = this.#ready();
    if (output !== null) return output;
    await this.#nap.sleep(Math.min(timeoutMs, this.#untilNextMs()));
    return this.#ready() ?? { kind: 'none' };
  }

  wake(): void {
    this.#nap.wake();
  }

  snapshot(): SourceSplit[] {
    return this.#splits.map(({ id, stream, anchorMs }) => ({
      id,
      position: { ...stream.position(), anchor: anchorMs },
    }));
  }

  endedSplits(): readonly string[] {
    return [...this.#ended];
  }

  /** How far delivery is behind the simulation's clock; nothing is ever behind when time is not what holds it back. */
  lag(): readonly SplitLag[] {
    return this.#splits.flatMap((split) => {
      const behindMs = this.#nowFor(split) - split.stream.nextDueMs;
      if (!Number.isFinite(behindMs)) return [];
      return [{ splitId: split.id, labels: { split: split.id }, records: 0, seconds: Math.max(0, behindMs) / 1000 }];
    });
  }

  async close(): Promise<void> {
    this.wake();
  }

  #ready(): ReaderOutput | null {
    const split = this.#earliest();
    if (split === null) return this.#complete ? { kind: 'end' } : null;
    const batch = split.stream.next(this.#nowFor(split));
    if (split.stream.nextDueMs === Infinity) this.#ended.add(split.id);
    return batch === null ? null : { kind: 'batch', splitId: split.id, batch };
  }

  #earliest(): OpenSplit | null {
    let earliest: OpenSplit | null = null;
    for (const split of this.#splits) {
      if (split.stream.nextDueMs === Infinity) this.#ended.add(split.id);
      else if (earliest === null || split.stream.nextDueMs < earliest.stream.nextDueMs) earliest = split;
    }
    return earliest;
  }

  #nowFor({ startMs, anchorMs }: OpenSplit): number {
    return simulatedNow(this.#config.pace.speed, startMs, anchorMs, this.#ctx.now());
  }

  /** ms of the wall clock until a row is due. */
  #untilNextMs(): number {
    const split = this.#earliest();
    if (split === null) return Infinity;
    return Math.max(1, Math.ceil((split.stream.nextDueMs - this.#nowFor(split)) / (this.#config.pace.speed ?? 1)));
  }
}

function fieldOf(column: ScanColumn): string {
  return pathOf(column)[0]!;
}

function pathOf(column: ScanColumn): readonly string[] {
  return column.kind === 'physical' ? column.path : [column.key];
}
