/** How many bytes a second a mirror takes from a topic: `{ "logs.*": 10 mb }`, the first pattern that fits counts. */
import type { YamlMap } from '../job/yaml-map.ts';
import { parseMemory } from '../model/options.ts';
import { wholeName } from './name-filter.ts';

export type Quota = Readonly<{ topics: RegExp; bytesPerSecond: number }>;

export function quotasOf(map: YamlMap): Quota[] {
  return map.keys().map((text) => {
    const topics = wholeName(text);
    if (topics === null) throw map.fault(text, 'a regular expression of topics as the key');
    const bytesPerSecond = parseMemory(map.optionalScalar(text) ?? '');
    if (bytesPerSecond === undefined || bytesPerSecond <= 0) {
      throw map.fault(text, "a size, of what may be copied in a second, such as '10 mb'");
    }
    return { topics, bytesPerSecond };
  });
}

/** Bytes a second of a topic; Infinity where nothing is said. */
export function quotaOf(quotas: readonly Quota[], topic: string): number {
  return quotas.find(({ topics }) => topics.test(topic))?.bytesPerSecond ?? Infinity;
}
