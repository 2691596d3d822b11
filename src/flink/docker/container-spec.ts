/**
 * The containers of a job: a JobManager, task managers and a SQL Gateway in a network of their own. Pure: names follow from the submission, so
 * that the same one again finds what it has made.
 */
import type { Submission } from '../../model/deployment.ts';
import type { DockerSettings } from '../flink-engine.ts';

/** The body of `POST /containers/create`. */
export type ContainerSpec = Readonly<{
  Image: string;
  Cmd: readonly string[];
  User: string;
  Env: readonly string[];
  Labels: Readonly<Record<string, string>>;
  ExposedPorts: Readonly<Record<string, Readonly<Record<string, never>>>>;
  Healthcheck: Readonly<{
    Test: readonly string[];
    Interval: number;
    Timeout: number;
    Retries: number;
    StartPeriod: number;
  }>;
  HostConfig: Readonly<Record<string, unknown>>;
  NetworkingConfig: Readonly<{ EndpointsConfig: Readonly<Record<string, Readonly<{ Aliases: readonly string[] }>>> }>;
}>;

export type ContainerRole = 'jobmanager' | 'taskmanager' | 'gateway';
export const restPort = '8081/tcp';
export const gatewayPort = '8083/tcp';

export type JobContainers = Readonly<{
  network: string;
  labels: Readonly<Record<string, string>>;
  containers: readonly Readonly<{ name: string; spec: ContainerSpec }>[];
}>;

const flinkUser = '9999:9999'; // of Flink's images: without root, nothing has to be given up at the start
const nanoseconds = 1_000_000_000;
const heapShare = 0.85; // of the container's memory; the rest is the kernel's and the JVM's own
const idLength = 12;

const program: Readonly<Record<ContainerRole, readonly string[]>> = {
  jobmanager: ['jobmanager'],
  taskmanager: ['taskmanager'],
  gateway: ['/opt/flink/bin/sql-gateway.sh', 'start-foreground'],
};
const healthPort: Readonly<Record<ContainerRole, number>> = { jobmanager: 8081, taskmanager: 6122, gateway: 8083 };
const publishedPort: Readonly<Record<ContainerRole, string | null>> = {
  jobmanager: restPort,
  taskmanager: null,
  gateway: gatewayPort,
};

/** `slots`: as many as the job's parallelism. */
export function jobContainers(submission: Submission, settings: DockerSettings, slots: number): JobContainers {
  const { release, jobId } = submission;
  const network = `millrace-${release.environment}-${release.job}-${jobId.slice(0, idLength)}`;
  const labels = {
    app: 'millrace',
    team: release.team ?? '',
    env: release.environment,
    job: release.job,
    release: release.digest,
    jobId,
  };
  const taskManagers = Math.ceil(slots / settings.slotsPerTaskManager);
  const roles: readonly (readonly [string, ContainerRole])[] = [
    ['jobmanager', 'jobmanager'],
    ...Array.from({ length: taskManagers }, (_, index) => [`taskmanager-${index + 1}`, 'taskmanager'] as const),
    ['gateway', 'gateway'],
  ];
  const containers = roles.map(([alias, role]) => ({
    name: `${network}-${alias}`,
    spec: containerSpec(role, alias, network, { ...labels, role }, settings),
  }));
  return { network, labels, containers };
}

function containerSpec(
  role: ContainerRole,
  alias: string,
  network: string,
  labels: Readonly<Record<string, string>>,
  settings: DockerSettings,
): ContainerSpec {
  const published = publishedPort[role];
  return {
    Image: settings.image,
    Cmd: program[role],
    User: flinkUser,
    Env: [`FLINK_PROPERTIES=${propertiesOf(role, alias, settings)}`],
    Labels: labels,
    ExposedPorts: published === null ? {} : { [published]: {} },
    Healthcheck: {
      Test: ['CMD', 'bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${healthPort[role]}`], // the image has no other client for sure
      Interval: 10 * nanoseconds,
      Timeout: 5 * nanoseconds,
      Retries: 6,
      StartPeriod: 60 * nanoseconds,
    },
    HostConfig: hostConfig(network, published, settings),
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [alias] } } },
  };
}

/** The root is read-only: what Flink writes (its configuration at the start, logs, temporary files) has places of its own. */
function hostConfig(network: string, published: string | null, settings: DockerSettings): Record<string, unknown> {
  const { memoryMb, cpus, stateDirectory } = settings;
  return {
    NetworkMode: network,
    Memory: memoryMb * 1024 * 1024,
    MemorySwap: memoryMb * 1024 * 1024, // none beside the memory
    NanoCpus: cpus * nanoseconds,
    PidsLimit: 4_096,
    ReadonlyRootfs: true,
    Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,mode=1777,size=1g' }, // exec: state backends load their libraries from there
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    Init: true,
    RestartPolicy: { Name: 'no' }, // who starts what again is the control plane's matter
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    Mounts: [
      { Type: 'volume', Target: '/opt/flink/conf' }, // filled from the image
      { Type: 'volume', Target: '/opt/flink/log' },
      { Type: 'bind', Source: stateDirectory, Target: stateDirectory },
    ],
    PortBindings: published === null ? {} : { [published]: [{ HostIp: '127.0.0.1', HostPort: '' }] }, // any free one
  };
}

function propertiesOf(role: ContainerRole, alias: string, settings: DockerSettings): string {
  const { memoryMb, slotsPerTaskManager, stateDirectory } = settings;
  const size = `${Math.floor(memoryMb * heapShare)}m`;
  const own: Readonly<Record<ContainerRole, Readonly<Record<string, string>>>> = {
    jobmanager: { 'jobmanager.memory.process.size': size, 'jobmanager.bind-host': '0.0.0.0' },
    taskmanager: {
      'taskmanager.memory.process.size': size,
      'taskmanager.numberOfTaskSlots': String(slotsPerTaskManager),
      'taskmanager.host': alias,
      'taskmanager.bind-host': '0.0.0.0',
      'taskmanager.rpc.port': String(healthPort.taskmanager),
    },
    gateway: {
      'sql-gateway.endpoint.rest.address': alias,
      'sql-gateway.endpoint.rest.bind-address': '0.0.0.0',
      'sql-gateway.endpoint.rest.port': String(healthPort.gateway),
    },
  };
  const all = {
    'jobmanager.rpc.address': 'jobmanager',
    'rest.address': 'jobmanager',
    'rest.port': String(healthPort.jobmanager),
    'execution.checkpointing.dir': `file://${stateDirectory}/checkpoints`,
    'execution.checkpointing.savepoint-dir': `file://${stateDirectory}/savepoints`,
    ...(role === 'jobmanager' ? { 'rest.bind-address': '0.0.0.0', 'web.submit.enable': 'false' } : {}),
    ...own[role],
  };
  return Object.entries(all)
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n');
}
