/** Texts of another program (job names, exceptions, log lines) are data: nothing in them steers a terminal, a page or a reader. */
import { EngineError, isEngineError } from '../model/errors.ts';

/** Of terminals: they begin with ESC. */
const escapeSequence = new RegExp(
  `${String.fromCharCode(27)}(?:\\[[0-9;?]*[ -/]*[@-~]|\\][^\\p{Cc}]*|[@-Z\\\\-_])`,
  'gu',
);
/** Controls but tab and line feed; what has no width, turns the direction of writing or tags what is written. */
const invisible = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\p{Variation_Selector}/gu;

/** At the most `limit` characters; what was cut off is said. */
export function plainText(text: string, limit: number): string {
  const clean = text.replace(escapeSequence, '').replace(invisible, '');
  return clean.length <= limit ? clean : `${clean.slice(0, limit)}… (${clean.length - limit} more characters)`;
}

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
