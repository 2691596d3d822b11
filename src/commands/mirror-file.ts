import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { secretsBeside } from '../kafka/secret-text.ts';
import { type MirrorSpec, parseMirror } from '../mirror/mirror-spec.ts';
import { EngineError } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';

/** The mirror of a file. Its passwords are hidden from then on. */
export async function loadMirror(file: string, context: CommandContext): Promise<MirrorSpec> {
  const path = resolve(context.workingDirectory, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new EngineError('NOT_FOUND', `mirror '${file}': expected a file to read, found none at ${path}`, { cause });
  });
  const spec = parseMirror(text, `mirror '${file}'`, secretsBeside(path, context.env));
  context.hide(secretsOfMirrors([spec]));
  return spec;
}

/** What must not be shown of the clients. */
export function secretsOfMirrors(specs: readonly MirrorSpec[]): readonly string[] {
  const configs = specs.flatMap(({ source, target }) => [source.config, target.config]);
  const secrets = configs.flatMap(({ sasl, tls }) => [sasl?.password ?? '', tls?.keyPassword ?? '']);
  return secrets.filter((secret) => secret !== '');
}
