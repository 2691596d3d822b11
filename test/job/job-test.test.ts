import { describe, expect, it } from 'vitest';
import { diffRows } from '../../src/job/change-diff.ts';
import { parseJobTest } from '../../src/job/job-test.ts';
import { checkNames, isNamed } from '../../src/job/test-pipelines.ts';

const head = 'apiVersion: millrace/v1\nkind: JobTest\njob: a.sql\n';

describe('a job test', () => {
  it('is read', () => {
    const { job, parameters, cases } = parseJobTest(
      `${head}parameters: { window: 1m }\ncases:
  - name: one
    now: 2026-01-01T00:00:00Z
    inputs: { t: [{ a: 1 }], u: }
    expect: { out: [{ a: 1 }, { op: -U, row: { a: 2 } }] }
  - { name: fails, error: division }`,
      'test',
    );
    expect(job).toBe('a.sql');
    expect([...parameters]).toEqual([['window', '1m']]);
    expect(cases[0]!.nowMs).toBe(Date.UTC(2026, 0, 1));
    expect([...cases[0]!.inputs]).toEqual([
      ['t', [{ a: 1 }]],
      ['u', []],
    ]);
    expect(cases[0]!.expect.get('out')).toEqual([
      { op: null, row: { a: 1 } },
      { op: '-U', row: { a: 2 } },
    ]);
    expect(cases[1]!.error).toBe('division');
  });

  it.each([
    ['cases: []', /line 4: cases: expected a list of cases/],
    ['cases: [{ name: x }]', /expect: expected the rows of a table/],
    ['cases: [{ name: x, expect: { t: 3 } }]', /expect.t: expected a list of rows/],
    [
      'cases: [{ name: x, expect: { t: [{ op: +X, row: { a: 1 } }] } }]',
      /expected an op of \+I, -U, \+U, -D, found "\+X"/,
    ],
    ['cases: [{ name: x, expect: { t: [{ a: 1 }, { b: 1 }] } }]', /expect.t: expected rows of the columns a, found b/],
    ['cases: [{ name: x, now: soon, expect: {} }]', /now: expected an instant/],
    ['cases: [{ name: x, expects: {} }]', /unknown field/],
  ])('%s is refused', (text, message) => {
    expect(() => parseJobTest(head + text, 'test')).toThrow(message);
  });
});

describe('the difference of rows', () => {
  const row = (a: unknown) => ({ op: null, row: { a } });
  const change = (op: string, a: unknown) => ({ op, row: { a, other: 1 } });

  it.each([
    [[row(1)], [change('+I', 1)], []],
    [[row(1)], [change('+I', 2), change('-U', 2), change('+U', 1)], []],
    [[row('2026-01-01 00:00:00')], [change('+I', '2026-01-01T00:00:00')], []],
    [[row(0.1 + 0.2)], [change('+I', 0.3)], []],
    [[row(1)], [], ['- { a: 1 }']],
    [[row(1)], [change('+I', 1), change('+I', 1)], ['+ { a: 1 }']],
    [[], [change('+I', 1)], ['+ { a: 1, other: 1 }']],
    [[{ op: '-U', row: { a: 1 } }], [change('+U', 1)], ['- -U { a: 1 }', '+ +U { a: 1 }']],
  ])('of %o and %o', (expected, received, diff) => {
    expect(diffRows(expected, received)).toEqual(diff);
  });
});

describe('names of tables', () => {
  const path = { catalog: 'lake', database: 'db', name: 't' };

  it.each([
    ['t', true],
    ['db.t', true],
    ['lake.db.t', true],
    ['x.t', false],
    ['u', false],
  ])('%s: %s', (name, is) => {
    expect(isNamed(path, name)).toBe(is);
  });

  it('that are unknown get the nearest one', () => {
    expect(() => checkNames(['lake.db.tt'], [path], 'inputs:')).toThrow(/'lake.db.tt': the job has no such table/);
  });
});
