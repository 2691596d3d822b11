/** Secrets of jobs out of what another program says of them. */
import { EngineError, isEngineError } from '../model/errors.ts';

/** The text without the given secrets. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '***')), text);
}

/** The same error without the secrets; its causes, which may hold them, are left out. */
export function redacted(error: unknown, secrets: readonly string[]): unknown {
  if (!isEngineError(error) || !secrets.some((secret) => secret !== '' && error.message.includes(secret))) return error;
  const { code, hint, retryable, position } = error;
  return new EngineError(code, withoutSecrets(error.message, secrets), { hint, retryable, position });
}
