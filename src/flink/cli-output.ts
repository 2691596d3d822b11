/** What is read out of what Flink's programs print. Pure. */

export type JobLine = Readonly<{ jobId: string; name: string; state: string /** ms since 1970. */; startTime: number }>;

const jobLine =
  /^(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d) : ([0-9a-f]{32}) : (.*) \(([A-Z]+)\)(?: \([A-Z]+\))?\s*$/;

/** `flink list -a`, run with UTC as its time zone: running, scheduled and ended jobs. */
export function parseJobList(output: string): JobLine[] {
  return output.split('\n').flatMap((line) => {
    const match = jobLine.exec(line);
    if (match === null) return [];
    const [day, month, year, hour, minute, second] = match.slice(1, 7).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const startTime = Date.UTC(year, month - 1, day, hour, minute, second);
    return [{ jobId: match[7]!, name: match[8]!, state: match[9]!, startTime }];
  });
}

/** The id of the job that a script has started; null: it has started none. */
export function parseSubmission(output: string): string | null {
  return /\bJob ?ID:? ([0-9a-f]{32})\b/.exec(output)?.[1] ?? null;
}

export function parseSavepointPath(output: string): string | null {
  return /^Savepoint completed\. Path: (\S+)\s*$/m.exec(output)?.[1] ?? null;
}
