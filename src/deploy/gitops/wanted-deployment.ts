/** What is wanted of a job in an environment, as a file that a person reviews: `envs/<environment>/<job>.yaml`. */
import { parseYamlDocument, printYaml } from '../../job/yaml-document.ts';
import { YamlMap } from '../../job/yaml-map.ts';
import { type DeploymentKey, deploymentNamePattern, type JobEngine, jobEngines } from '../../model/deployment.ts';

export type WantedDeployment = Readonly<
  DeploymentKey & {
    /** null: the job spec's. */
    engine: JobEngine | null;
    /** null: the job spec's, or the engine's own. */
    parallelism: number | null;
    /** Beside those that the environment gives to every job. */
    parameters: Readonly<Record<string, string>>;
    state: 'running' | 'suspended';
  }
>;

const largestParallelism = 32_768;

export function wantedPath({ environment, job }: DeploymentKey): string {
  return `envs/${environment}/${job}.yaml`;
}

/**
 * ```yaml
 * apiVersion: millrace/v1
 * kind: Deployment
 * metadata: { name: creator-analytics }
 * spec:
 *   engine: flink
 *   parallelism: 4
 *   parameters: { window: 5m }
 *   state: running                   # running | suspended
 * ```
 * Throws INVALID_OPTION with the field's path and line; `key` is what the file's place says.
 */
export function parseWanted(text: string, key: DeploymentKey): WantedDeployment {
  const where = wantedPath(key);
  const root = new YamlMap(parseYamlDocument(text, where), where).allow(['apiVersion', 'kind', 'metadata', 'spec']);
  root.oneOf('apiVersion', ['millrace/v1']);
  root.oneOf('kind', ['Deployment']);
  const metadata = root.map('metadata').allow(['name']);
  const expected = `the file's name, '${key.job}'`;
  if (metadata.string('name', { pattern: deploymentNamePattern, expected }) !== key.job) {
    throw metadata.fault('name', expected);
  }
  const plain: WantedDeployment = { ...key, engine: null, parallelism: null, parameters: {}, state: 'running' };
  if (!root.has('spec')) return plain;
  const spec = root.map('spec').allow(['engine', 'parallelism', 'parameters', 'state']);
  return {
    ...plain,
    engine: spec.has('engine') ? spec.oneOf('engine', jobEngines) : null,
    parallelism: spec.optionalInteger('parallelism', 1, largestParallelism) ?? null,
    parameters: spec.has('parameters') ? parametersOf(spec.map('parameters')) : {},
    state: spec.has('state') ? spec.oneOf('state', ['running', 'suspended']) : 'running',
  };
}

function parametersOf(map: YamlMap): Record<string, string> {
  return Object.fromEntries(
    map.keys().map((key) => {
      const value = map.optionalScalar(key);
      if (value === undefined) throw map.fault(key, 'a value');
      return [key, value];
    }),
  );
}

/** The same file for the same wish, so that a diff shows what a person changed. */
export function printWanted({ job, engine, parallelism, parameters, state }: WantedDeployment): string {
  const names = Object.keys(parameters).sort();
  return printYaml({
    apiVersion: 'millrace/v1',
    kind: 'Deployment',
    metadata: { name: job },
    spec: {
      ...(engine === null ? {} : { engine }),
      ...(parallelism === null ? {} : { parallelism }),
      ...(names.length === 0 ? {} : { parameters: Object.fromEntries(names.map((name) => [name, parameters[name]])) }),
      state,
    },
  });
}
