import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

/** The real program in a process of its own, as a user starts it. */

const root = join(import.meta.dirname, '..', '..');

/** How long a program may take to say what it is waited for. */
const patienceMs = 60_000;

export type Ended = Readonly<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;

export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has said so far. */
  stderr(): string;
  /** Resolves once stderr has matched; rejects when the program ends before, or takes too long. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

export function startProgram(
  args: readonly string[],
  options: {
    cwd?: string | undefined;
    node?: string | undefined;
    env?: Record<string, string>;
    /** No file may grow beyond so many blocks of 512 bytes: writes fail then with EFBIG, as they do with ENOSPC on a full disk. */
    fileBlocks?: number | undefined;
  } = {},
): Program {
  const command = [options.node ?? process.execPath, join(root, 'engine.js'), ...args] as const;
  const limit = `ulimit -f ${options.fileBlocks}; exec "$@"`;
  const [file, ...rest] = options.fileBlocks === undefined ? command : (['sh', '-c', limit, 'sh', ...command] as const);
  const child = spawn(file, rest, {
    cwd: options.cwd ?? root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...options.env },
  });
  let stdout = '';
  let stderr = '';
  let look = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    look();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const said = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      look = () => {
        const match = pattern.exec(stderr);
        if (match !== null) resolve(match);
      };
      look();
      const tooLong = `it did not say ${pattern} within ${patienceMs} ms:`;
      setTimeout(() => reject(new Error(`${tooLong}\n${stderr}`)), patienceMs).unref();
      void ended.then(() => reject(new Error(`it ended before it said ${pattern}:\n${stderr}`)));
    });
  return { child, ended, stderr: () => stderr, said };
}

export async function runToEnd(
  args: readonly string[],
  options: Parameters<typeof startProgram>[1] = {},
): Promise<Ended> {
  return await startProgram(args, options).ended;
}
