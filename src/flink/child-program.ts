/** A program of Flink's distribution, run to its end: arguments as a list, never through a shell; what it says is bounded, its time as well. */
import { spawn } from 'node:child_process';
import { EngineError } from '../model/errors.ts';

export type ProgramRun = Readonly<{
  file: string;
  args: readonly string[];
  /** All that it sees of the environment. */
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
}>;

export type ProgramResult = Readonly<{ code: number | null; output: string }>;

const maxOutput = 1024 * 1024; // characters; the end of a longer one is kept
const graceMs = 5_000; // between SIGTERM and SIGKILL

/** stdout and stderr in one, as they came. Throws NOT_FOUND where there is no such program, TIMEOUT after killing it and its children. */
export async function runChild({ file, args, env, timeoutMs }: ProgramRun): Promise<ProgramResult> {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], shell: false, detached: true });
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-maxOutput);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  let isLate = false;
  const timers = [timeoutMs, timeoutMs + graceMs].map((afterMs, index) =>
    setTimeout(() => {
      isLate = true;
      if (child.pid !== undefined) killGroup(child.pid, index === 0 ? 'SIGTERM' : 'SIGKILL');
    }, afterMs),
  );
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (isLate) throw new EngineError('TIMEOUT', `${file}: not done within ${timeoutMs} ms, and stopped`);
    return { code, output };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' && (cause as NodeJS.ErrnoException).code !== 'EACCES')
      throw cause;
    const hint = "Set 'home' of the engine to a Flink distribution, with bin/flink and bin/sql-client.sh.";
    throw new EngineError('NOT_FOUND', `${file}: expected a program, found none that can be run`, { cause, hint });
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // it has just ended
  }
}
