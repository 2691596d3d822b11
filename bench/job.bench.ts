/**
 * The whole job beside others, on the same topic of a real Kafka in the same run: Java's ConsumerPerformance, which only counts, and the
 * prototype that the design goes by, where MILLRACE_PROTOTYPE names its folder. In turn, in rounds, so that a busy moment of the
 * machine hits all alike.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaJars, startKafka, type TestKafka } from '../test/support/testbed/kafka.ts';
import { hasJava } from '../test/support/testbed/maven.ts';
import { type ChildRun, type Command, canMeasureChildren, runMeasured } from './support/child-run.ts';
import { type EventShape, shapeOf } from './support/events.ts';
import { root } from './support/machine.ts';
import { isSmoke, parameter } from './support/parameter.ts';
import { formatTable, thousands } from './support/table.ts';
import { temperatureScript } from './support/temperature-job.ts';
import { loadTopic, partitions } from './support/topic-load.ts';

/**
 * Of so few that what is left is the start: its CPU time is taken off. Its time by the wall is not, as it has waits in it that a full
 * topic has not (for `fetch.min.bytes`).
 */
const startRecords = 1_000;

type Topic = Readonly<{ name: string; records: number }>;

type Contender = Readonly<{
  name: string;
  kind: 'java' | 'prototype' | 'millrace';
  /** That read at once. */
  threads: number;
  command: (topic: Topic) => Command;
  /** Fails where not every record was read. */
  check: (run: ChildRun, topic: Topic) => void | Promise<void>;
}>;

type Measured = Readonly<{ full: Omit<ChildRun, 'stdout' | 'stderr'>; start: Omit<ChildRun, 'stdout' | 'stderr'> }>;

export type ContenderResult = Readonly<{
  name: string;
  kind: Contender['kind'];
  threads: number;
  /** Without the start. This and what follows: of the rounds, the one in the middle. */
  cpuSecondsPerMillion: number;
  /** With the start. */
  recordsPerSecond: number;
  peakRssMb: number;
  startCpuSeconds: number;
  startWallSeconds: number;
  rounds: readonly Measured[];
}>;

export type JobResult = Readonly<{
  events: string;
  records: number;
  bytesPerRecord: number;
  contenders: readonly ContenderResult[];
}>;

