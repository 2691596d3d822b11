import { expect, it } from 'vitest';
import { type Detection, detectionTable, isRight } from './detection-table.ts';

const told = {
  compare: ['missing 0/3', 'missing 0/5'],
  auditors: ['missing 0a#3 (unknown)', 'missing 0a#5 (unknown)'],
};
const right: Detection = {
  fault: 'drop',
  injected: '2 records dropped',
  expected: told,
  found: { ...told, compare: told.compare.toReversed(), produced: [] },
  elsewhere: [],
};

it.each<[string, Partial<Detection>]>([
  ['another record named', { found: { ...told, compare: ['missing 0/3', 'missing 0/4'] } }],
  ['one named by auditors too few', { found: { ...told, auditors: told.auditors.slice(1) } }],
  ['one named too many', { found: { ...told, auditors: [...told.auditors, 'extra 0a#9'] } }],
  [
    'another cause',
    { found: { ...told, auditors: told.auditors.map((line) => line.replace('unknown', 'truncation')) } },
  ],
  ['something wrong said of producers', { found: { ...told, produced: ['missing 0a#3 (unknown)'] } }],
  ['not silent elsewhere', { elsewhere: ['missing 0/3'] }],
])('an answer is wrong: %s', (_, change) => {
  expect([isRight(right), isRight({ ...right, ...change })]).toEqual([true, false]);
});

it('is a table, a line a fault', () => {
  const silent = { compare: [], auditors: [], produced: [] };
  const none: Detection = { fault: 'far', injected: '100 ms', expected: silent, found: silent, elsewhere: [] };
  const wrong = { ...right, found: { ...right.found, auditors: ['extra 0a#9'] }, elsewhere: ['extra 0/1'] };
  expect(detectionTable([right, none, wrong]).split('\n')).toEqual([
    '| fault | injected | `audit compare` | auditors | ids exact | cause | silent elsewhere |  |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    '| drop | 2 records dropped | 2 missing | 2 missing | yes | unknown | yes | right |',
    '| far | 100 ms | silent | silent | none to name | · | yes | right |',
    '| drop | 2 records dropped | 2 missing | extra 0a#9 | **no** | · | **no**: extra 0/1 | **wrong** |',
  ]);
});
