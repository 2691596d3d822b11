/** Values that are not for a file that many read: `${env:NAME}` and `${file:PATH}` stand for them until a client connects. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EngineError } from '../model/errors.ts';

const reference = /\$\{(env|file):([^}]+)\}/g;

/** Reads a secret; undefined: it is not there. */
export type SecretSource = (kind: 'env' | 'file', name: string) => string | undefined;

/** With something in place of each secret, to check the rest. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(reference, 'secret');
}

/** `where` begins the message when a secret is not there: "cluster dc1/tracking: property sasl.jaas.config". */
export function withSecrets(text: string, read: SecretSource, where: string): string {
  return text.replaceAll(reference, (_, kind: 'env' | 'file', name: string) => {
    const value = read(kind, name);
    if (value !== undefined) return value;
    const from = kind === 'env' ? `the environment variable ${name}` : `the file ${name}`;
    throw new EngineError('NOT_FOUND', `${where}: expected a value in ${from}, found none`);
  });
}

/** From the environment, and from files, whose paths begin at the file that names them. */
export function secretsBeside(file: string, env: Readonly<Record<string, string | undefined>>): SecretSource {
  return (kind, name) => (kind === 'env' ? env[name] : textOf(resolve(dirname(file), name)));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}
