/**
 * The quick way through a record: code generated for the wanted columns, one walk over the bytes, values stored where they belong.
 *
 * It handles what records are made of nearly always, and hands a single value that is not plain (an escape, an exponent, an array) to
 * `ScanHelp`. Whatever else it meets, a fault above all, makes it return 1: the record is then read the slow way (json-decoder.ts),
 * which knows what is wrong. So the quick way never decides that a record is bad, and what it accepts the slow way reads alike.
 */
import type { ScanColumn } from '../model/plan.ts';
import type { DataType } from '../model/types.ts';
import type { ColumnWriter } from './column-writer.ts';
import { isUtf8 } from './utf8.ts';

export type PhysicalColumn = ScanColumn & { kind: 'physical' };

/** Reads `bytes[start, end)` into row `row`; 0, or 1 where it could not. */
export type JsonScan = (bytes: Uint8Array, start: number, end: number, row: number) => 0 | 1;

/** What the generated code calls for a value that is not plain. Both give the position behind it, or −1. */
export interface ScanHelp {
  /** Reads the value at `position` into column `column`. */
  value(column: number, bytes: Uint8Array, position: number, end: number, row: number): number;
  /** `depth`: of the value below the record. */
  skip(bytes: Uint8Array, position: number, end: number, depth: number): number;
  /** A number of more digits than the quick way takes. */
  double(bytes: Uint8Array, start: number, end: number): number;
  /** A plain timestamp of a column, or NaN. */
  timestamp(column: number, bytes: Uint8Array, start: number, end: number): number;
}

/** An object to walk: by name, a column's index, or an object below. */
type PathNode = {
  readonly id: number;
  readonly parent: number;
  readonly depth: number;
  readonly entries: Map<string, number | PathNode>;
};

const maxNodes = 31; // bits of one mask
const maxColumns = 512; // beyond, the code would be too large to be optimised

/** null where these columns don't allow it: too many, or one within another. */
export function generateScan(
  columns: readonly PhysicalColumn[],
  writers: readonly ColumnWriter[],
  help: ScanHelp,
  failOnMissingField: boolean,
): JsonScan | null {
  const nodes = pathTree(columns);
  if (nodes === null || nodes.length > maxNodes || columns.length > maxColumns) return null;
  const parents = Int32Array.from(nodes, (node) => node.parent);
  const depths = Int32Array.from(nodes, (node) => node.depth);
  const isDouble = Uint8Array.from(columns, ({ type }) => (type.kind === 'double' ? 1 : 0));
  const powers = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
  const code = new ScanCode(columns, nodes, failOnMissingField).text();
  const factory = new Function('c', 'help', 'isUtf8', 'parents', 'depths', 'powers', 'isDouble', code);
  return factory(writers, help, isUtf8, parents, depths, powers, isDouble) as JsonScan;
}

function pathTree(columns: readonly PhysicalColumn[]): PathNode[] | null {
  const root: PathNode = { id: 0, parent: -1, depth: 1, entries: new Map() };
  const nodes = [root];
  for (const [index, { path }] of columns.entries()) {
    let node = root;
    for (const name of path.slice(0, -1)) {
      let next = node.entries.get(name);
      if (typeof next === 'number') return null;
      if (next === undefined) {
        next = { id: nodes.length, parent: node.id, depth: node.depth + 1, entries: new Map() };
        node.entries.set(name, next);
        nodes.push(next);
      }
      node = next;
    }
    const last = path.at(-1)!;
    if (node.entries.has(last)) return null;
    node.entries.set(last, index);
  }
  return nodes;
}

const encoder = new TextEncoder();

class ScanCode {
  readonly #columns: readonly PhysicalColumn[];
  readonly #nodes: readonly PathNode[];
  readonly #failOnMissingField: boolean;

  constructor(columns: readonly PhysicalColumn[], nodes: readonly PathNode[], failOnMissingField: boolean) {
    this.#columns = columns;
    this.#nodes = nodes;
    this.#failOnMissingField = failOnMissingField;
  }

