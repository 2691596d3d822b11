/** The primary key of a table of the suites, by its columns as they stand in CREATE TABLE. */

/** The places of its columns. */
export function keyPlaces(columns: string): readonly number[] {
  const parts = partsOf(columns);
  const names = parts.map((part) => nameOf(part));
  const key = parts.findIndex((part) => /\bPRIMARY KEY ?\(/i.test(part));
  if (key < 0) return parts.flatMap((part, i) => (/\bPRIMARY KEY\b/i.test(part) ? [i] : []));
  return /\((.*)\)/
    .exec(parts[key]!)![1]!
    .split(',')
    .map((column) => names.indexOf(nameOf(column)));
}

/** Commas within a type divide nothing. */
function partsOf(columns: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const sign of columns) {
    if ('(<'.includes(sign)) depth++;
    if (')>'.includes(sign)) depth--;
    if (sign === ',' && depth === 0) parts.push('');
    else parts.push(parts.pop()! + sign);
  }
  return parts.map((part) => part.trim());
}

function nameOf(column: string): string {
  return column.trim().split(/\s/)[0]!.replaceAll('`', '');
}
