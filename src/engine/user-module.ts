/** Modules of user functions: found, checked and loaded. Node takes the types out of TypeScript itself. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { userFunctionOf } from '../functions/user-function.ts';
import { registerUserFunction, userFunction, userFunctionKey } from '../functions/user-registry.ts';
import { checkUserType } from '../functions/user-values.ts';
import { EngineError } from '../model/errors.ts';
import type { DataType } from '../model/types.ts';
import type { UserFunctionDeclaration, UserFunctionModule, UserFunctionSource } from '../model/user-function.ts';

/**
 * Loads a function into this thread and registers it. `typeOf` reads a SQL type. Throws EngineError: NOT_FOUND for the file or its export,
 * SQL_VALIDATION for what is no declaration, UNSUPPORTED for a type that user functions can't have.
 */
export async function loadUserFunction(
  { name, path, exportName }: UserFunctionSource,
  typeOf: (text: string) => DataType,
): Promise<UserFunctionModule> {
  const digest = await digestOf(path);
  const declaration = await importDeclaration({ name, path, exportName }, digest);
  const [args, returns] = [declaration.args.map(typeOf), typeOf(declaration.returns)];
  for (const type of [...args, returns]) checkUserType(type);
  const key = userFunctionKey(
    name,
    createHash('sha256').update(`${digest} ${path}#${exportName} ${name}`).digest('hex'),
  );
  const module: UserFunctionModule = { key, name, path, exportName, digest, args, returns };
  registerUserFunction(userFunctionOf(module, declaration));
  return module;
}

/** Loads what a job names into this thread. Throws as `loadUserFunction`, and CONFLICT where a file has changed since the job was planned. */
export async function loadUserFunctions(modules: readonly UserFunctionModule[]): Promise<void> {
  for (const module of modules) {
    if (userFunction(module.key) !== undefined) continue;
    if ((await digestOf(module.path)) !== module.digest) {
      throw new EngineError(
        'CONFLICT',
        `the user function ${module.name}: ${module.path} has changed since the job was planned`,
        {
          hint: 'Start the job again: it goes on from its last checkpoint.',
        },
      );
    }
    registerUserFunction(userFunctionOf(module, await importDeclaration(module, module.digest)));
  }
}

async function digestOf(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const [code, found] = isMissing ? (['NOT_FOUND', 'there is none'] as const) : (['IO', String(cause)] as const);
    throw new EngineError(code, `expected a TypeScript module at ${path}: ${found}`, { cause });
  }
}

/** The query makes Node load another text of the same file anew. */
async function importDeclaration(
  { name, path, exportName }: UserFunctionSource,
  digest: string,
): Promise<UserFunctionDeclaration> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(`${pathToFileURL(path).href}?${digest}`)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new EngineError('SQL_VALIDATION', `the module ${path} can't be loaded: ${(cause as Error).message}`, {
      cause,
    });
  }
  const found = exported[exportName];
  if (found === undefined) {
    const names = Object.keys(exported).join(', ') || 'nothing';
    throw new EngineError('NOT_FOUND', `the module ${path} has no export '${exportName}': it exports ${names}`, {
      hint: "Name another export behind the path: 'functions.ts#name'.",
    });
  }
  return checkDeclaration(found, name, `${path}#${exportName}`);
}

const steps: Readonly<Record<UserFunctionDeclaration['kind'], readonly string[]>> = {
  scalar: ['call'],
  table: ['call'],
  aggregate: ['accumulator', 'add', 'result'],
};

function checkDeclaration(found: unknown, name: string, place: string): UserFunctionDeclaration {
  const wrong = (what: string): EngineError =>
    new EngineError('SQL_VALIDATION', `the user function ${name} (${place}): ${what}`, {
      hint: "A declaration is { kind: 'scalar', args: ['INT'], returns: 'STRING', call: (n) => … }.",
    });
  if (typeof found !== 'object' || found === null) throw wrong(`expected a declaration, got a ${typeof found}`);
  const declaration = found as Record<string, unknown>;
  const { kind, args, returns } = declaration;
  if (typeof kind !== 'string' || !Object.hasOwn(steps, kind)) {
    throw wrong(`kind: expected 'scalar', 'table' or 'aggregate', got ${String(kind)}`);
  }
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
    throw wrong('args: expected a list of SQL types as strings');
  }
  if (typeof returns !== 'string') throw wrong('returns: expected a SQL type as a string');
  const missing = steps[kind as UserFunctionDeclaration['kind']].find(
    (step) => typeof declaration[step] !== 'function',
  );
  if (missing !== undefined) throw wrong(`${missing}: expected a function, got ${typeof declaration[missing]}`);
  return found as UserFunctionDeclaration;
}
