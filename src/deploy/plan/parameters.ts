/** The values that a job is started with: the environment's for what the job declares, then those that were said. */
import { type ParameterSpec, parseValue } from '../../job/parameter.ts';
import { EngineError } from '../../model/errors.ts';
import { nearest } from '../../model/options.ts';
import { shownText } from './shown-text.ts';

export type MergedParameters =
  | Readonly<{ kind: 'values'; values: Readonly<Record<string, string>> }>
  /** Declared, without a default, and not said. */
  | Readonly<{ kind: 'missing'; parameter: ParameterSpec }>;

/** Throws INVALID_OPTION for a name that isn't declared, a secret that is said, and a value out of its type or bounds. */
export function mergeParameters(
  declared: readonly ParameterSpec[],
  ofEnvironment: ReadonlyMap<string, string>,
  said: Readonly<Record<string, string>>,
): MergedParameters {
  refuseUnknown(declared, Object.keys(said));
  const entries: [string, string][] = [];
  for (const parameter of declared) {
    const { name } = parameter;
    const value = Object.hasOwn(said, name) ? said[name] : ofEnvironment.get(name);
    if (parameter.type === 'secret') refuseSecret(parameter, Object.hasOwn(said, name));
    else if (value !== undefined) entries.push([name, checked(parameter, value, !Object.hasOwn(said, name))]);
    else if (parameter.default === undefined) return { kind: 'missing', parameter };
  }
  return { kind: 'values', values: Object.fromEntries(entries) };
}

function refuseUnknown(declared: readonly ParameterSpec[], said: readonly string[]): void {
  const names = declared.map(({ name }) => name);
  const unknown = said.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, names);
  throw new EngineError('INVALID_OPTION', `parameter '${shownText(unknown)}' is not declared`, {
    hint: near === undefined ? `Declared parameters: ${names.join(', ') || 'none'}.` : `Did you mean '${near}'?`,
  });
}

function refuseSecret({ name }: ParameterSpec, wasSaid: boolean): void {
  if (!wasSaid) return;
  throw new EngineError(
    'INVALID_OPTION',
    `parameter '${name}': a secret can't be said, only read where the job starts`,
    {
      hint: 'Plans are shown and kept: set it in the environment or the file that the job spec names.',
    },
  );
}

function checked(parameter: ParameterSpec, value: string, isOfEnvironment: boolean): string {
  const parsed = parseValue(value, parameter);
  if (parsed.kind === 'value') return value;
  const from = isOfEnvironment ? " (of the environment's file)" : '';
  const found = `got '${shownText(value)}'${from}`;
  throw new EngineError('INVALID_OPTION', `parameter '${parameter.name}': expected ${parsed.expected}, ${found}`, {
    ...(parameter.description === undefined ? {} : { hint: parameter.description }),
  });
}
