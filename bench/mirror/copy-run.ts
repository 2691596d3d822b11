/** One copy of a topic by one process, watched from outside: what has come to the target, and what the process has used until then. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGuarded } from '../../test/support/testbed/guarded-process.ts';
import { root } from '../support/machine.ts';
import { type ProcessUsage, usageOf } from '../support/process-usage.ts';
import { type Contender, type CopyJob, copyName } from './contender.ts';
import { TopicEnd } from './topic-end.ts';

const pollMs = 50;
const stallMs = 120_000; // without a record more: it is not coming

type Sample = Readonly<{ seconds: number; records: number; cpuSeconds: number }>;

export type CopyRun = Readonly<{
  command: string;
  /** Until the first record was at the target; what comes after is without it. */
  startSeconds: number;
  startCpuSeconds: number;
  copySeconds: number;
  copyCpuSeconds: number;
  /** The second half of the records: a JVM has compiled by then. */
  steadyRecords: number;
  steadySeconds: number;
  steadyCpuSeconds: number;
  peakRssMb: number;
}>;

/** `onTopic` is called once the copy is there, before it has many records. */
export async function runCopy(contender: Contender, job: CopyJob, onTopic: () => Promise<void>): Promise<CopyRun> {
  const command = await contender.command(job);
  const log = join(job.directory, `${job.alias}.log`);
  const end = new TopicEnd(job.target, copyName(job));
  const startedMs = performance.now();
  const child = await startGuarded(command, { cwd: root, log });
  let exitCode: number | null | undefined;
  child.exited.then((code) => {
    exitCode = code;
  });
  const samples: Sample[] = [{ seconds: 0, records: 0, cpuSeconds: 0 }];
  let usage: ProcessUsage = { cpuSeconds: 0, peakRssMb: 0, isAsleep: false };
  let [movedMs, seen] = [startedMs, false];
  try {
    while (samples.at(-1)!.records < job.kind.records) {
      const records = await end.records();
      usage = usageOf(child.pid) ?? usage;
      const nowMs = performance.now();
      if (records !== null && !seen) {
        seen = true;
        await onTopic();
      }
      if ((records ?? 0) > samples.at(-1)!.records) movedMs = nowMs;
      samples.push({ seconds: (nowMs - startedMs) / 1000, records: records ?? 0, cpuSeconds: usage.cpuSeconds });
      const silent = (exitCode !== undefined && nowMs - movedMs > 5_000) || nowMs - movedMs > stallMs;
      if (silent && samples.at(-1)!.records < job.kind.records)
        throw notAll(contender, job, log, samples.at(-1)!, exitCode);
      await sleep(pollMs);
    }
    if (contender.ends) await child.exited;
    if (contender.ends && exitCode !== 0) throw notAll(contender, job, log, samples.at(-1)!, exitCode);
  } finally {
    end.close();
    await child.kill();
  }
  return { command: shown(command, job), ...summary(samples, usage) };
}

function summary(samples: readonly Sample[], usage: ProcessUsage): Omit<CopyRun, 'command'> {
  const last = samples.at(-1)!;
  const first = samples.findLast(({ records }) => records === 0)!;
  const half = samples.findLast(({ records }) => records <= last.records / 2)!;
  return {
    startSeconds: first.seconds,
    startCpuSeconds: first.cpuSeconds,
    copySeconds: last.seconds - first.seconds,
    copyCpuSeconds: last.cpuSeconds - first.cpuSeconds,
    steadyRecords: last.records - half.records,
    steadySeconds: last.seconds - half.seconds,
    steadyCpuSeconds: last.cpuSeconds - half.cpuSeconds,
    peakRssMb: usage.peakRssMb,
  };
}

/** Without the places of this machine. */
function shown(command: readonly string[], { directory }: CopyJob): string {
  return command.join(' ').replaceAll(`${directory}/`, '').replaceAll(root, '.').replaceAll(homedir(), '~');
}

function notAll({ name }: Contender, { kind }: CopyJob, log: string, { records }: Sample, exitCode: unknown): Error {
  const state = exitCode === undefined ? 'it still runs' : `exit ${exitCode}`;
  const tail = readFileSync(log, 'utf8').slice(-3000);
  return new Error(`${name}: expected ${kind.records} records at the target, found ${records}; ${state}\n${tail}`);
}
