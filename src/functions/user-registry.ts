/** The user functions that this thread has loaded, by the key under which expressions call them. */
import type { AggregateFunction, ScalarFunction, TableFunction } from '../model/function.ts';
import type { UserFunctionModule } from '../model/user-function.ts';

export type UserFunction = Readonly<{
  module: UserFunctionModule;
  definition: ScalarFunction | TableFunction | AggregateFunction;
}>;

/** Never emptied: a key stands for one text of one file, and whoever planned with it may still run. */
const loaded = new Map<string, UserFunction>();

export function registerUserFunction(userFunction: UserFunction): void {
  loaded.set(userFunction.module.key, userFunction);
}

export function userFunction(key: string): UserFunction | undefined {
  return loaded.get(key);
}

const separator = '$';
const keyDigits = 16; // hexadecimal: 64 bits

/** Upper case, and an identifier of JavaScript: it stands in generated code. */
export function userFunctionKey(name: string, digest: string): string {
  return `${name.toUpperCase().replaceAll(/\W/g, '_')}${separator}${digest.slice(0, keyDigits).toUpperCase()}`;
}

/** What a person calls a function that expressions call `name`. */
export function shownFunctionName(name: string): string {
  return loaded.get(name)?.module.name ?? name;
}

/** The modules of every user function that is named anywhere in a plan. */
export function userFunctionsIn(plan: unknown): UserFunctionModule[] {
  const found = new Map<string, UserFunctionModule>();
  const walk = (value: unknown): void => {
    if (typeof value === 'string') {
      const module = value.includes(separator) ? loaded.get(value)?.module : undefined;
      if (module !== undefined) found.set(module.key, module);
    } else if (Array.isArray(value)) for (const part of value) walk(part);
    else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) walk(Object.values(value));
  };
  walk(plan);
  return [...found.values()];
}
