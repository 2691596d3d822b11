/** What runs beside what is wanted: the differences, and the step that would end each. Pure. */
import { type DeploymentKey, type DeploymentView, deploymentId } from '../../model/deployment.ts';
import type { IntentStep, Verb } from '../../model/intent.ts';
import type { WantedDeployment } from './wanted-deployment.ts';

export type Difference = Readonly<{ field: string; wanted: string | null; found: string | null }>;

/** `missing`: wanted, and not there. `different`: there, and otherwise. `unmanaged`: there, and in no file. */
export type Drift = DeploymentKey &
  Readonly<{
    kind: 'missing' | 'different' | 'unmanaged';
    differences: readonly Difference[];
    /** null: nothing is done unasked, a person decides. */
    step: IntentStep | null;
  }>;

export type DriftContext = Readonly<{
  /** What an environment gives to every job. */
  inherited: (environment: string) => Readonly<Record<string, string>>;
  /** Of the release that the job's files make now; null where that can't be said. */
  newestDigest: (wanted: WantedDeployment, view: DeploymentView) => string | null;
  /** Of which everything is wanted by file. */
  environments: readonly string[];
}>;

/** In the order of environments and jobs. What is as wanted is not in it. */
export function driftOf(
  wanted: readonly WantedDeployment[],
  views: readonly DeploymentView[],
  ctx: DriftContext,
): Drift[] {
  const found = new Map(views.map((view) => [deploymentId(view), view]));
  const named = new Set(wanted.map(deploymentId));
  const ofFiles = wanted.flatMap((wish) => compare(wish, found.get(deploymentId(wish)), ctx) ?? []);
  const others = views.filter((view) => ctx.environments.includes(view.environment) && !named.has(deploymentId(view)));
  const unmanaged = others.map(({ job, environment, wanted: state }): Drift => {
    const difference = { field: 'state', wanted: null, found: state };
    return { job, environment, kind: 'unmanaged', differences: [difference], step: null };
  });
  return [...ofFiles, ...unmanaged].sort((a, b) => (deploymentId(a) < deploymentId(b) ? -1 : 1));
}

function compare(wish: WantedDeployment, view: DeploymentView | undefined, ctx: DriftContext): Drift | null {
  const { job, environment, state } = wish;
  if (view === undefined) {
    if (state === 'suspended') return null; // it has not begun, as wanted
    const difference = { field: 'state', wanted: state, found: null };
    return { job, environment, kind: 'missing', differences: [difference], step: stepOf('deploy', wish) };
  }
  const differences = [...stateDifference(wish, view), ...contentDifferences(wish, view, ctx)];
  if (differences.length === 0) return null;
  const verb = verbOf(wish, view, differences);
  return { job, environment, kind: 'different', differences, step: verb === null ? null : stepOf(verb, wish) };
}

function stateDifference(wish: WantedDeployment, view: DeploymentView): Difference[] {
  return wish.state === view.wanted ? [] : [{ field: 'state', wanted: wish.state, found: view.wanted }];
}

function contentDifferences(wish: WantedDeployment, view: DeploymentView, ctx: DriftContext): Difference[] {
  const { release } = view;
  const inherited = ctx.inherited(wish.environment);
  const names = [...new Set([...Object.keys(wish.parameters), ...Object.keys(release.parameters)])].sort();
  const parameters = names.flatMap((name) => {
    const wanted = wish.parameters[name] ?? inherited[name] ?? null;
    const found = release.parameters[name] ?? null;
    return wanted === found ? [] : [{ field: `parameters.${name}`, wanted, found }];
  });
  const plain: Difference[] = [
    ...(wish.engine === null || wish.engine === view.engine
      ? []
      : [{ field: 'engine', wanted: wish.engine, found: view.engine }]),
    ...(wish.parallelism === release.parallelism
      ? []
      : [{ field: 'parallelism', wanted: textOf(wish.parallelism), found: textOf(release.parallelism) }]),
  ];
  const known = [...plain, ...parameters];
  const newest = known.length > 0 ? null : ctx.newestDigest(wish, view);
  if (newest === null || newest === release.digest) return known;
  return [{ field: 'release', wanted: newest.slice(0, 12), found: release.digest.slice(0, 12) }];
}

/** A suspended job's other differences wait until it is to run. */
function verbOf(wish: WantedDeployment, view: DeploymentView, differences: readonly Difference[]): Verb | null {
  const fields = differences.map(({ field }) => field);
  if (wish.state === 'suspended') return view.wanted === 'running' ? 'pause' : null;
  if (fields.length === 1 && fields[0] === 'state') return 'start';
  if (fields.length === 1 && fields[0] === 'parallelism' && wish.parallelism !== null) return 'scale';
  return 'deploy';
}

function stepOf(verb: Verb, { job, environment, engine, parameters, parallelism }: WantedDeployment): IntentStep {
  const says = verb === 'deploy';
  return {
    verb,
    job,
    environment,
    engine: says ? engine : null,
    parameters: says ? parameters : {},
    parallelism: says || verb === 'scale' ? parallelism : null,
    savepoint: null,
    until: null,
  };
}

function textOf(value: number | null): string | null {
  return value === null ? null : String(value);
}

export function driftText(drift: readonly Drift[]): string {
  if (drift.length === 0) return 'everything runs as it is wanted\n';
  const lines = drift.flatMap((item) => {
    const what = item.step === null ? 'left to a person' : `would ${item.step.verb}`;
    const head = `${deploymentId(item)}: ${item.kind}, ${what}`;
    const parts = item.differences.map(
      ({ field, wanted, found }) => `  ${field}: wanted ${wanted ?? 'none'}, found ${found ?? 'none'}`,
    );
    return [head, ...parts];
  });
  return `${lines.join('\n')}\n`;
}
