import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import {
  type ChildLimits,
  defaultChildLimits,
  MillraceTarget,
} from '../../../src/deploy/millrace-target/millrace-target.ts';
import { systemClock } from '../../../src/engine/clock.ts';
import type { TargetJob } from '../../../src/model/deployment.ts';

const engine = join(import.meta.dirname, '../../../engine.js');

const made: { directories: string[]; targets: MillraceTarget[] } = { directories: [], targets: [] };

afterEach(async () => {
  await Promise.all(made.targets.splice(0).map((target) => target.close()));
  for (const directory of made.directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-control-'));
  made.directories.push(directory);
  return directory;
}

export function openTarget(
  directory: string,
  limits: Partial<ChildLimits> = {},
  env: Record<string, string> = {},
): MillraceTarget {
  const target = new MillraceTarget({
    directory,
    program: [process.execPath, engine],
    workingDirectory: directory,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
    clock: systemClock,
    limits: { ...defaultChildLimits, ...limits },
  });
  made.targets.push(target);
  return target;
}

const patienceMs = 60_000;

/** Looks until it fits. */
export async function until<T>(look: () => Promise<T> | T, fits: (seen: T) => boolean): Promise<T> {
  let seen = await look();
  for (const since = performance.now(); !fits(seen); seen = await look()) {
    if (performance.now() - since > patienceMs) throw new Error(`not within ${patienceMs} ms: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return seen;
}

export async function observed(
  target: MillraceTarget,
  jobId: string,
  fits: (job: TargetJob) => boolean,
): Promise<TargetJob> {
  // Between its port and its server there is a moment without an answer.
  return await until(
    () =>
      target
        .observe(jobId)
        .catch(() => null)
        .then((job) => job!),
    (job) => job !== null && fits(job),
  );
}
