/** What a Flink target needs of the world beside its engine's settings. */
import type { Clock } from '../engine/clock.ts';
import type { ConnectorRegistry } from '../model/connector.ts';

export type TargetDependencies = Readonly<{
  clock: Clock;
  /** For secrets of jobs and the engine's token. */
  env: Readonly<Record<string, string | undefined>>;
  /** Which tables Flink has no connector for. */
  connectors: ConnectorRegistry;
}>;
