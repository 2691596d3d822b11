/** A script as one text for a client that reads files: what lies below the script's settings before it, what wins over them before the job. */
import { type FlinkScript, overrides } from './flink-script.ts';

export function scriptText(
  script: FlinkScript,
  jobId: string,
  restorePath: string | null,
  parallelism: number | null,
): string {
  return statementsText(script, overrides(script, jobId, restorePath, parallelism));
}

/** The same where the one who starts it gives ids and state. */
export function statementsText(script: FlinkScript, wins: Readonly<Record<string, string>>): string {
  const { settings, statements, job } = script;
  const lines = [
    ...sets([...settings]),
    ...statements.map(({ text }) => text),
    ...sets(Object.entries(wins)),
    job.text,
  ];
  return `${lines.join(';\n')};\n`;
}

function sets(settings: readonly (readonly [string, string])[]): string[] {
  return settings.map(([key, value]) => `SET '${quoted(key)}' = '${quoted(value)}'`);
}

function quoted(text: string): string {
  return text.replaceAll("'", "''");
}
