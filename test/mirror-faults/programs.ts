import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, startProgram } from '../support/process.ts';

/** Programs that run beside each other, each by a name, to be killed, stopped, held and begun again. */
export class Programs {
  readonly #args = new Map<string, readonly string[]>();
  readonly #running = new Map<string, Program>();
  /** How many have ended by themselves, and how. */
  readonly ended: string[] = [];

  constructor() {
    process.once('exit', () => {
      for (const { child } of this.#running.values()) child.kill('SIGKILL');
    });
  }

  start(name: string, args = this.#args.get(name)!): void {
    this.#args.set(name, args);
    const program = startProgram(args);
    this.#running.set(name, program);
    void program.ended.then(({ code, signal, stderr }) => {
      if (this.#running.get(name) !== program) return;
      this.#running.delete(name);
      this.ended.push(`${name} ended with ${code ?? signal}: ${stderr.trim().split('\n').at(-1)}`);
    });
  }

  /** `SIGKILL`: as a crash would; it is not begun again by this. */
  async end(name: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const program = this.#running.get(name)!;
    this.#running.delete(name);
    program.child.kill(signal);
    await program.ended;
  }

  /** Kills it and begins it again, so often, at moments that differ. */
  async killAgainAndAgain(name: string, times: number): Promise<void> {
    for (let round = 0; round < times; round++) {
      await sleep(700 + 331 * round);
      await this.end(name, 'SIGKILL');
      this.start(name);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.end(name, 'SIGTERM')));
  }
}
