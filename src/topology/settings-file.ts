/** Settings of topics as a file has them: `partitions`, `replicationFactor`, `retention`, `configs`. */
import type { YamlPath } from '../job/yaml-document.ts';
import type { YamlMap } from '../job/yaml-map.ts';
import { parseDuration } from '../model/options.ts';
import type { Findings } from './finding.ts';
import { configFault } from './topic-config.ts';
import type { TopicSettings } from './topology.ts';

export const settingsFields = ['partitions', 'replicationFactor', 'retention', 'configs'] as const;

/** Settings of copies: a mirror keeps the partitions of its source. */
export const copySettingsFields = settingsFields.filter((field) => field !== 'partitions');

export const noSettings: TopicSettings = { partitions: null, replicationFactor: null, configs: new Map() };

const mostPartitions = 100_000; // of one topic; a cluster of KRaft holds a few millions in all
const mostReplicas = 32_767;

export function readSettings(map: YamlMap, path: YamlPath, findings: Findings): TopicSettings {
  const configs = new Map<string, string>();
  const written = map.has('configs') ? findings.take(() => map.map('configs'), null) : null;
  for (const key of written?.keys() ?? []) {
    const value = findings.take(() => written!.optionalScalar(key), undefined);
    if (value === undefined) continue;
    const fault = configFault(key, value);
    if (fault !== null) findings.error([...path, 'configs', key], fault.text, fault.hint);
    configs.set(key, value);
  }
  const retention = findings.take(() => readRetention(map), null);
  if (retention !== null && configs.has('retention.ms')) {
    findings.error([...path, 'retention'], 'expected one of retention and configs.retention.ms, found both');
  }
  if (retention !== null) configs.set('retention.ms', retention);
  return {
    partitions: findings.take(() => map.optionalInteger('partitions', 1, mostPartitions) ?? null, null),
    replicationFactor: findings.take(() => map.optionalInteger('replicationFactor', 1, mostReplicas) ?? null, null),
    configs,
  };
}

/** As Kafka has it, in ms; −1 for `forever`. */
function readRetention(map: YamlMap): string | null {
  const text = map.optionalScalar('retention');
  if (text === undefined) return null;
  if (text === 'forever') return '-1';
  const ms = /^\d+$/.test(text) ? undefined : parseDuration(text);
  if (ms === undefined || ms < 1) throw map.fault('retention', "a duration with its unit, such as '7 d', or forever");
  return String(ms);
}

/** The settings above, then those below where the upper say nothing. */
export function over(upper: TopicSettings, lower: TopicSettings): TopicSettings {
  return {
    partitions: upper.partitions ?? lower.partitions,
    replicationFactor: upper.replicationFactor ?? lower.replicationFactor,
    configs: new Map([...lower.configs, ...upper.configs]),
  };
}
