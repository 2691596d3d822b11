import { createHash, randomUUID } from 'node:crypto';
import type { Release, Submission } from '../../src/model/deployment.ts';

/** A release of a job of one script. */
export function releaseOf(script: string, more: Partial<Release> & Readonly<{ spec?: string }> = {}): Release {
  const job = more.job ?? 'probe';
  return {
    job,
    environment: 'test',
    engine: 'flink',
    digest: createHash('sha256').update(script).digest('hex'),
    spec: `apiVersion: millrace/v1\nkind: Job\nmetadata: { name: ${job} }\nspec: { engine: flink, sql: job.sql }\n`,
    script,
    directory: '/nowhere',
    parameters: {},
    parallelism: null,
    team: null,
    ...more,
  };
}

export function newId(): string {
  return randomUUID().replaceAll('-', '');
}

export function submissionOf(release: Release, more: Partial<Submission> = {}): Submission {
  return { jobId: newId(), release, restore: { kind: 'none' }, ...more };
}
