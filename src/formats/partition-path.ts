/** Partitions as directories, `day=2020-01-31/hour=5`, with Hive's escapes (Flink's PartitionPathUtils). */

/** Of a file name in Hive: what has a meaning of its own, and what no shell likes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
const escaped = /[\u0000-\u001f"#%'*/:=?\\\u007f{[\]^]/g;

function escapeName(text: string): string {
  return text.replace(escaped, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function unescapeName(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** `values`: of each key, in its order; null, and an empty one, is `defaultName`. */
export function partitionDirectory(
  keys: readonly string[],
  values: readonly (string | null)[],
  defaultName: string,
): string {
  return keys
    .map(
      (key, i) => `${escapeName(key)}=${escapeName(values[i] === null || values[i] === '' ? defaultName : values[i]!)}`,
    )
    .join('/');
}

/** The values of keys in the directories of a path; undefined where a key is not among them. */
export function partitionValues(
  path: string,
  keys: readonly string[],
  defaultName: string,
): (string | null | undefined)[] {
  const found = new Map<string, string>();
  for (const part of path.split('/').slice(0, -1)) {
    const at = part.indexOf('=');
    if (at > 0) found.set(unescapeName(part.slice(0, at)), unescapeName(part.slice(at + 1)));
  }
  return keys.map((key) => (found.get(key) === defaultName ? null : found.get(key)));
}
