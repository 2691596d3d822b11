/** What `explain --target flink` says of a job, before anything is sent to a Flink. */
import type { JobFile } from '../job/job-file.ts';
import type { ConnectorRegistry } from '../model/connector.ts';
import { isEngineError } from '../model/errors.ts';
import { splitScript } from '../sql/parser.ts';
import { partsOf } from './flink-script.ts';
import { withoutSecrets } from './job-secrets.ts';
import { type PortabilityFinding, portabilityOf } from './portability.ts';

/** `portable`: nothing is refused. What differs, and what the cluster needs, is for a person to weigh. */
export type FlinkPortability = Readonly<{
  target: 'flink';
  job: string;
  portable: boolean;
  findings: readonly PortabilityFinding[];
}>;

/** Throws SQL_SYNTAX for a text that can't be cut into statements. */
export function flinkPortability(file: JobFile, connectors: ConnectorRegistry): FlinkPortability {
  const found = [...portabilityOf(splitScript(file.script), connectors), ...shapeFindings(file), ...parallelism(file)];
  const findings = found.map((finding) => ({ ...finding, text: withoutSecrets(finding.text, file.secrets) }));
  return { target: 'flink', job: file.name, portable: findings.every(({ kind }) => kind !== 'refused'), findings };
}

export function portabilityText({ job, portable, findings }: FlinkPortability): string {
  const lines = findings.map(({ kind, line, text, hint }) => {
    const place = line === null ? '' : `line ${line}: `;
    return `  ${kind.padEnd(7)}  ${place}${text}${hint === null ? '' : `\n           ${hint}`}`;
  });
  const verdict = portable ? 'runs on Flink' : 'does not run on Flink as it is';
  return `${[`job ${job}: ${verdict}`, ...lines].join('\n')}\n`;
}

/** One job, and rows that go to tables. */
function shapeFindings(file: JobFile): PortabilityFinding[] {
  try {
    partsOf(file.script, file.name);
    return [];
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const line = error.position?.line ?? null;
    const text = error.message.replace(/^line \d+, column \d+: /, '').split('\n', 1)[0]!;
    return [{ kind: 'refused', line, text, hint: error.hint ?? null }];
  }
}

function parallelism(file: JobFile): PortabilityFinding[] {
  if (file.settings.has('parallelism.default') || /'parallelism\.default'/.test(file.script)) return [];
  const text = "no parallelism is set: 4 here, the cluster's parallelism.default there";
  return [{ kind: 'differs', line: null, text, hint: "Set 'parallelism' in the job spec, or when it is deployed." }];
}
