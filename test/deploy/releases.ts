import { createHash } from 'node:crypto';
import type { PlanStep } from '../../src/model/change-plan.ts';
import type { Release } from '../../src/model/deployment.ts';

const endless = `CREATE TABLE numbers (n BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '500', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '100000000');
CREATE TABLE gone (n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO gone SELECT n FROM numbers;
`;

export type ReleaseOptions = Readonly<{
  job?: string;
  environment?: string;
  script?: string;
  parallelism?: number | null;
  parameters?: Readonly<Record<string, string>>;
  /** The spec's own, as YAML below `parameters:`. */
  declared?: string;
  directory?: string;
}>;

/** A job that counts without end and keeps nothing, unless told otherwise; a checkpoint every 200 ms. */
export function releaseOf(options: ReleaseOptions = {}): Release {
  const {
    job = 'counter',
    environment = 'dev',
    script = endless,
    parallelism = 1,
    parameters = {},
    declared,
  } = options;
  const spec = `apiVersion: millrace/v1
kind: Job
metadata: { name: ${job} }
spec:
  checkpoint: { interval: 200 ms }
  sql: ${job}.sql
${declared === undefined ? '' : `  parameters:\n${declared}`}`;
  const all: Omit<Release, 'digest'> = {
    job,
    environment,
    engine: 'millrace',
    spec,
    script,
    directory: options.directory ?? '/nowhere',
    parameters,
    parallelism,
    team: null,
  };
  return { ...all, digest: createHash('sha256').update(JSON.stringify(all)).digest('hex') };
}

export function stepOf(action: PlanStep['action'], release: Release, more: Partial<PlanStep> = {}): PlanStep {
  const { job, environment, engine, parameters, parallelism } = release;
  const runs = !['stop', 'pause', 'savepoint'].includes(action);
  return {
    job,
    environment,
    action,
    engine,
    parameters,
    parallelism,
    restore: { kind: 'latest' },
    savepoint: true,
    until: null,
    release: runs ? release : null,
    diff: [],
    text: `${action} ${environment}/${job}`,
    ...more,
  };
}
