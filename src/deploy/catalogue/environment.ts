/** An environment: where jobs are deployed to, and what holds there (`envs/<name>/environment.yaml`). */
import { parseYamlDocument } from '../../job/yaml-document.ts';
import { YamlMap } from '../../job/yaml-map.ts';
import type { RiskClass } from '../../model/change-plan.ts';
import { deploymentNamePattern, type JobEngine, jobEngines } from '../../model/deployment.ts';
import type { Verb } from '../../model/intent.ts';
import { verbs } from '../../model/intent.ts';
import { type EnvironmentClass, environmentClasses, type Graduation, graduations } from '../policy/graduation.ts';

/** The most that may run at once: jobs, slots (subtasks of parallel jobs) and memory. null: no bound. */
export type Limits = Readonly<{ jobs: number | null; slots: number | null; memoryMb: number | null }>;

/** A time in which nothing changes but by these verbs. `from` inclusive, `to` exclusive, ms since 1970. */
export type Freeze = Readonly<{ name: string; from: number; to: number; reason: string; allow: readonly Verb[] }>;

export type Environment = Readonly<{
  name: string;
  description: string | null;
  class: EnvironmentClass;
  /** `gitops`: a plan that is confirmed becomes a commit; what runs changes by `apply --from-git` alone. */
  mode: 'direct' | 'gitops';
  /** Where nothing is said of an environment. At the most one has it. */
  isDefault: boolean;
  /** Handed to every job that declares them. */
  parameters: ReadonlyMap<string, string>;
  /** How the engines are reached from here; what the fields mean is for the target of each to say. */
  engines: ReadonlyMap<JobEngine, YamlMap>;
  /** What differs from the table of the class. */
  policy: ReadonlyMap<RiskClass, Graduation>;
  freezes: readonly Freeze[];
  limits: Limits;
  teamLimits: ReadonlyMap<string, Limits>;
}>;

const noLimits: Limits = { jobs: null, slots: null, memoryMb: null };
const largestLimit = 1_000_000_000;
const changeable = ['low', 'medium', 'high', 'critical'] as const;

/** Of a folder without a file of its own: the class that it is called after, or the strictest. */
export function plainEnvironment(name: string): Environment {
  return {
    name,
    description: null,
    class: environmentClasses.find((each) => each === name) ?? 'production',
    mode: 'direct',
    isDefault: false,
    parameters: new Map(),
    engines: new Map(),
    policy: new Map(),
    freezes: [],
    limits: noLimits,
    teamLimits: new Map(),
  };
}

/** Throws INVALID_OPTION with file, line and field. `folder`: the name that it has to have. */
export function parseEnvironment(text: string, where: string, folder: string): Environment {
  const root = new YamlMap(parseYamlDocument(text, where), where).allow(['apiVersion', 'kind', 'metadata', 'spec']);
  root.oneOf('apiVersion', ['millrace/v1']);
  root.oneOf('kind', ['Environment']);
  const metadata = root.map('metadata').allow(['name', 'description']);
  const name = metadata.string('name', { pattern: deploymentNamePattern, expected: `the folder's name, '${folder}'` });
  if (name !== folder) throw metadata.fault('name', `the folder's name, '${folder}'`);
  const plain = plainEnvironment(name);
  if (!root.has('spec')) return { ...plain, description: metadata.optionalString('description') ?? null };
  const spec = root
    .map('spec')
    .allow(['class', 'mode', 'default', 'parameters', 'engines', 'policy', 'freeze', 'limits']);
  return {
    name,
    description: metadata.optionalString('description') ?? null,
    class: spec.has('class') ? spec.oneOf('class', environmentClasses) : plain.class,
    mode: spec.has('mode') ? spec.oneOf('mode', ['direct', 'gitops']) : plain.mode,
    isDefault: spec.optionalBoolean('default') ?? false,
    parameters: spec.has('parameters') ? scalars(spec.map('parameters')) : plain.parameters,
    engines: spec.has('engines') ? enginesOf(spec.map('engines')) : plain.engines,
    policy: spec.has('policy') ? policyOf(spec.map('policy')) : plain.policy,
    freezes: spec.has('freeze') ? freezesOf(spec.map('freeze')) : plain.freezes,
    ...(spec.has('limits') ? limitsAndTeams(spec.map('limits')) : { limits: noLimits, teamLimits: new Map() }),
  };
}

function scalars(map: YamlMap): ReadonlyMap<string, string> {
  return new Map(
    map.keys().map((key) => {
      const value = map.optionalScalar(key);
      if (value === undefined) throw map.fault(key, 'a value');
      return [key, value] as const;
    }),
  );
}

function enginesOf(map: YamlMap): Environment['engines'] {
  map.allow(jobEngines);
  return new Map(jobEngines.filter((engine) => map.has(engine)).map((engine) => [engine, map.map(engine)]));
}

function policyOf(map: YamlMap): Environment['policy'] {
  map.allow(changeable);
  const policy = new Map<RiskClass, Graduation>();
  for (const risk of changeable) {
    if (!map.has(risk)) continue;
    const given = map.oneOf(risk, graduations);
    if (risk === 'critical' && (given === 'allow' || given === 'warn')) {
      throw map.fault(risk, 'confirm, type-name, two-person or deny: what gives up state is never done unasked');
    }
    policy.set(risk, given);
  }
  return policy;
}

function freezesOf(map: YamlMap): Freeze[] {
  return map.keys().map((name) => {
    const freeze = map.map(name).allow(['from', 'to', 'reason', 'allow']);
    const [from, to] = [timeOf(freeze, 'from'), timeOf(freeze, 'to')];
    if (to <= from) throw freeze.fault('to', "a time after 'from'");
    const allow = freeze.list('allow').map((word) => {
      const verb = verbs.find((each) => each === word);
      if (verb === undefined) throw freeze.fault('allow', `verbs of: ${verbs.join(', ')}`);
      return verb;
    });
    return { name, from, to, reason: freeze.optionalString('reason') ?? name, allow };
  });
}

function timeOf(map: YamlMap, key: string): number {
  const text = map.optionalScalar(key);
  const ms = text !== undefined && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw map.fault(key, 'a time with its zone, such as 2026-12-20T18:00:00Z');
  return ms;
}

function limitsAndTeams(map: YamlMap): Pick<Environment, 'limits' | 'teamLimits'> {
  map.allow(['jobs', 'slots', 'memoryMb', 'teams']);
  const teams = map.has('teams') ? map.map('teams') : undefined;
  return {
    limits: limitsOf(map),
    teamLimits: new Map(
      teams?.keys().map((team) => [team, limitsOf(teams.map(team).allow(['jobs', 'slots', 'memoryMb']))]) ?? [],
    ),
  };
}

function limitsOf(map: YamlMap): Limits {
  return {
    jobs: map.optionalInteger('jobs', 0, largestLimit) ?? null,
    slots: map.optionalInteger('slots', 0, largestLimit) ?? null,
    memoryMb: map.optionalInteger('memoryMb', 0, largestLimit) ?? null,
  };
}
