/** Runs a program to its end and says what it cost. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100; // USER_HZ, on every Linux that Node runs on
const pollMs = 50; // how often the peak of memory is read: it only rises, so the last reading is near the end

export type ChildRun = Readonly<{
  wallSeconds: number;
  /** User and system, of all its threads and of what it started and waited for. */
  cpuSeconds: number;
  peakRssMb: number;
  stdout: string;
  stderr: string;
}>;

export type Command = Readonly<{ program: string; args: readonly string[]; cwd: string }>;

/** What of CPU time a process has used is read from /proc. */
export function canMeasureChildren(): boolean {
  return existsSync('/proc/self/stat');
}

/** Fails when the program does. No other child of this process may end meanwhile: the system keeps one sum for all. */
export async function runMeasured({ program, args, cwd }: Command): Promise<ChildRun> {
  const cpuBefore = childrenCpuSeconds();
  const startedMs = performance.now();
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr, peakRssMb] = ['', '', 0];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const poll = setInterval(() => {
    peakRssMb = Math.max(peakRssMb, peakRssOf(child.pid!));
  }, pollMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${code}\n${(stdout + stderr).slice(-3000)}`);
  } finally {
    clearInterval(poll);
  }
  const wallSeconds = (performance.now() - startedMs) / 1000;
  return { wallSeconds, cpuSeconds: childrenCpuSeconds() - cpuBefore, peakRssMb, stdout, stderr };
}

/** cutime and cstime of proc(5): of children that have ended. */
function childrenCpuSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

function peakRssOf(pid: number): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0; // it has ended
  }
}
