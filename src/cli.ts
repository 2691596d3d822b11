/** Composition root of the main thread: the world, put together for the commands. `engine.js` calls `main`. */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { WriteStream } from 'node:tty';
import { fileURLToPath } from 'node:url';
import type { CommandDependencies, Signal } from './commands/dependencies.ts';
import { localEngine } from './commands/local-engine.ts';
import { runProgram } from './commands/program.ts';
import type { Terminal } from './commands/terminal.ts';
import { systemClock } from './engine/clock.ts';

/** Runs a command line (without the program's name); the process ends by itself with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  watchLifeline(process.env.MILLRACE_LIFELINE_FD);
  ignoreClosedPipe();
  process.exitCode = await runProgram(argv, world());
}

/** Everything real; the working directory is this process's. */
export function world(): CommandDependencies {
  const packageDirectory = join(dirname(fileURLToPath(import.meta.url)), '..');
  const warn = (message: string): void => void process.stderr.write(`warning: ${message}\n`);
  return {
    ...localEngine({ workingDirectory: process.cwd(), workerUrl: workerUrl(), warn }),
    version: versionOf(packageDirectory),
    packageDirectory,
    env: process.env,
    openDeploy: async (dataDirectory, control) => {
      const { localDeploy } = await import('./commands/local-deploy.ts'); // few commands need it
      const options = { workingDirectory: process.cwd(), packageDirectory, env: process.env, clock: systemClock };
      return localDeploy(options)(dataDirectory, control);
    },
    startServe: async (dataDirectory, context) => {
      const { startServeInBackground } = await import('./commands/background-serve.ts');
      return await startServeInBackground(dataDirectory, context);
    },
    stdin: () => text(process.stdin),
    prompt: process.stdin.isTTY && process.stderr.isTTY ? prompt : null,
    stdout: terminal(process.stdout),
    stderr: terminal(process.stderr),
    onSignal: (handler) => onSignal(handler, process.env.MILLRACE_LIFELINE_FD === undefined ? 0 : echoMs),
    exitNow: (code) => process.exit(code),
  };
}

/**
 * Under an older Node (engine.js) a Ctrl-C comes twice: a terminal sends it to every process of its group, and the older one hands it on.
 * What follows a signal so soon, ms, is its echo, and not a person's second one.
 */
const echoMs = 200;

function onSignal(handler: (signal: Signal) => void, ignoredMs: number): () => void {
  const names: readonly Signal[] = ['SIGINT', 'SIGTERM'];
  let last = -Infinity;
  const handlers = names.map((name) => ({
    name,
    listener: () => {
      const now = systemClock.monotonic();
      if (now - last < ignoredMs) return;
      last = now;
      handler(name);
    },
  }));
  for (const { name, listener } of handlers) process.on(name, listener);
  return () => {
    for (const { name, listener } of handlers) process.off(name, listener);
  };
}

/** On stderr, so that stdout stays data. */
async function prompt(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}

/** Beside this module: source in a checkout, compiled in the package. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
}

function versionOf(packageDirectory: string): string {
  return (JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as { version: string }).version;
}

function terminal(stream: NodeJS.WriteStream): Terminal {
  return {
    isTerminal: stream.isTTY === true,
    columns: stream instanceof WriteStream ? stream.columns : 80,
    write: (chunk) =>
      new Promise((resolve) => {
        if (stream.write(chunk)) resolve();
        else stream.once('drain', resolve);
      }),
  };
}

/** `millrace … | head`: the reader is gone, so there is nothing left to say. */
function ignoreClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(0);
    });
  }
}

/**
 * Started by an older Node (engine.js), this process holds the end of a pipe that closes when that one is gone, however it went: then it
 * goes too, at once, as if the signal had hit it.
 */
function watchLifeline(fd: string | undefined): void {
  if (fd === undefined) return;
  const lifeline = new Socket({ fd: Number(fd), readable: true, writable: false });
  lifeline.on('close', () => process.kill(process.pid, 'SIGKILL'));
  lifeline.on('error', () => {});
  lifeline.resume();
  lifeline.unref();
}
