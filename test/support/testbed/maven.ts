import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Jars from Maven for the real services that tests run against. They lie in `$MILLRACE_TESTBED_CACHE`, by default
 * `~/.cache/millrace-testbed`, outside the checkout, and are fetched once a machine.
 */

/** Where the testbed keeps what is made once a machine. */
export function cacheDirectory(): string {
  const directory = process.env.MILLRACE_TESTBED_CACHE ?? join(homedir(), '.cache', 'millrace-testbed');
  mkdirSync(directory, { recursive: true });
  return directory;
}

let javaFound: boolean | undefined;

/** Whether `java` and `mvn` can be run here, and what they run could be fetched (global-setup.ts). */
export function hasJava(): boolean {
  if (process.env.MILLRACE_TESTBED === 'absent') return false;
  javaFound ??= ['java', 'mvn'].every((command) => spawnSync(command, ['-version'], { stdio: 'ignore' }).status === 0);
  return javaFound;
}

/**
 * A folder with the jars of `artifacts` (`group:artifact:version`) and all that they need at run time; use it as `-cp 'FOLDER/*'`.
 * `name` is the folder's, so it has to hold the versions: a folder that is there is taken as it is.
 */
export async function mavenJars(name: string, artifacts: readonly string[]): Promise<string> {
  const target = join(cacheDirectory(), name);
  if (existsSync(target)) return target;
  process.stderr.write(`testbed: fetching ${artifacts.join(', ')} into ${target}\n`);
  const work = mkdtempSync(join(cacheDirectory(), 'fetch-'));
  try {
    writeFileSync(join(work, 'pom.xml'), pomOf(artifacts));
    await run('mvn', [
      '-q',
      '-B',
      '-f',
      work,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${work}/jars`,
    ]);
    publish(join(work, 'jars'), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}

/** Moves a finished folder to its name at once, so that nobody sees half of it. Another run may have been first: theirs is as good. */
export function publish(finished: string, target: string): void {
  try {
    renameSync(finished, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

/** Runs a command to its end; fails with what it said. */
export async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code}\n${output.slice(-2000)}`);
}

function pomOf(artifacts: readonly string[]): string {
  const dependencies = artifacts.map((artifact) => {
    const [group, id, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>millrace</groupId><artifactId>testbed</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies></project>`;
}
