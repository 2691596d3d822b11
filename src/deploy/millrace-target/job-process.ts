/** One job's process: spawned, heard, and known to have ended. It ends with this one, however that goes (the lifeline of cli.ts). */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EngineError } from '../../model/errors.ts';
import type { JobStatus } from '../../model/job-status.ts';
import { ChildRest } from './child-rest.ts';
import type { RotatedLog } from './rotated-log.ts';

const lifelineFd = 3;

export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>;

export type ProcessOptions = Readonly<{
  /** Node's own program, then arguments: never a shell. */
  command: readonly string[];
  workingDirectory: string;
  env: Readonly<Record<string, string>>;
  log: RotatedLog;
  /** Of its HTTP server, once it has said it. */
  port: () => number | null;
}>;

export class JobProcess {
  readonly exited: Promise<Exit>;
  /** As it was last seen. */
  status: JobStatus | null = null;
  /** On the monotonic clock of who looks; null: it has not answered yet. */
  answeredAt: number | null = null;
  readonly #child: ChildProcess;
  readonly #options: ProcessOptions;
  readonly #token = randomBytes(24).toString('hex');
  #hasEnded = false;

  constructor(options: ProcessOptions) {
    const { command, workingDirectory, env, log } = options;
    this.#options = options;
    this.#child = spawn(command[0]!, command.slice(1), {
      cwd: workingDirectory,
      env: { ...env, MILLRACE_LIFELINE_FD: String(lifelineFd), MILLRACE_TOKEN: this.#token, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true, // a Ctrl-C in the terminal is for the one who started us: it stops its jobs in order
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      const lines = log.lines();
      stream.on('data', lines.write).on('end', lines.end);
    }
    this.#child.stdio[lifelineFd]?.on('error', () => {}); // it goes with the process
    this.exited = new Promise((resolve) => {
      this.#child.once('error', () => resolve({ code: null, signal: null }));
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
    void this.exited.then(() => {
      this.#hasEnded = true;
    });
  }

  /** Resolves when the operating system has it. IO where it can't be started. */
  async spawned(): Promise<void> {
    if (this.#child.pid !== undefined) return;
    await new Promise<void>((resolve, reject) => {
      this.#child.once('spawn', resolve);
      this.#child.once('error', (cause) =>
        reject(
          new EngineError('IO', `program ${this.#options.command[0]}: it can't be started: ${cause.message}`, {
            cause,
          }),
        ),
      );
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** null: it does not listen yet. */
  rest(): ChildRest | null {
    const port = this.#options.port();
    return port === null ? null : new ChildRest(port, this.#token);
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (!this.#hasEnded) this.#child.kill(signal);
  }
}
