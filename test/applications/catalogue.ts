// The applications of jobs/: which tables each writes, and in which database of the lake.
import { join } from 'node:path';

export const jobsDirectory = join(import.meta.dirname, '../../jobs');

export type Application = Readonly<{
  name: string;
  /** The scenario that makes its events, beside the job spec. */
  scenario: string;
  /** In the catalog. */
  database: string;
  tables: readonly string[];
  /** Fields of the scenario that a bounded run needs beside `duration`: a small one. */
  set?: Readonly<Record<string, string>>;
}>;

const eventsOf = (name: string, database: string, tables: readonly string[]): Application => ({
  name,
  scenario: `${name}-events.yaml`,
  database,
  tables,
});

export const applications: readonly Application[] = [
  eventsOf('content-events', 'content', ['events', 'counts']),
  eventsOf('video-events', 'video', ['quality', 'sessions']),
  eventsOf('creator-analytics', 'creators', ['minutes']),
  eventsOf('social-engagement', 'social', ['trending']),
  eventsOf('iot-anomalies', 'iot', ['anomalies']),
  // What is later than the watermark allows is dropped or not, as the readers of partitions happen to go: without late events.
  {
    name: 'gpu-temperature',
    scenario: 'gpu-fleet.yaml',
    database: 'gpu',
    tables: ['temperature'],
    set: { 'late.rate': '0', 'duplicates.rate': '0', devices: '100' },
  },
  eventsOf('predictive-maintenance', 'maintenance', ['machine_windows', 'alerts']),
  eventsOf('ecommerce-behaviour', 'shop', ['sessions', 'purchases']),
  eventsOf('payment-risk', 'payments', ['alerts']),
];
