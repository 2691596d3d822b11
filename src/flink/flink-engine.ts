/** Where a Flink is and how it is spoken to: an `engines.flink` of an environment. */
import type { YamlMap } from '../job/yaml-map.ts';
import { EngineError } from '../model/errors.ts';

export type ClusterAddress = Readonly<{
  /** The JobManager's REST. */
  rest: string;
  /** What a person opens, where it is another address. */
  view: string;
  gateway: string;
}>;

export type EngineLimits = Readonly<{
  /** Under which savepoints are written; null: the cluster's own setting. */
  savepointDirectory: string | null;
  /** The environment variable with the bearer token of a proxy before Flink. */
  tokenVariable: string | null;
  /** Of one request. */
  requestTimeoutMs: number;
  /** Of a submission, a savepoint and a stop as wholes. */
  operationTimeoutMs: number;
}>;

export type FlinkEngine = EngineLimits &
  (
    | (Readonly<{ via: 'gateway' }> & ClusterAddress)
    | Readonly<{
        via: 'cli';
        /** Of the Flink distribution: `bin/flink` and `bin/sql-client.sh` are below it. */
        home: string;
        /** Where its configuration is; null: the distribution's own. */
        configDirectory: string | null;
        /** Of a SQL Gateway; null: the SQL client's embedded one. */
        gateway: string | null;
        /** `host:port` of the JobManager; null: the configuration's. */
        jobManager: string | null;
      }>
    | (Readonly<{ via: 'docker' }> & DockerSettings)
  );

export type DockerSettings = Readonly<{
  socket: string;
  /** With a digest where it should never change beneath a job. */
  image: string;
  /** Absolute, on the engine's machine and, under the same path, in the containers: checkpoints and savepoints. User 9999 writes there. */
  stateDirectory: string;
  slotsPerTaskManager: number;
  /** Of each container. */
  memoryMb: number;
  cpus: number;
}>;

const slash = /\/+$/;
const defaultRequestMs = 60_000; // a submission answers once Flink has planned the job
const defaultOperationMs = 600_000;

/**
 * ```yaml
 * via: gateway                      # gateway | cli | docker
 * rest: http://flink:8081
 * gateway: http://flink:8083
 * savepointDirectory: s3://bucket/savepoints
 * ```
 * Throws INVALID_OPTION with the field's path and line.
 */
export function parseFlinkEngine(map: YamlMap): FlinkEngine {
  const via = map.has('via') ? map.oneOf('via', ['gateway', 'cli', 'docker']) : 'gateway';
  map.allow([...commonFields, ...fieldsOf[via]]);
  const limits = limitsOf(map);
  if (via === 'gateway') return { via, ...limits, ...addressOf(map) };
  if (via === 'docker') return { via, ...limits, ...dockerOf(map) };
  return {
    via,
    ...limits,
    home: map.string('home'),
    configDirectory: map.optionalString('configDirectory') ?? null,
    gateway: map.has('gateway') ? urlOf(map, 'gateway') : null,
    jobManager: map.has('jobManager')
      ? map.string('jobManager', { pattern: /^[A-Za-z0-9.-]+:\d{1,5}$/, expected: 'host:port' })
      : null,
  };
}

const commonFields = ['via', 'savepointDirectory', 'tokenVariable', 'requestTimeoutMs', 'operationTimeoutMs'];
const fieldsOf = {
  gateway: ['rest', 'gateway', 'view'],
  cli: ['home', 'configDirectory', 'gateway', 'jobManager'],
  docker: ['socket', 'image', 'stateDirectory', 'slotsPerTaskManager', 'memoryMb', 'cpus'],
} as const;

function limitsOf(map: YamlMap): EngineLimits {
  return {
    savepointDirectory: map.optionalString('savepointDirectory') ?? null,
    tokenVariable: map.optionalString('tokenVariable') ?? null,
    requestTimeoutMs: map.optionalInteger('requestTimeoutMs', 100, 3_600_000) ?? defaultRequestMs,
    operationTimeoutMs: map.optionalInteger('operationTimeoutMs', 1_000, 86_400_000) ?? defaultOperationMs,
  };
}

function addressOf(map: YamlMap): ClusterAddress {
  const rest = urlOf(map, 'rest');
  return { rest, gateway: urlOf(map, 'gateway'), view: map.has('view') ? urlOf(map, 'view') : rest };
}

function dockerOf(map: YamlMap): DockerSettings {
  return {
    socket: map.optionalString('socket') ?? '/var/run/docker.sock',
    image: map.string('image', { pattern: /^[\w./:@-]+$/, expected: 'an image: flink:2.3.0-scala_2.12-java17' }),
    stateDirectory: map.string('stateDirectory', { pattern: /^\/[\w./-]*[\w-]$/, expected: 'an absolute path' }),
    slotsPerTaskManager: map.optionalInteger('slotsPerTaskManager', 1, 256) ?? 4,
    memoryMb: map.optionalInteger('memoryMb', 1_024, 1_048_576) ?? 2_048,
    cpus: map.optionalInteger('cpus', 1, 1_024) ?? 2,
  };
}

function urlOf(map: YamlMap, key: string): string {
  const text = map.string(key);
  try {
    const url = new URL(text);
    if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') throw text;
    return url.href.replace(slash, '');
  } catch {
    throw map.fault(key, 'an http:// or https:// URL without user, query and fragment');
  }
}

/** The token's value. Throws NOT_FOUND where the variable is empty. */
export function tokenOf(
  { tokenVariable }: EngineLimits,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  if (tokenVariable === null) return null;
  const token = env[tokenVariable];
  if (token !== undefined && token !== '') return token;
  throw new EngineError('NOT_FOUND', `engine flink: expected a token in ${tokenVariable}, found none`);
}
