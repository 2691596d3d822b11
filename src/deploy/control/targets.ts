/** Which engine a deployment runs on: by its name and its environment. */
import type { JobEngine, JobTarget } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import type { Targets } from './reconciler.ts';

/** Throws NOT_FOUND where the environment has none of the kind. */
export type TargetOf = (environment: string) => JobTarget;

/** UNSUPPORTED for an engine that is not here. */
export function targetsOf(engines: Readonly<Partial<Record<JobEngine, TargetOf>>>): Targets {
  return (engine, environment) => {
    const find = engines[engine];
    if (find !== undefined) return find(environment);
    throw new EngineError('UNSUPPORTED', `engine ${engine}: this control plane has none`, {
      hint: `It has: ${Object.keys(engines).join(', ')}.`,
    });
  };
}
