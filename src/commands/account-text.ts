/** The account of a node for people. */
import type { FigureName, NodeAudit } from '../model/account.ts';
import { groupedText } from './human.ts';

/** What a person wants to know, in this order; the other figures follow from these or serve the equations. */
const words: readonly (readonly [FigureName, string])[] = [
  ['records', 'records read'],
  ['withoutValue', 'without a value'],
  ['skipped', 'skipped by the format'],
  ['deadLetters', 'dead letters'],
  ['discarded', 'unreadable and discarded'],
  ['controlOffsets', 'control records'],
  ['abortedOffsets', 'of aborted transactions'],
  ['gapOffsets', 'offsets without a record'],
  ['filtered', 'filtered'],
  ['late', 'late'],
  ['nullRowtimes', 'without a time'],
  ['surplus', 'surplus'],
  ['used', 'used for results'],
  ['waiting', 'waiting'],
  ['updatesBefore', 'updates that need no deletion'],
  ['notNullDropped', 'dropped for a NULL'],
  ['committed', 'committed'],
];

/** `Calc[2]: 1,000 in, 900 out; 100 filtered`. */
export function accountText({ name, in: inputs, out, figures }: NodeAudit): string {
  const taken = inputs.reduce((sum, rows) => sum + rows, 0);
  const rows = [
    ...(inputs.length === 0 ? [] : [`${groupedText(taken)} in`]),
    ...(figures.written === undefined ? [`${groupedText(out)} out`] : [`${groupedText(figures.written)} written`]),
  ];
  const fates = words.flatMap(([figure, word]) =>
    (figures[figure] ?? 0) === 0 ? [] : [`${groupedText(figures[figure]!)} ${word}`],
  );
  return `${name}: ${rows.join(', ')}${fates.length === 0 ? '' : `; ${fates.join(', ')}`}`;
}
