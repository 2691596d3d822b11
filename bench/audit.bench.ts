/** What it costs to account for a record, as an auditor does. */
import { auditStages } from './stages/audit.ts';
import { measureStages, type StageResult } from './support/measure.ts';
import { parameter } from './support/parameter.ts';
import { formatTable, thousands } from './support/table.ts';

export function benchAudit(progress: (text: string) => void): readonly StageResult[] {
  const options = {
    rounds: parameter('rounds', 1, 5),
    roundMs: parameter('round_ms', 20, 1000),
    warmupMs: parameter('warmup_ms', 10, 500),
  };
  return measureStages(auditStages(), options, progress);
}

export function auditTable(results: readonly StageResult[]): string {
  const rows = results.map(({ name, recordsPerSecond, slowest, fastest, nanosecondsPerRecord }) => [
    name,
    thousands(recordsPerSecond),
    `${thousands(slowest)}-${thousands(fastest)}`,
    nanosecondsPerRecord.toFixed(0),
  ]);
  return formatTable(['records of 150 bytes, one thread', 'k records/CPU s', 'range (CPU)', 'ns/record'], rows);
}
