/** The Flinks that environments name (`engines.flink` of `envs/<name>/environment.yaml`), each spoken to when it is first needed. */
import type { Catalogue } from '../deploy/catalogue/catalogue.ts';
import type { TargetOf } from '../deploy/control/targets.ts';
import { createFlinkTarget } from '../flink/create-target.ts';
import { type FlinkEngine, parseFlinkEngine } from '../flink/flink-engine.ts';
import type { TargetDependencies } from '../flink/target-dependencies.ts';
import type { JobTarget } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';

type Known = Readonly<{ settings: string; target: JobTarget }>;

export class FlinkTargets {
  readonly #catalogue: () => Catalogue;
  readonly #deps: TargetDependencies;
  readonly #known = new Map<string, Known>();

  /** The catalogue is read anew each time: what its files say now holds. */
  constructor(catalogue: () => Catalogue, deps: TargetDependencies) {
    this.#catalogue = catalogue;
    this.#deps = deps;
  }

  readonly of: TargetOf = (environment) => {
    const engine = this.#engineOf(environment);
    const settings = JSON.stringify(engine);
    const known = this.#known.get(environment);
    if (known?.settings === settings) return known.target;
    const target = createFlinkTarget(engine, this.#deps);
    this.#known.set(environment, { settings, target });
    void known?.target.close();
    return target;
  };

  async close(): Promise<void> {
    for (const { target } of this.#known.values()) await target.close();
    this.#known.clear();
  }

  #engineOf(name: string): FlinkEngine {
    const environment = this.#catalogue().environments.find((each) => each.name === name);
    const map = environment?.engines.get('flink');
    if (map !== undefined) return parseFlinkEngine(map);
    throw new EngineError('NOT_FOUND', `environment ${name}: expected a Flink in it, found none`, {
      hint: `Say where it is under spec.engines.flink of envs/${name}/environment.yaml: docs/flink-target.md.`,
    });
  }
}
