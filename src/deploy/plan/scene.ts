/** What a resolver has before it: the catalogue, what runs, who asks. Nothing of another team's is in reach of it. */
import type { Actor } from '../../model/change-plan.ts';
import {
  type DeploymentKey,
  type DeploymentView,
  deploymentId,
  type JobEngine,
  type Release,
} from '../../model/deployment.ts';
import type { Catalogue, CatalogueJob } from '../catalogue/catalogue.ts';
import type { Environment } from '../catalogue/environment.ts';
import { maySee } from '../policy/grant.ts';

export type SceneInput = Readonly<{
  catalogue: Catalogue;
  deployments: readonly DeploymentView[];
  actor: Actor;
  /** Said beside the words; null: not. */
  environment: string | null;
  /** A release that a plan was made with before. */
  releaseOf: (digest: string) => Release | null;
}>;

/** A deployment as the steps before leave it. */
export type Seen = Readonly<{
  state: 'running' | 'suspended';
  engine: JobEngine;
  /** Whole, where it is known here. */
  release: Release | null;
  digest: string;
  parameters: Readonly<Record<string, string>>;
  parallelism: number | null;
  /** As it is now; null for what the steps before only bring into being. */
  view: DeploymentView | null;
}>;

export class Scene {
  readonly catalogue: Catalogue;
  readonly actor: Actor;
  readonly environments: readonly Environment[];
  readonly jobs: readonly CatalogueJob[];
  /** Those that the actor may see. */
  readonly deployments: readonly DeploymentView[];
  readonly saidEnvironment: string | null;
  readonly #releaseOf: SceneInput['releaseOf'];
  readonly #hidden: ReadonlySet<string>;

  constructor({ catalogue, deployments, actor, environment, releaseOf }: SceneInput) {
    const sees = (team: string | null, name: string): boolean => maySee(actor, { team, environment: name });
    this.catalogue = catalogue;
    this.actor = actor;
    this.saidEnvironment = environment;
    this.#releaseOf = releaseOf;
    this.deployments = deployments.filter((view) => sees(view.team, view.environment));
    this.#hidden = new Set(deployments.filter((view) => !this.deployments.includes(view)).map(deploymentId));
    this.jobs = catalogue.jobs.filter(({ spec }) =>
      catalogue.environments.some(({ name }) => sees(spec.team ?? null, name)),
    );
    const teams = [null, ...this.jobs.map(({ spec }) => spec.team ?? null)];
    this.environments = catalogue.environments.filter(({ name }) => teams.some((team) => sees(team, name)));
  }

  job(name: string): CatalogueJob | null {
    return this.jobs.find(({ spec }) => spec.name === name) ?? null;
  }

  environment(name: string): Environment | null {
    return this.environments.find((each) => each.name === name) ?? null;
  }

  /** Whether there is a deployment of that key which the actor may not see. */
  isHidden(key: DeploymentKey): boolean {
    return this.#hidden.has(deploymentId(key));
  }

  seen(key: DeploymentKey): Seen | null {
    const view = this.deployments.find((each) => deploymentId(each) === deploymentId(key));
    if (view === undefined) return null;
    const { digest, parameters, parallelism } = view.release;
    const hasEnded = view.state === 'FAILED' || view.observed?.state === 'FINISHED';
    const isRunning = view.wanted === 'running' && !hasEnded;
    const state = isRunning ? 'running' : 'suspended';
    const release = this.#releaseOf(digest);
    return { state, engine: view.engine, release, digest, parameters, parallelism, view };
  }

  /** Every team that a change of the deployment concerns: that of the spec, and that which it was deployed for. */
  teamsOf(key: DeploymentKey): readonly (string | null)[] {
    const view = this.deployments.find((each) => deploymentId(each) === deploymentId(key));
    const job = this.job(key.job);
    const teams = [...(job === null ? [] : [job.spec.team ?? null]), ...(view === undefined ? [] : [view.team])];
    return [...new Set(teams)];
  }
}
