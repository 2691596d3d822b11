/** `millrace serve` as a process of its own that outlives the command which needs it. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../model/errors.ts';
import { HttpControl } from './control-http.ts';
import type { CommandContext } from './dependencies.ts';
import { findServe } from './serve-file.ts';

const startMs = 30_000;
const pollMs = 100;

/** Resolves when it answers; says how it is ended. What it says goes to `<data-dir>/serve.log`. */
export async function startServeInBackground(dataDirectory: string, context: CommandContext): Promise<HttpControl> {
  const { env, clock, packageDirectory, workingDirectory } = context;
  mkdirSync(dataDirectory, { recursive: true });
  const logPath = join(dataDirectory, 'serve.log');
  const log = openSync(logPath, 'w', 0o600);
  const script = join(packageDirectory, 'engine.js');
  // Port 0: 8081 may be a job's. Without the lifeline of this process: it is to go on when this one ends.
  const child = spawn(process.execPath, [script, 'serve', '--port=0', `--data-dir=${dataDirectory}`], {
    cwd: workingDirectory,
    env: { ...env, MILLRACE_LIFELINE_FD: undefined },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let hasEnded = false;
  child.once('exit', () => {
    hasEnded = true;
  });
  child.once('error', () => {
    hasEnded = true;
  });
  child.unref();
  for (const since = clock.monotonic(); clock.monotonic() - since < startMs; await clock.sleep(pollMs)) {
    const serve = await findServe(dataDirectory, env.MILLRACE_TOKEN);
    if (serve !== null) {
      context.say(
        `the control plane runs in the background: ${serve.url} (process ${serve.pid}); millrace serve stop ends it`,
      );
      return new HttpControl({ url: serve.url, token: env.MILLRACE_TOKEN, clock });
    }
    if (hasEnded) break;
  }
  child.kill('SIGTERM');
  throw new EngineError(
    'CONNECTION',
    `millrace serve: expected it to answer within ${startMs / 1_000} s:\n${tail(logPath)}`,
  );
}

function tail(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
}
