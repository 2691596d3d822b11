/** Keeps secrets out of what is shown. */
const placeholder = '******';

/** A function that replaces every secret in a text. An escaped quote in SQL is no way out. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((secret) => [secret, secret.replaceAll("'", "''")]).filter((form) => form !== '');
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((shown, secret) => shown.replaceAll(secret, placeholder), text);
}
