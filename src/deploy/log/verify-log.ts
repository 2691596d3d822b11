/** Whether a deploy log is as it was written: line by line, in constant memory. */
import { createReadStream, existsSync } from 'node:fs';
import { EngineError } from '../../model/errors.ts';
import { type ChainEnd, chainStart, faultOfLine, type LogEntry } from './log-entry.ts';

export type LogVerdict = Readonly<{
  entries: number;
  /** The first line that does not follow from those before; null: the chain is whole. */
  fault: Readonly<{ line: number; text: string }> | null;
  /** Bytes after the last line: of an entry whose writer was killed. The next entry mends it. */
  tornBytes: number;
}>;

/** `head`: where the chain is known to have gone; entries missing at the end are found by it. NOT_FOUND where there is no log. */
export async function verifyLog(path: string, head: ChainEnd | null): Promise<LogVerdict> {
  let end = chainStart;
  let tornBytes = 0;
  for await (const { text, isWhole } of logLines(path)) {
    if (!isWhole) {
      tornBytes = Buffer.byteLength(text);
      break;
    }
    const fault = faultOfLine(text, end);
    if (fault !== null) return { entries: end.sequence, fault: { line: end.sequence + 1, text: fault }, tornBytes };
    const { sequence, hash } = JSON.parse(text) as LogEntry;
    if (head?.sequence === sequence && head.hash !== hash) {
      return {
        entries: sequence - 1,
        fault: { line: sequence, text: 'expected the entry that the database knows' },
        tornBytes,
      };
    }
    end = { sequence, hash };
  }
  if (head !== null && end.sequence < head.sequence) {
    const text = `expected ${head.sequence} entries, found ${end.sequence}: lines are missing at the end`;
    return { entries: end.sequence, fault: { line: end.sequence + 1, text }, tornBytes };
  }
  return { entries: end.sequence, fault: null, tornBytes };
}

/** Lines of a log; the last may not be whole. */
export async function* logLines(path: string): AsyncGenerator<Readonly<{ text: string; isWhole: boolean }>> {
  if (!existsSync(path)) {
    throw new EngineError('NOT_FOUND', `deploy log ${path}: expected a file, found none`, {
      hint: 'It begins with the first plan. --data-dir names the data directory.',
    });
  }
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8')) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop()!;
    for (const text of lines) yield { text, isWhole: true };
  }
  if (rest !== '') yield { text: rest, isWhole: false };
}
