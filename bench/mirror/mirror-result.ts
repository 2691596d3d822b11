/** What was measured, and the table of it. */
import { markdownTable } from '../support/table.ts';
import type { Contender } from './contender.ts';
import type { CopyRun } from './copy-run.ts';
import type { RecordKind } from './record-kind.ts';

export type MirrorRun = CopyRun &
  Readonly<{
    /** Of the source and of the target, without their start; null: nobody audited. */
    auditors: readonly Readonly<{ cpuSeconds: number; peakRssMb: number }>[] | null;
  }>;

export type MeasuredKind = RecordKind &
  Readonly<{
    /** Of all record batches of the source. */
    batchBytes: number;
    contenders: readonly Readonly<{ name: string; role: Contender['role']; runs: MirrorRun[] }>[];
  }>;

export type MirrorResult = Readonly<{
  versions: Readonly<Record<string, string>>;
  /** What the processes were told. */
  files: Readonly<Record<Exclude<Contender['role'], 'audited'>, string>>;
  kinds: readonly MeasuredKind[];
}>;

/** Means of the rounds; the rates are sums by sums. */
type Figures = Readonly<{
  recordsPerSecond: number;
  steadyRecordsPerSecond: number;
  cpuPerMillion: number;
  steadyCpuPerMillion: number;
  peakRssMb: number;
  startSeconds: number;
  startCpuSeconds: number;
  auditorCpuPerMillion: number | null;
}>;

const header = [
  ...['', 'k records/s', 'MB/s', 'second half, k records/s', 'CPU s/million', 'second half', 'MB/CPU s'],
  ...['RSS MB', 'start s', 'start CPU s', 'auditors, CPU s/million'],
];

export function mirrorTable({ kinds }: MirrorResult): string {
  return `${kinds.map(kindTable).join('\n\n')}\n\n${notes}`;
}

const notes = `Without the start, which is the time until the first record is at the target. CPU time is that of the mirroring process alone. MB are of keys
and values. Every copy of Millrace was equal to its source, offsets too, by Kafka's own consumer.`;

function kindTable(kind: MeasuredKind): string {
  const bytes = kind.keyBytes + kind.valueBytes;
  const all = kind.contenders.map(({ name, role, runs }) => ({ name, role, ...figuresOf(kind, runs) }));
  const rows = all.map((one) => [
    one.name,
    grouped(one.recordsPerSecond / 1000),
    grouped((one.recordsPerSecond * bytes) / 1e6),
    grouped(one.steadyRecordsPerSecond / 1000),
    one.cpuPerMillion.toFixed(3),
    one.steadyCpuPerMillion.toFixed(3),
    grouped(bytes / one.cpuPerMillion),
    one.peakRssMb.toFixed(0),
    one.startSeconds.toFixed(1),
    one.startCpuSeconds.toFixed(2),
    one.auditorCpuPerMillion?.toFixed(3) ?? '',
  ]);
  const title = `**${kind.name}**: ${kind.records.toLocaleString('en-US')} records, keys of ${kind.keyBytes} and values of ${kind.valueBytes} bytes, ${(kind.batchBytes / 1e6).toFixed(0)} MB in the source's log`;
  const [ours, tuned] = ['millrace', 'tuned'].map((role) => all.find((one) => one.role === role));
  const against = ours === undefined || tuned === undefined ? '' : `\n\n${comparison(ours, tuned)}`;
  return `${title}\n\n${markdownTable(header, rows)}${against}`;
}

/** By the second half: what MirrorMaker 2 does when it is warm. */
function comparison(ours: Figures, tuned: Figures): string {
  const faster = ours.steadyRecordsPerSecond / tuned.steadyRecordsPerSecond;
  const [cpu, memory] = [tuned.steadyCpuPerMillion / ours.steadyCpuPerMillion, tuned.peakRssMb / ours.peakRssMb];
  return `Against the tuned MirrorMaker 2, second half: ${faster.toFixed(1)} × its records/s, 1/${cpu.toFixed(1)} of its CPU time, 1/${memory.toFixed(1)} of its memory.`;
}

function figuresOf({ records }: RecordKind, runs: readonly MirrorRun[]): Figures {
  const sum = (value: (run: MirrorRun) => number): number => runs.reduce((total, run) => total + value(run), 0);
  const mean = (value: (run: MirrorRun) => number): number => sum(value) / runs.length;
  const steadyRecords = sum((run) => run.steadyRecords);
  const audited = runs.every(({ auditors }) => auditors !== null);
  const auditors = mean((run) => (run.auditors ?? []).reduce((total, { cpuSeconds }) => total + cpuSeconds, 0));
  return {
    recordsPerSecond: records / mean((run) => run.copySeconds),
    steadyRecordsPerSecond: steadyRecords / sum((run) => run.steadySeconds),
    cpuPerMillion: (mean((run) => run.copyCpuSeconds) / records) * 1e6,
    steadyCpuPerMillion: (sum((run) => run.steadyCpuSeconds) / steadyRecords) * 1e6,
    peakRssMb: mean((run) => run.peakRssMb),
    startSeconds: mean((run) => run.startSeconds),
    startCpuSeconds: mean((run) => run.startCpuSeconds),
    auditorCpuPerMillion: audited ? (auditors / records) * 1e6 : null,
  };
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
