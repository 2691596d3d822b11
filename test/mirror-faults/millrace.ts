import { systemClock } from '../../src/engine/clock.ts';
import { testWorld } from '../commands/world.ts';

/** The command, run in this process: a hundred of them are asked. */
export async function millrace(...args: string[]): Promise<Readonly<{ code: number; stdout: string; stderr: string }>> {
  const { run, stdout, stderr } = testWorld({}, { clock: systemClock });
  const code = await run(...args);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}
