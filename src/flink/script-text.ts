/** A script as one text for a client that reads files: what lies below the script's settings before it, what wins over them before the job. */
import { type FlinkScript, overrides } from './flink-script.ts';

export function scriptText(
  script: FlinkScript,
  jobId: string,
  restorePath: string | null,
  parallelism: number | null,
): string {
  const { settings, statements, job } = script;
  const wins = Object.entries(overrides(script, jobId, restorePath, parallelism));
  const lines = [...sets([...settings]), ...statements.map(({ text }) => text), ...sets(wins), job.text];
  return `${lines.join(';\n')};\n`;
}

function sets(settings: readonly (readonly [string, string])[]): string[] {
  return settings.map(([key, value]) => `SET '${quoted(key)}' = '${quoted(value)}'`);
}

function quoted(text: string): string {
  return text.replaceAll("'", "''");
}
