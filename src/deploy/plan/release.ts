/** A release as it is built from the catalogue: whole, so that it can be run again without the files. */
import type { JobEngine, Release } from '../../model/deployment.ts';
import type { CatalogueJob } from '../catalogue/catalogue.ts';
import { canonicalHash } from './canonical-json.ts';

export type ReleaseChoice = Readonly<{
  environment: string;
  engine: JobEngine;
  parameters: Readonly<Record<string, string>>;
  parallelism: number | null;
}>;

export function buildRelease(job: CatalogueJob, choice: ReleaseChoice): Release {
  return withDigest({
    job: job.spec.name,
    ...choice,
    spec: job.text,
    script: job.script,
    directory: job.directory,
    team: job.spec.team ?? null,
  });
}

/** The same release at another parallelism. */
export function withParallelism({ digest: _, ...release }: Release, parallelism: number): Release {
  return withDigest({ ...release, parallelism });
}

/** Whether it is what its digest says. */
export function isWhole({ digest, ...release }: Release): boolean {
  return canonicalHash(release) === digest;
}

function withDigest(release: Omit<Release, 'digest'>): Release {
  return { ...release, digest: canonicalHash(release) };
}
