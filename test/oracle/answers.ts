/** What a real Flink answered to the cases of this folder, and how answers are compared. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReceivedChange } from '../../src/job/change-diff.ts';

export const casesDirectory = join(import.meta.dirname, 'cases');

/** Cases that need no Kafka. */
export const localCases = readdirSync(casesDirectory).filter((name) => !name.startsWith('kafka_'));

/** Those that Flink refuses, or in which the job fails. */
export const refusedCases = localCases.filter((name) => existsSync(join(casesDirectory, name, 'expected_error.txt')));

/** A fault of Flink 2.3 that is not imitated (FLINK-38075): the rows of the twin are the right ones. */
const twins: Readonly<Record<string, string>> = { bug_tz_hour_kolkata: 'tz_hour_kolkata_cast' };

export function expectedChanges(name: string): ReceivedChange[] {
  return parseChanges(readFileSync(join(casesDirectory, twins[name] ?? name, 'expected.jsonl'), 'utf8'));
}

export function parseChanges(text: string): ReceivedChange[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReceivedChange);
}

/** The changes as a multiset. */
export function comparable(changes: readonly ReceivedChange[]): string[] {
  return changes.map(({ op, row }) => `${op} ${textOf(row)}`).sort();
}

/** Doubles to nine digits: the order of additions differs. */
function textOf(row: ReceivedChange['row']): string {
  return JSON.stringify(row, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(9)) : value));
}