  text(): string {
    const masks = Math.ceil(this.#columns.length / 31);
    return `'use strict';
${this.#columns.map((_, i) => `const c${i} = c[${i}];`).join('\n')}
return function scanJson(b, start, end, row) {
  let p = start, ch = 0, acc = 0, node = 0, nodes = 0, k = -1, opened = true, s = 0, q = 0;
  let ${Array.from({ length: masks + 1 }, (_, i) => `seen${i} = 0`).join(', ')};
${this.#columns.map((column, i) => (storesDirectly(column.type) ? `  const v${i} = c${i}.values;` : '')).join('\n')}
  ${blanks}
  if (ch !== 123) return 1;
  p++;
  record: for (;;) {
    ${blanks}
    if (ch !== 125 || !opened) {
      if (ch !== 34) return 1;
      opened = false;
      ${this.#name()}
      if (p >= end || b[p] !== 58) { ${blanks} if (ch !== 58) return 1; }
      p++;
      ${blanks}
      ${this.#value()}
      ${blanks}
    }
    for (;;) {
      if (ch === 44) { p++; continue record; }
      if (ch !== 125) return 1;
      p++;
      opened = false;
      if (node === 0) break record;
      node = parents[node];
      ${blanks}
    }
  }
  while (p < end) { ch = b[p++]; if (ch !== 32 && ch !== 10 && ch !== 13 && ch !== 9) return 1; }
${this.#missing()}
  return 0;
};`;
  }

  /** Reads a name and says in `k` which column it is: −1 for none; −2 − n: it leads to object n, entered below. */
  #name(): string {
    return `s = ++p; acc = 0;
      while (p < end && (ch = b[p]) !== 34) { if (ch === 92) return 1; acc |= ch; p++; }
      if (p >= end || (acc > 127 && !isUtf8(b, s, p))) return 1;
      k = -1;
      ${this.#nodes.length === 1 ? this.#match(this.#nodes[0]!) : `switch (node) {\n${this.#nodes.map((node) => `case ${node.id}: ${this.#match(node)} break;`).join('\n')}\n}`}
      p++;`;
  }

  #match(node: PathNode): string {
    const names = Array.from(node.entries, ([name, target]) => ({ bytes: encoder.encode(name), target }));
    const byLength = Map.groupBy(names, ({ bytes }) => bytes.length);
    const cases = Array.from(byLength, ([length, group]) => `case ${length}: ${matchAmong(group)} break;`);
    return `switch (p - s) {\n${cases.join('\n')}\n}`;
  }

  #value(): string {
    return `if (ch === 34) {
        s = ++p; acc = 0;
        while (p < end && (ch = b[p]) !== 34 && ch !== 92) { acc |= ch; p++; }
        if (p >= end) return 1;
        if (ch === 92) {
          p = s - 1;
          ${notPlain}
        } else {
          if (acc > 127 && !isUtf8(b, s, p)) return 1;
          ${this.#switch((column, i) => stringCode(column.type, i), 's - 1', 'p++')}
        }
      } else if (ch === 45 || (ch >= 48 && ch <= 57)) {
        ${numberCode}
        ${this.#longDoubles()}if (ch === 101 || ch === 69 || (digits > 15 && (k !== -1 || digits > 500))) {
          p = s;
          ${notPlain}
        } else {
          ${this.#switch((column, i) => numberStore(column.type, i), 's', '')}
        }
      } else if (ch === 116 && p + 3 < end && b[p + 1] === 114 && b[p + 2] === 117 && b[p + 3] === 101) {
        ${this.#switch((column, i) => booleanCode(column.type, i, 1), 'p', 'p += 4')}
      } else if (ch === 102 && p + 4 < end && b[p + 1] === 97 && b[p + 2] === 108 && b[p + 3] === 115 && b[p + 4] === 101) {
        ${this.#switch((column, i) => booleanCode(column.type, i, 0), 'p', 'p += 5')}
      } else if (ch === 110 && p + 3 < end && b[p + 1] === 117 && b[p + 2] === 108 && b[p + 3] === 108) {
        ${this.#nullSwitch()}
        p += 4;
      } else if (ch === 123 && k < -1) {
        node = -2 - k; p++; opened = true;
        continue record;
      } else if (ch === 123 || ch === 91) {
        ${notPlain}
      } else return 1;`;
  }

  /** Doubles have up to 17 digits; exponents are left to the slow way. */
  #longDoubles(): string {
    const cases = this.#columns.flatMap(({ type }, i) =>
      type.kind === 'double' ? [`case ${i}: v${i}[row] = help.double(b, s, p); break;`] : [],
    );
    if (cases.length === 0) return '';
    return `if (digits > 15 && digits < 25 && ch !== 101 && ch !== 69 && isDouble[k] === 1) {
          switch (k) {\n${cases.join('\n')}\n}
        } else `;
  }

  /** Stores by column, or has the value read the slow way from `at`; where it was stored, `after` goes on behind it. */
  #switch(store: (column: PhysicalColumn, index: number) => string | null, at: string, after: string): string {
    const slow = `default: if (k < -1) return 1; q = help.value(k, b, ${at}, end, row); if (q < 0) return 1; p = q;`;
    const cases = this.#columns.map((column, i) => {
      const code = store(column, i);
      return code === null ? '' : `case ${i}: ${code} ${after}; break;`;
    });
    return `switch (k) {\ncase -1: ${after}; break;\n${cases.filter((text) => text !== '').join('\n')}\n${slow}\n}`;
  }

  #nullSwitch(): string {
    const cases = this.#columns.map(
      (column, i) => `case ${i}: ${column.type.nullable ? `c${i}.setNull(row); break;` : 'return 1;'}`,
    );
    return `switch (k) {\ncase -1: break;\n${cases.join('\n')}\ndefault: ${this.#failOnMissingField ? 'return 1;' : 'break;'}\n}`;
  }

  #missing(): string {
    const lines: string[] = [];
    for (let from = 0, mask = 0; from < this.#columns.length; from += 31, mask++) {
      const columns = this.#columns.slice(from, from + 31);
      const all = 2 ** columns.length - 1;
      const each = columns.map((column, i) => {
        const fails = this.#failOnMissingField || !column.type.nullable;
        return `if ((seen${mask} & ${2 ** i}) === 0) ${fails ? 'return 1;' : `c${from + i}.setNull(row);`}`;
      });
      lines.push(`  if (seen${mask} !== ${all}) {\n${each.join('\n')}\n}`);
    }
    return lines.join('\n');
  }
}

type Name = Readonly<{ bytes: Uint8Array; target: number | PathNode }>;

const fewNames = 2; // compared one after the other

/** Finds the name at `s` among names of one length: by the byte that tells most of them apart, then the rest likewise. */
function matchAmong(names: readonly Name[]): string {
  if (names.length <= fewNames) {
    const tests = names.map(({ bytes, target }) => {
      const test = Array.from(bytes, (byte, i) => `b[s + ${i}] === ${byte}`);
      return `if (${test.length === 0 ? 'true' : test.join(' && ')}) { ${seen(target)} }`;
    });
    return tests.join(' else ');
  }
  let groups = new Map<number, Name[]>();
  let position = 0;
  for (let i = 0; i < names[0]!.bytes.length; i++) {
    const candidate = Map.groupBy(names, ({ bytes }) => bytes[i]!);
    if (candidate.size > groups.size) [groups, position] = [candidate, i];
  }
  const cases = Array.from(groups, ([byte, group]) => `case ${byte}: ${matchAmong(group)} break;`);
  return `switch (b[s + ${position}]) {\n${cases.join('\n')}\n}`;
}

/** To the next byte that is no blank, in `ch`; a record that ends before is not read here. */
const blanks = `if (p >= end) return 1;
    ch = b[p];
    while (ch <= 32) { if ((ch !== 32 && ch !== 10 && ch !== 13 && ch !== 9) || ++p >= end) return 1; ch = b[p]; }`;

const notPlain = `if (k < -1) return 1;
          p = k === -1 ? help.skip(b, p, end, depths[node]) : help.value(k, b, p, end, row);
          if (p < 0) return 1;`;

/** The number at `p`: `m` its digits as an integer, exact up to 15 of them, `f` how many stand behind the point. */
const numberCode = `s = p;
        let m = 0, f = 0, negative = false;
        if (ch === 45) { negative = true; ch = ++p < end ? b[p] : 0; }
        let from = p;
        while (ch >= 48 && ch <= 57) { m = m * 10 + (ch - 48); ch = ++p < end ? b[p] : 0; }
        let digits = p - from;
        if (digits === 0 || (digits > 1 && b[from] === 48)) return 1;
        if (ch === 46) {
          ch = ++p < end ? b[p] : 0;
          from = p;
          while (ch >= 48 && ch <= 57) { m = m * 10 + (ch - 48); ch = ++p < end ? b[p] : 0; }
          f = p - from;
          if (f === 0) return 1;
          digits += f;
        }`;

/** A name that comes twice is left to the slow way. */
function seen(target: number | PathNode): string {
  if (typeof target !== 'number') {
    const bit = 2 ** (target.id - 1);
    return `if ((nodes & ${bit}) !== 0) return 1; nodes |= ${bit}; k = ${-2 - target.id};`;
  }
  const [mask, bit] = [Math.floor(target / 31), 2 ** (target % 31)];
  return `if ((seen${mask} & ${bit}) !== 0) return 1; seen${mask} |= ${bit}; k = ${target};`;
}

function storesDirectly(type: DataType): boolean {
  return !['char', 'varchar', 'binary', 'varbinary', 'array', 'map', 'multiset', 'row', 'null'].includes(type.kind);
}

function stringCode(type: DataType, i: number): string | null {
  if (type.kind === 'char' || type.kind === 'varchar') return `c${i}.put(row, b, s, p);`;
  if (type.kind !== 'timestamp' && type.kind !== 'timestamp_ltz') return null;
  return `{
    const t = help.timestamp(${i}, b, s, p);
    if (t !== t) { q = help.value(${i}, b, s - 1, end, row); if (q < 0) return 1; p = q - 1; } else ${storeInteger(i, 't')}
  }`;
}

function storeInteger(i: number, value: string): string {
  return `if (c${i}.wide === null) v${i}[row] = ${value}; else c${i}.put(row, ${value});`;
}

const slowNumber = (i: number): string => `{ q = help.value(${i}, b, s, end, row); if (q < 0) return 1; p = q; }`;

const int32Ranges: Readonly<Record<string, readonly [number, number]>> = {
  tinyint: [-128, 127],
  smallint: [-32768, 32767],
  int: [-2147483648, 2147483647],
  interval_months: [-2147483648, 2147483647],
};

function numberStore(type: DataType, i: number): string | null {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'interval_months': {
      const [min, max] = int32Ranges[type.kind]!;
      return `if (negative) m = 0 - m; if (f === 0 && m >= ${min} && m <= ${max}) v${i}[row] = m; else ${slowNumber(i)}`;
    }
    case 'bigint':
    case 'interval_millis':
      return `if (f !== 0) ${slowNumber(i)} else { if (negative) m = 0 - m; ${storeInteger(i, 'm')} }`;
    case 'double':
      return `m = m / powers[f]; v${i}[row] = negative ? -m : m;`;
    case 'float':
      return `m = m / powers[f]; v${i}[row] = Math.fround(negative ? -m : m);`;
    case 'decimal': {
      if (type.scale > 15) return null;
      const limit = 10 ** Math.min(type.precision, 15);
      return `if (f > ${type.scale}) ${slowNumber(i)} else {
        m = m * powers[${type.scale} - f];
        if (m >= ${limit}) ${slowNumber(i)} else { if (negative) m = 0 - m; ${storeInteger(i, 'm')} }
      }`;
    }
    default:
      return null;
  }
}

function booleanCode(type: DataType, i: number, value: 0 | 1): string | null {
  return type.kind === 'boolean' ? `v${i}[row] = ${value};` : null;
}
