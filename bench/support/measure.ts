/** Measures stages with tinybench: in rounds, each stage once a round, so that a busy moment of the machine hits all alike. */
import { Bench, type Task } from 'tinybench';
import type { Stage } from './stage.ts';

export type MeasureOptions = Readonly<{ rounds: number; roundMs: number; warmupMs: number }>;

/**
 * One round of a stage. The rate is by the thread's CPU time, so that what else runs on the machine costs least: that of a core to
 * itself, but for the garbage that helper threads collect. The system counts that time in ticks of some ms, so that latencies, in ms a
 * batch, and the other rate are by the clock on the wall.
 */
type Round = Readonly<{
  recordsPerSecond: number;
  wallRecordsPerSecond: number;
  batches: number;
  p50: number;
  p99: number;
}>;

export type StageResult = Readonly<{
  name: string;
  unit: string;
  /** Of the round in the middle. */
  recordsPerSecond: number;
  wallRecordsPerSecond: number;
  megabytesPerSecond: number;
  nanosecondsPerRecord: number;
  slowest: number;
  fastest: number;
  p50Ms: number;
  p99Ms: number;
  rounds: readonly Round[];
}>;

export function measureStages(
  stages: readonly Stage[],
  options: MeasureOptions,
  progress: (text: string) => void,
): StageResult[] {
  const rounds = stages.map((): Round[] => []);
  for (let round = 0; round < options.rounds; round++) {
    for (const [i, stage] of stages.entries()) {
      progress(`round ${round + 1} of ${options.rounds}: ${stage.name}`);
      rounds[i]!.push(measureRound(stage, options));
    }
  }
  return stages.map((stage, i) => summary(stage, rounds[i]!));
}

function measureRound(stage: Stage, { roundMs, warmupMs }: MeasureOptions): Round {
  (globalThis as { gc?: () => void }).gc?.();
  const bench = new Bench({
    time: roundMs,
    warmupTime: warmupMs,
    iterations: 1,
    warmupIterations: 1,
    throws: true,
  });
  let cpuMs = 0;
  let records = 0; // what `run` says it took is what is counted: nothing can be optimised away
  const batch = (): void => {
    records += stage.run();
  };
  const beforeAll = (): void => {
    records = 0; // the warm-up's
    cpuMs = threadCpuMs();
  };
  const afterAll = (): void => {
    cpuMs = threadCpuMs() - cpuMs;
  };
  bench.add(stage.name, batch, {
    beforeAll,
    afterAll,
    ...(stage.before === undefined ? {} : { beforeEach: stage.before }),
  });
  const [task] = bench.runSync() as [Task];
  const { result } = task;
  if (result.state !== 'completed') throw new Error(`${stage.name}: ${result.state}`);
  const { totalTime, latency } = result;
  if (records === 0) throw new Error(`${stage.name}: took no records`);
  return {
    recordsPerSecond: (records / Math.max(cpuMs, tickMs)) * 1000,
    wallRecordsPerSecond: (records / totalTime) * 1000,
    batches: latency.samplesCount,
    p50: latency.p50,
    p99: latency.p99,
  };
}

const tickMs = 4;

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function summary({ name, unit, bytesPerRecord }: Stage, rounds: readonly Round[]): StageResult {
  const byRate = rounds.toSorted((a, b) => a.recordsPerSecond - b.recordsPerSecond);
  const middle = byRate[byRate.length >> 1]!;
  return {
    name,
    unit,
    recordsPerSecond: middle.recordsPerSecond,
    wallRecordsPerSecond: middle.wallRecordsPerSecond,
    megabytesPerSecond: (middle.recordsPerSecond * bytesPerRecord) / 1e6,
    nanosecondsPerRecord: 1e9 / middle.recordsPerSecond,
    slowest: byRate[0]!.recordsPerSecond,
    fastest: byRate.at(-1)!.recordsPerSecond,
    p50Ms: middle.p50,
    p99Ms: middle.p99,
    rounds,
  };
}
