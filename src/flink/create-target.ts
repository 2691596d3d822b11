/** From an engine's settings to the target that speaks to it. */
import type { JobTarget } from '../model/deployment.ts';
import { CliTarget } from './cli-target.ts';
import { DockerTarget } from './docker/docker-target.ts';
import type { FlinkEngine } from './flink-engine.ts';
import { GatewayTarget } from './gateway-target.ts';
import type { TargetDependencies } from './target-dependencies.ts';

/** Speaks to nobody yet. Throws NOT_FOUND where the engine's token is not in the environment. */
export function createFlinkTarget(engine: FlinkEngine, deps: TargetDependencies): JobTarget {
  switch (engine.via) {
    case 'gateway':
      return new GatewayTarget(engine, deps);
    case 'cli':
      return new CliTarget(engine, deps);
    case 'docker':
      return new DockerTarget(engine, deps);
  }
}
