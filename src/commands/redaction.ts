/** Keeps secrets out of what is shown. */
import type { ErrorData } from '../model/errors.ts';
import type { JobStatus } from '../model/job-status.ts';

const placeholder = '******';

/** A function that replaces every secret in a text. An escaped quote in SQL is no way out. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((secret) => [secret, secret.replaceAll("'", "''")]).filter((form) => form !== '');
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((shown, secret) => shown.replaceAll(secret, placeholder), text);
}

/** The status with the texts of its failures redacted: they may quote what the script said. */
export function redactStatus(status: JobStatus, redact: (text: string) => string): JobStatus {
  const checkpoints = {
    ...status.checkpoints,
    history: status.checkpoints.history.map((entry) => ({ ...entry, failure: entry.failure && redact(entry.failure) })),
  };
  const exceptions = status.exceptions.map((entry) => ({ ...entry, error: redactError(entry.error, redact) }));
  return { ...status, checkpoints, exceptions };
}

function redactError(error: ErrorData, redact: (text: string) => string): ErrorData {
  return {
    ...error,
    message: redact(error.message),
    hint: error.hint && redact(error.hint),
    causes: error.causes.map(redact),
    stack: error.stack && redact(error.stack),
  };
}
