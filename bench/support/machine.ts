/** Where and of what a result is: numbers mean nothing without it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

const busyShare = 0.25; // of the cores, in the last minute; above it, numbers are those of a busy machine

export type Machine = Readonly<{
  cpu: string;
  cores: number;
  memoryMb: number;
  /** Runnable processes in the mean of 1, 5 and 15 minutes, before anything was measured. */
  load: readonly number[];
  node: string;
  v8: string;
  versions: Readonly<Record<string, string>>;
  date: string;
  commit: string;
  /** Files that differ from the commit, below src and bench. */
  changed: number;
}>;

export function readMachine(): Machine {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const names = ['@platformatic/kafka', 'parquet-wasm', 'apache-arrow', 'tinybench'];
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    load: loadavg().map((value) => Math.round(value * 100) / 100),
    node: process.versions.node,
    v8: process.versions.v8,
    versions: Object.fromEntries(names.map((name) => [name, { ...dependencies, ...devDependencies }[name] ?? 'none'])),
    date: new Date().toISOString(),
    commit: git('rev-parse', 'HEAD'),
    changed: git('status', '--porcelain', '--', 'src', 'bench').split('\n').filter(Boolean).length,
  };
}

function git(...args: readonly string[]): string {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

export function describeMachine(machine: Machine): string {
  const { cpu, cores, memoryMb, load, node, commit, changed } = machine;
  const state = changed === 0 ? '' : ` and ${changed} changed files`;
  const lines = [
    `${cpu}, ${cores} cores, ${memoryMb} MB; Node ${node}; commit ${commit.slice(0, 10) || 'unknown'}${state}`,
    `load ${load.map((value) => value.toFixed(2)).join(' ')}`,
  ];
  if (load[0]! > cores * busyShare) lines.push('WARNING: the machine is busy; what is measured now is too slow.');
  return lines.join('\n');
}
