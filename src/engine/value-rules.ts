/**
 * What a sink's values have to be beyond NOT NULL of its columns: lengths of texts and bytes, and NOT NULL within rows, arrays and maps. In
 * the order in which Flink looks (ConstraintEnforcerExecutor): NOT NULL of all values side by side, their lengths, then what is within.
 */
import type { ContentRule } from '../model/job-graph.ts';
import { type DataType, formatType, isCharacter } from '../model/types.ts';

/** `path`: of the value, as `a.b[1].c`, `m[key]`. `got`: null = a NULL, else a length. */
export type Wrong = Readonly<{ path: string; type: DataType; got: number | null }>;

type Named = Readonly<{ name: string; type: DataType }>;
/** `nameOf`: the path of the value at a place. */
type Check = (values: readonly unknown[], nameOf: (place: number) => string) => Wrong | null;

type Rule = Omit<ContentRule, 'types'>;

/** Of values side by side; null: nothing is asked of them. `nullable`: NOT NULL is looked at elsewhere. */
export function checkOf(types: readonly DataType[], rule: Rule, { nullable }: { nullable: boolean }): Check | null {
  const checks = [
    nullable ? null : nullCheck(types),
    rule.lengths ? lengthCheck(types, isCharacter, countOfCharacters) : null,
    rule.lengths ? lengthCheck(types, isBinary, (value) => (value as Uint8Array).length) : null,
    ...(rule.within === 'nothing' ? [] : [withinCheck(types, rowCheck, rule)]),
    ...(rule.within === 'rows_and_collections'
      ? [withinCheck(types, arrayCheck, rule), withinCheck(types, mapCheck, rule)]
      : []),
  ].filter((check) => check !== null);
  if (checks.length === 0) return null;
  return (values, nameOf) => {
    for (const check of checks) {
      const wrong = check(values, nameOf);
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

function nullCheck(types: readonly DataType[]): Check | null {
  const places = types.flatMap((type, place) => (type.nullable ? [] : [place]));
  if (places.length === 0) return null;
  return (values, nameOf) => {
    const place = places.find((each) => values[each] === null);
    return place === undefined ? null : { path: nameOf(place), type: types[place]!, got: null };
  };
}

function isBinary({ kind }: DataType): boolean {
  return kind === 'binary' || kind === 'varbinary';
}

/** Code points, as in Flink. */
function countOfCharacters(value: unknown): number {
  let count = 0;
  for (const _ of value as string) count++;
  return count;
}

function lengthCheck(
  types: readonly DataType[],
  isMeant: (type: DataType) => boolean,
  lengthOf: (value: unknown) => number,
): Check | null {
  const places = types.flatMap((type, place) => (isMeant(type) ? [place] : []));
  if (places.length === 0) return null;
  return (values, nameOf) => {
    for (const place of places) {
      if (values[place] === null) continue;
      const type = types[place] as Extract<DataType, { length: number }>;
      const got = lengthOf(values[place]);
      const isFixed = type.kind === 'char' || type.kind === 'binary';
      if (got > type.length || (isFixed && got < type.length)) return { path: nameOf(place), type, got };
    }
    return null;
  };
}

type InnerCheck = (value: unknown, path: string) => Wrong | null;

/** `innerOf`: of a value that is there; null: of another kind, or nothing is asked within. */
function withinCheck(
  types: readonly DataType[],
  innerOf: (type: DataType, rule: Rule) => InnerCheck | null,
  rule: Rule,
): Check | null {
  const inner = types.map((type) => innerOf(type, rule));
  if (inner.every((check) => check === null)) return null;
  return (values, nameOf) => {
    for (const [place, check] of inner.entries()) {
      if (check === null || values[place] === null) continue;
      const wrong = check(values[place], nameOf(place));
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

function rowCheck(type: DataType, rule: Rule): InnerCheck | null {
  if (type.kind !== 'row') return null;
  const fields: readonly Named[] = type.fields;
  const check = checkOf(
    fields.map((field) => field.type),
    rule,
    { nullable: false },
  );
  return check && ((value, path) => check(value as readonly unknown[], (place) => `${path}.${fields[place]!.name}`));
}

function arrayCheck(type: DataType, rule: Rule): InnerCheck | null {
  if (type.kind !== 'array') return null;
  const check = checkOf([type.element], rule, { nullable: false });
  if (check === null) return null;
  return (value, path) => {
    for (const [i, element] of (value as readonly unknown[]).entries()) {
      const wrong = check([element], () => `${path}[${i}]`);
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

function mapCheck(type: DataType, rule: Rule): InnerCheck | null {
  if (type.kind !== 'map') return null;
  const check = checkOf([type.key, type.value], rule, { nullable: false });
  if (check === null) return null;
  return (value, path) => {
    for (const entry of value as ReadonlyMap<unknown, unknown>) {
      const wrong = check(entry, (place) => `${path}[${place === 0 ? 'key' : 'value'}]`);
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

/** `'a.b' is NOT NULL, got a NULL`. */
export function wrongText({ path, type, got }: Wrong): string {
  if (got === null) return `column '${path}' is NOT NULL, got a NULL`;
  const what = isCharacter(type) ? 'a text of' : 'bytes of';
  return `column '${path}' is ${formatType({ ...type, nullable: true })}, got ${what} length ${got}`;
}
