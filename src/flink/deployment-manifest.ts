/**
 * A job as a `FlinkDeployment` (flink.apache.org/v1beta1) of Flink's Kubernetes operator, with the script in a ConfigMap beside it. Expected is an
 * image made as the operator's flink-sql-runner-example makes it: `/opt/flink/usrlib/sql-runner.jar` reads the script whose path is its
 * argument; the connectors that the script names are in its `lib`. Pure.
 */
import type { JobFile } from '../job/job-file.ts';
import { printYaml } from '../job/yaml-document.ts';
import type { ConnectorRegistry } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import { scriptOf } from './flink-script.ts';
import { refuseUnportable } from './portability.ts';
import { runnerScript } from './runner-script.ts';

export type ManifestOptions = Readonly<{
  environment: string;
  team: string | null;
  namespace: string | null;
  image: string;
  /** `v2_2`: the operator's name of the version. */
  flinkVersion: string;
  serviceAccount: string;
  /** Under which checkpoints, savepoints and the JobManager's own state are kept; without it nothing survives its pod. */
  stateDirectory: string | null;
  parallelism: number | null;
  slotsPerTaskManager: number;
  memoryMb: number;
  cpus: number;
  state: 'running' | 'suspended';
  /** null: afresh, or where the operator left it. */
  savepoint: string | null;
}>;

const runnerJar = 'local:///opt/flink/usrlib/sql-runner.jar';
const scriptFolder = '/opt/flink/usrlib/sql-scripts';
const scriptFile = 'job.sql';
/** The operator names services after it. */
const kubernetesName = /^[a-z][a-z0-9-]{0,43}[a-z0-9]$/;

/** Two YAML documents. Throws UNSUPPORTED for scripts that the runner or Flink would not take, and for secrets: everyone reads a manifest. */
export function deploymentManifest(file: JobFile, options: ManifestOptions, connectors: ConnectorRegistry): string {
  if (!kubernetesName.test(file.name)) {
    throw new EngineError(
      'INVALID_OPTION',
      `job ${file.name}: expected a name of at the most 45 lower-case letters, digits and -, the first a letter`,
      {
        hint: 'Kubernetes names what belongs to the job after it.',
      },
    );
  }
  if (file.secrets.length > 0) {
    throw new EngineError(
      'UNSUPPORTED',
      `job ${file.name}: a parameter of the type secret would stand in the manifest`,
      {
        hint: 'Give Flink the credentials by its own means (a mounted file, a workload identity).',
      },
    );
  }
  const script = scriptOf(file, `${options.environment}/${file.name}`);
  refuseUnportable([...script.statements, script.job], file.name, connectors);
  const parallelism = options.parallelism ?? Number(script.settings.get('parallelism.default') ?? 1);
  const documents = [
    configMap(file.name, runnerScript(script), options),
    flinkDeployment(file.name, script.settings, parallelism, options),
  ];
  return documents.map(printYaml).join('---\n');
}

function metadata(
  name: string,
  job: string,
  { namespace, team, environment }: ManifestOptions,
): Record<string, unknown> {
  const labels = { app: 'millrace', job, env: environment, ...(team === null ? {} : { team }) };
  return { name, ...(namespace === null ? {} : { namespace }), labels };
}

function configMap(name: string, script: string, options: ManifestOptions): unknown {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(`${name}-sql`, name, options),
    data: { [scriptFile]: script },
  };
}

function flinkDeployment(
  name: string,
  settings: ReadonlyMap<string, string>,
  parallelism: number,
  options: ManifestOptions,
): unknown {
  const { image, flinkVersion, serviceAccount, memoryMb, cpus } = options;
  const resource = { memory: `${memoryMb}m`, cpu: cpus };
  return {
    apiVersion: 'flink.apache.org/v1beta1',
    kind: 'FlinkDeployment',
    metadata: metadata(name, name, options),
    spec: {
      image,
      flinkVersion,
      serviceAccount,
      flinkConfiguration: configuration(settings, options),
      podTemplate: podTemplate(name),
      jobManager: { resource },
      taskManager: { resource },
      job: {
        jarURI: runnerJar,
        args: [`${scriptFolder}/${scriptFile}`],
        parallelism,
        // With a directory the operator can go on from the last checkpoint, also of a job that is down.
        upgradeMode: options.stateDirectory === null ? 'stateless' : 'savepoint',
        state: options.state,
        ...(options.savepoint === null ? {} : { initialSavepointPath: options.savepoint }),
      },
    },
  };
}

/** What is set below the script; parallelism is the job's. */
function configuration(settings: ReadonlyMap<string, string>, options: ManifestOptions): Record<string, string> {
  const { stateDirectory, slotsPerTaskManager } = options;
  const own = [...settings].filter(([key]) => key !== 'parallelism.default');
  const state =
    stateDirectory === null
      ? {}
      : {
          'execution.checkpointing.dir': `${stateDirectory}/checkpoints`,
          'execution.checkpointing.savepoint-dir': `${stateDirectory}/savepoints`,
          'high-availability.type': 'kubernetes',
          'high-availability.storageDir': `${stateDirectory}/ha`,
        };
  return { ...Object.fromEntries(own), 'taskmanager.numberOfTaskSlots': String(slotsPerTaskManager), ...state };
}

/** `flink-main-container` is the name by which the operator knows its own. */
function podTemplate(name: string): unknown {
  const volume = 'sql-script';
  const mounted = {
    name: 'flink-main-container',
    volumeMounts: [{ name: volume, mountPath: scriptFolder, readOnly: true }],
  };
  return { spec: { containers: [mounted], volumes: [{ name: volume, configMap: { name: `${name}-sql` } }] } };
}
