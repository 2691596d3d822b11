/** The rates of the stages on one core, each over the same events: where the time of a record goes. */
import { chainStages } from './stages/chain.ts';
import { decodeStages } from './stages/decode.ts';
import { operatorStages } from './stages/operators.ts';
import { parquetStages } from './stages/parquet.ts';
import { scanStages } from './stages/scan.ts';
import { shapeOf } from './support/events.ts';
import { createFixture } from './support/fixture.ts';
import { measureStages, type StageResult } from './support/measure.ts';
import { parameter } from './support/parameter.ts';
import { formatTable, thousands } from './support/table.ts';

export type StagesOptions = Readonly<{
  /** Only stages whose name has this in it; '' takes all. */
  stage: string;
  events: string;
  progress: (text: string) => void;
}>;

export type StagesResult = Readonly<{ events: string; stages: readonly StageResult[] }>;

export async function benchStages({ stage, events, progress }: StagesOptions): Promise<StagesResult> {
  const shape = shapeOf(events);
  progress(`making ${shape.description}`);
  const fixture = await createFixture(shape, parameter('stage_events', 70_000, 200_000));
  const all = [
    ...decodeStages(fixture),
    ...(await scanStages(fixture)),
    ...(await operatorStages(fixture)),
    ...(await parquetStages(fixture)),
    ...chainStages(fixture),
  ];
  const stages = all.filter(({ name }) => name.includes(stage));
  if (stages.length === 0)
    throw new Error(`no stage has '${stage}' in its name: ${all.map(({ name }) => name).join('; ')}`);
  const options = {
    rounds: parameter('rounds', 1, 5),
    roundMs: parameter('round_ms', 20, 1000),
    warmupMs: parameter('warmup_ms', 10, 500),
  };
  return { events: shape.description, stages: measureStages(stages, options, progress) };
}

export function stagesTable({ events, stages }: StagesResult): string {
  const rows = stages.map((result) => [
    result.name,
    thousands(result.recordsPerSecond),
    thousands(result.wallRecordsPerSecond),
    `${thousands(result.slowest)}-${thousands(result.fastest)}`,
    result.nanosecondsPerRecord.toFixed(0),
    result.megabytesPerSecond === 0 ? '' : result.megabytesPerSecond.toFixed(0),
    result.p50Ms.toFixed(3),
    result.p99Ms.toFixed(3),
    result.unit,
  ]);
  const header = [
    'stage, one thread',
    'k records/CPU s',
    'by the wall',
    'range (CPU)',
    'ns/record',
    'MB/s of JSON',
    'p50 ms',
    'p99 ms',
    'a batch is',
  ];
  return `${events}\n${formatTable(header, rows)}`;
}
