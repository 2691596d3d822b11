import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { secretsBeside } from '../kafka/secret-text.ts';
import { checkMirror, type MirrorSpec } from '../mirror/mirror-spec.ts';
import { EngineError } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';

/** The mirror of a file. Its passwords are hidden from then on. INVALID_OPTION with the first of its faults. */
export async function loadMirror(file: string, context: CommandContext): Promise<MirrorSpec> {
  const { spec, faults } = await lintMirror(file, context);
  if (spec === null) throw faults[0]!;
  context.hide(secretsOfMirrors([spec]));
  return spec;
}

/** The mirror of a file, or all its faults, by place. */
export async function lintMirror(file: string, context: CommandContext): Promise<ReturnType<typeof checkMirror>> {
  const path = resolve(context.workingDirectory, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new EngineError('NOT_FOUND', `mirror '${file}': expected a file to read, found none at ${path}`, { cause });
  });
  return checkMirror(text, `mirror '${file}'`, secretsBeside(path, context.env));
}

/** What must not be shown of the clients. */
export function secretsOfMirrors(specs: readonly MirrorSpec[]): readonly string[] {
  const configs = specs.flatMap(({ source, target }) => [source.config, target.config]);
  const secrets = configs.flatMap(({ sasl, tls }) => [sasl?.password ?? '', tls?.keyPassword ?? '']);
  return secrets.filter((secret) => secret !== '');
}
