/** `millrace audit run` beside a mirror: one process for each side. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GuardedProcess, startGuarded } from '../../test/support/testbed/guarded-process.ts';
import { root } from '../support/machine.ts';
import { type ProcessUsage, usageOf } from '../support/process-usage.ts';

const pollMs = 200;
const idlePolls = 10; // asleep at each of them: it has read all
const idleCpuSeconds = 0.1; // that it may use meanwhile, to look for more
const patienceMs = 120_000;

export class Auditor {
  readonly #child: GuardedProcess;
  readonly #log: string;
  readonly #what: string;

  private constructor(child: GuardedProcess, log: string, what: string) {
    this.#child = child;
    this.#log = log;
    this.#what = what;
  }

  /** `cluster` is the name in what it records: with another one it begins anew. */
  static async start(bootstrap: string, cluster: string, topic: string, directory: string): Promise<Auditor> {
    const options = ['--bootstrap', bootstrap, '--cluster', cluster, '--topics', topic.replaceAll('.', '\\.')];
    const command = [process.execPath, join(root, 'engine.js'), 'audit', 'run', ...options, '--quiet'];
    const log = join(directory, `audit-${cluster}.log`);
    return new Auditor(await startGuarded(command, { cwd: root, log }), log, `the auditor of ${topic} (${cluster})`);
  }

  /** When it has nothing more to do, it is ended; it has to have accounted for so many records. */
  async finish(records: number): Promise<ProcessUsage> {
    const usage = await this.#idle();
    await this.#child.stop();
    const said = readFileSync(this.#log, 'utf8');
    const counted = Number((/: ([\d,]+) records of /.exec(said)?.[1] ?? '').replaceAll(',', ''));
    if (counted !== records)
      throw new Error(`${this.#what}: expected ${records} records, it says\n${said.slice(-2000)}`);
    return usage;
  }

  /** When a run has failed. */
  async kill(): Promise<void> {
    await this.#child.kill();
  }

  async #idle(): Promise<ProcessUsage> {
    const deadline = performance.now() + patienceMs;
    let asleep: ProcessUsage[] = [];
    while (performance.now() < deadline) {
      await sleep(pollMs);
      const usage = usageOf(this.#child.pid);
      if (usage === null) throw new Error(`${this.#what} ended\n${readFileSync(this.#log, 'utf8').slice(-2000)}`);
      if (usage.isAsleep && usage.cpuSeconds - (asleep[0] ?? usage).cpuSeconds < idleCpuSeconds) asleep.push(usage);
      else asleep = [];
      if (asleep.length === idlePolls) return asleep[0]!;
    }
    await this.kill();
    throw new Error(`${this.#what} was at work for more than ${patienceMs} ms`);
  }
}
