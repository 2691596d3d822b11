#!/usr/bin/env node
// The way in: starts the command line (src/cli.ts in a checkout, dist/cli.js in the package) on Node 24 or newer.
// Under an older Node it hands over to the project's own Node 24 (a development dependency): signals and the exit code pass
// through, and the child ends when this process is gone, however it went: its stdin-like lifeline pipe closes.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const major = Number(process.versions.node.split('.')[0]);

if (major >= 24) {
  // Compiled code is kept between runs, for the workers too: it takes a third off the start.
  module.enableCompileCache();
  process.env.NODE_COMPILE_CACHE ??= module.getCompileCacheDir();
  const compiled = join(here, 'dist', 'cli.js');
  const source = join(here, 'src', 'cli.ts');
  const { main } = await import(existsSync(source) ? source : compiled);
  await main(process.argv.slice(2));
} else {
  const node = join(here, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(node)) {
    console.error(
      `millrace needs Node 24 or newer: this is Node ${process.versions.node}, and the project's own Node 24 is not installed.\n` +
        'In a checkout run "npm ci" first; elsewhere install Node 24 from https://nodejs.org.',
    );
    process.exit(1);
  }
  const child = spawn(node, [join(here, 'engine.js'), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, MILLRACE_LIFELINE_FD: '3' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`millrace: cannot start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
