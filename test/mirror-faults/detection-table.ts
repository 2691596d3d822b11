import type { Told } from './faults.ts';

/** What was found of a fault, beside what there was to be found. */
export type Detection = Readonly<{
  fault: string;
  injected: string;
  expected: Told;
  found: Told;
  /** Findings in what nobody has touched: the same topic of the other data centre. */
  elsewhere: readonly string[];
}>;

/** Told all and nothing else: of the fault, and of the same topic elsewhere. */
export function isRight({ expected, found, elsewhere }: Detection): boolean {
  const { compare, auditors, produced = [] } = expected;
  const same = (a: readonly string[], b: readonly string[]): boolean => a.toSorted().join() === b.toSorted().join();
  const all = same(compare, found.compare) && same(auditors, found.auditors) && same(produced, found.produced ?? []);
  return all && elsewhere.length === 0;
}

/** As Markdown. */
export function detectionTable(detections: readonly Detection[]): string {
  const rows = detections.map((each) => {
    const { fault, injected, expected, found, elsewhere } = each;
    const wanted = [...expected.compare, ...expected.auditors, ...(expected.produced ?? [])];
    return [
      fault,
      injected,
      summary(found.compare),
      summary([...found.auditors, ...(found.produced ?? [])]),
      wanted.length === 0 ? 'none to name' : namesExact(each) ? 'yes' : '**no**',
      causes(found),
      elsewhere.length === 0 ? 'yes' : `**no**: ${summary(elsewhere)}`,
      isRight(each) ? 'right' : '**wrong**',
    ];
  });
  const heading = ['fault', 'injected', '`audit compare`', 'auditors', 'ids exact', 'cause', 'silent elsewhere', ''];
  const lines = [heading, heading.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function namesExact({ expected, found }: Detection): boolean {
  const of = ({ compare, auditors, produced = [] }: Told): string =>
    [...compare, ...auditors, ...produced].toSorted().join();
  return of(expected) === of(found);
}

function summary(lines: readonly string[]): string {
  if (lines.length === 0) return 'silent';
  const groups = Map.groupBy(lines, (line) => line.replace(/ [0-9a-f]+[#/].*$/, ''));
  return [...groups].map(([kind, list]) => (list.length === 1 ? list[0]! : `${list.length} ${kind}`)).join(', ');
}

function causes({ compare, auditors, produced = [] }: Told): string {
  const told = [...compare, ...auditors, ...produced].flatMap((line) => {
    const cause =
      /\(([a-z-]+)\)$/.exec(line)?.[1] ??
      /^(aborted|control|retention|retention-overtook|topic-recreated) /.exec(line)?.[1];
    return cause === undefined ? [] : [cause];
  });
  return [...new Set(told)].join(', ') || '·';
}