/** null where there is no Java to run Kafka, or no /proc. */
export async function benchJob(events: string, progress: (text: string) => void): Promise<JobResult | null> {
  if (!hasJava() || !canMeasureChildren()) return null;
  const shape = shapeOf(events);
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  progress('starting Kafka');
  const kafka = await startKafka();
  try {
    const [full, start] = [
      { name: 'events', records: parameter('job_events', 30_000, 4_000_000) },
      { name: 'start', records: startRecords },
    ];
    progress(`loading ${full.records} events`);
    const bytes = await loadTopic(kafka, full.name, shape, full.records);
    await loadTopic(kafka, start.name, shape, start.records);
    const contenders = await allContenders(kafka, shape, directory);
    const rounds = parameter('job_rounds', 1, 5);
    const measured = contenders.map((): Measured[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, contender] of contenders.entries()) {
        progress(`round ${round + 1} of ${rounds}: ${contender.name}`);
        measured[i]!.push({ full: await runOnce(contender, full), start: await runOnce(contender, start) });
      }
    }
    return {
      events: shape.description,
      records: full.records,
      bytesPerRecord: bytes / full.records,
      contenders: contenders.map((contender, i) => summary(contender, measured[i]!, full.records)),
    };
  } finally {
    await kafka.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runOnce({ command, check }: Contender, topic: Topic): Promise<Measured['full']> {
  const run = await runMeasured(command(topic));
  await check(run, topic);
  const { wallSeconds, cpuSeconds, peakRssMb } = run;
  return { wallSeconds, cpuSeconds, peakRssMb };
}

function summary({ name, kind, threads }: Contender, rounds: readonly Measured[], records: number): ContenderResult {
  const middle = (value: (round: Measured) => number): number =>
    rounds.map(value).toSorted((a, b) => a - b)[rounds.length >> 1]!;
  return {
    name,
    kind,
    threads,
    cpuSecondsPerMillion: middle(
      ({ full, start }) => ((full.cpuSeconds - start.cpuSeconds) / (records - startRecords)) * 1e6,
    ),
    recordsPerSecond: middle(({ full }) => records / full.wallSeconds),
    peakRssMb: middle(({ full }) => full.peakRssMb),
    startCpuSeconds: middle(({ start }) => start.cpuSeconds),
    startWallSeconds: middle(({ start }) => start.wallSeconds),
    rounds,
  };
}

async function allContenders(kafka: TestKafka, shape: EventShape, directory: string): Promise<Contender[]> {
  const prototype = process.env.MILLRACE_PROTOTYPE;
  const others = [javaConsumer(kafka, await kafkaJars())];
  if (prototype !== undefined && shape.name === 'telemetry') {
    others.push(prototypeContender(kafka, prototype, 1), prototypeContender(kafka, prototype, 2));
  }
  const parallelisms = isSmoke ? [1] : [1, 2, 4];
  const jobs = parallelisms.flatMap((parallelism) =>
    (['blackhole', 'iceberg'] as const).map((sink) => millraceJob(kafka, shape, directory, parallelism, sink)),
  );
  return [...others, ...jobs];
}

function javaConsumer(kafka: TestKafka, jars: string): Contender {
  const tool = 'org.apache.kafka.tools.ConsumerPerformance';
  return {
    name: 'Java ConsumerPerformance (counts)',
    kind: 'java',
    threads: 1,
    command: ({ name, records }) => ({
      program: 'java',
      args: [
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
        ...['-cp', `${jars}/*`, tool, '--bootstrap-server', kafka.bootstrap],
        ...['--topic', name, '--num-records', String(records)],
      ],
      cwd: root,
    }),
    check: ({ stdout }, { records }) => {
      const counted = Number(stdout.trim().split('\n').at(-1)?.split(', ')[4]);
      if (!(counted >= records)) throw new Error(`ConsumerPerformance: expected ${records} records, got\n${stdout}`);
    },
  };
}

function prototypeContender(kafka: TestKafka, folder: string, workers: number): Contender {
  const port = kafka.bootstrap.split(':')[1]!;
  return {
    name: `prototype, ${workers} worker${workers === 1 ? '' : 's'} (no CRC)`,
    kind: 'prototype',
    threads: workers,
    command: ({ name }) => ({
      program: process.execPath,
      args: [
        join(folder, 'raw-bench.mjs'),
        ...['--port', port, '--topic', name, '--workers', String(workers), '--mode', 'full', '--lz4', 'wasm'],
      ],
      cwd: root,
    }),
    check: ({ stdout }, { records }) => {
      const { rows, bad } = JSON.parse(stdout) as { rows: number; bad: number };
      if (rows !== records || bad !== 0)
        throw new Error(`prototype: expected ${records} rows, got ${rows}, ${bad} bad`);
    },
  };
}

type SinkKind = 'blackhole' | 'iceberg';

function millraceJob(
  kafka: TestKafka,
  shape: EventShape,
  directory: string,
  parallelism: number,
  sink: SinkKind,
): Contender {
  let runs = 0;
  let lakeDirectory: string | null = null;
  return {
    name: `millrace, ${sink}, parallelism ${parallelism}`,
    kind: 'millrace',
    threads: parallelism,
    command: ({ name }) => {
      const work = join(directory, `${sink}-${parallelism}-${++runs}`);
      lakeDirectory = sink === 'iceberg' ? join(work, 'lake') : null;
      mkdirSync(lakeDirectory ?? work, { recursive: true });
      const script = join(work, 'job.sql');
      const job = { shape, columns: 'wanted', bootstrap: kafka.bootstrap, topic: name, lakeDirectory } as const;
      writeFileSync(script, temperatureScript(job));
      const options = ['--parallelism', String(parallelism), '--port', '0', '--data-dir', join(work, 'data')];
      return { program: process.execPath, args: ['engine.js', 'run', script, ...options], cwd: root };
    },
    check: async ({ stderr }, { records }) => {
      if (!stderr.includes(' finished: ')) throw new Error(`millrace: expected the job to finish, it says\n${stderr}`);
      if (lakeDirectory !== null) await checkLake(lakeDirectory, records);
    },
  };
}

/** COUNT(*) over all windows in the table is the number of records. */
async function checkLake(directory: string, records: number): Promise<void> {
  const options = [
    `catalog-impl=org.apache.iceberg.jdbc.JdbcCatalog`,
    `uri=jdbc:sqlite:${directory}/catalog.db`,
    `warehouse=file://${directory}/warehouse`,
  ].flatMap((option) => ['--catalog-option', option]);
  const query = ['query', 'SELECT CAST(SUM(readings) AS BIGINT) AS n FROM gpu.results', '--output', 'csv', ...options];
  const { stdout } = await runMeasured({ program: process.execPath, args: ['engine.js', ...query], cwd: root });
  const counted = Number(stdout.trim().split('\n').at(-1));
  if (counted !== records) throw new Error(`the table counts ${counted} of ${records} records`);
}

export function jobTable({ events, records, bytesPerRecord, contenders }: JobResult): string {
  const java = contenders.find(({ kind }) => kind === 'java');
  const prototypes = contenders.filter(({ kind }) => kind === 'prototype');
  const ratio = (result: ContenderResult, other: ContenderResult | undefined): string =>
    other === undefined ? '' : (result.cpuSecondsPerMillion / other.cpuSecondsPerMillion).toFixed(2);
  const rows = contenders.map((result) => [
    result.name,
    result.cpuSecondsPerMillion.toFixed(3),
    ratio(
      result,
      prototypes.findLast(({ threads }) => threads <= result.threads),
    ),
    ratio(result, java),
    thousands(result.recordsPerSecond),
    result.peakRssMb.toFixed(0),
    result.startCpuSeconds.toFixed(2),
    result.startWallSeconds.toFixed(2),
  ]);
  const header = ['', 'CPU s/million*', 'of prototype**', 'of Java', 'k records/s', 'RSS MB', 'start CPU s', 'start s'];
  const title = `${records.toLocaleString('en-US')} ${events} of ${bytesPerRecord.toFixed(0)} bytes; ${partitions} partitions, lz4`;
  const notes = '* without the start   ** with as many threads, at the most 2; it checks no CRC';
  return `${title}\n${formatTable(header, rows)}\n${notes}`;
}
