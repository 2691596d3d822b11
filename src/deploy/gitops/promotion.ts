/** From one environment to the next: the same wish as a file of the other, without what belongs to an environment. Pure. */
import { EngineError } from '../../model/errors.ts';
import type { Difference } from './drift.ts';
import type { WantedDeployment } from './wanted-deployment.ts';

export type Promotion = Readonly<{
  wanted: WantedDeployment;
  /** What changes in the file of the target environment; none: it wants the same already. */
  differences: readonly Difference[];
}>;

export type PromotionContext = Readonly<{
  /** The target's file as it is; null: there is none. */
  target: WantedDeployment | null;
  /** Names of parameters that the environments themselves give: they are not carried over. */
  own: readonly string[];
}>;

/** Engine, parallelism, parameters and state go along. Throws INVALID_OPTION where both are one environment. */
export function promote(source: WantedDeployment, to: string, { target, own }: PromotionContext): Promotion {
  if (source.environment === to) {
    throw new EngineError('INVALID_OPTION', `promote ${source.job}: expected two environments, got '${to}' twice`);
  }
  const carried = Object.entries(source.parameters).filter(([name]) => !own.includes(name));
  const kept = Object.entries(target?.parameters ?? {}).filter(([name]) => own.includes(name));
  const wanted = { ...source, environment: to, parameters: Object.fromEntries([...kept, ...carried]) };
  return { wanted, differences: wishDifferences(target, wanted) };
}

function wishDifferences(before: WantedDeployment | null, after: WantedDeployment): Difference[] {
  const [old, next] = [before === null ? new Map<string, string>() : fieldsOf(before), fieldsOf(after)];
  const names = [...new Set([...old.keys(), ...next.keys()])].sort();
  return names
    .map((field) => ({ field, wanted: next.get(field) ?? null, found: old.get(field) ?? null }))
    .filter(({ wanted, found }) => wanted !== found);
}

function fieldsOf({ engine, parallelism, parameters, state }: WantedDeployment): Map<string, string> {
  return new Map([
    ...(engine === null ? [] : [['engine', engine] as const]),
    ...(parallelism === null ? [] : [['parallelism', String(parallelism)] as const]),
    ...Object.entries(parameters).map(([name, value]) => [`parameters.${name}`, value] as const),
    ['state', state] as const,
  ]);
}
