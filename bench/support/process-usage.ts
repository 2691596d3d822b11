/** What a process that runs has used by now, of Linux's /proc. */
import { readFileSync } from 'node:fs';

const ticksPerSecond = 100; // USER_HZ, on every Linux that Node runs on

export type ProcessUsage = Readonly<{
  cpuSeconds: number;
  peakRssMb: number;
  /** Its main thread neither runs nor waits for a core. */
  isAsleep: boolean;
}>;

/** User and system time of all its threads, of proc(5); null when it has ended. */
export function usageOf(pid: number): ProcessUsage | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    if (kilobytes === undefined) return null; // its memory is gone already
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      peakRssMb: Number(kilobytes) / 1024,
      isAsleep: fields[0] === 'S',
    };
  } catch {
    return null;
  }
}
