/** Names by regular expressions that have to fit as a whole. */
import type { YamlMap } from '../job/yaml-map.ts';

export type NameFilter = Readonly<{ include: readonly RegExp[]; exclude: readonly RegExp[] }>;

export function fits(filter: NameFilter, name: string): boolean {
  return filter.include.some((pattern) => pattern.test(name)) && !filter.exclude.some((pattern) => pattern.test(name));
}

/** `{ include: […], exclude: […] }`; nothing is included unless it is said. */
export function nameFilter(map: YamlMap): NameFilter {
  map.allow(['include', 'exclude']);
  const include = patterns(map, 'include');
  if (include.length === 0)
    throw map.fault('include', "a list of regular expressions, such as ['orders', 'tracking.*']");
  return { include, exclude: patterns(map, 'exclude') };
}

function patterns(map: YamlMap, key: string): RegExp[] {
  return map.list(key).map((text) => wholeName(text) ?? refuse(map, key, text));
}

function refuse(map: YamlMap, key: string, text: string): never {
  throw map.fault(key, `regular expressions, and '${text}' is none`);
}

/** The pattern for a whole name; null when the text is no regular expression. */
export function wholeName(text: string): RegExp | null {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch {
    return null;
  }
}
