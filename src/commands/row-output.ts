/**
 * Rows of queries in the three formats of the command line: `jsonl`, the changelog, a line a row; `csv`, RFC 4180 with a header; `table`,
 * for people.
 */

import type { Terminal } from './terminal.ts';

export const outputFormats = ['table', 'jsonl', 'csv'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Where the rows of one query go. */
export interface RowOutput {
  /** Lines `{"op":"+I","row":{…}}`. */
  lines(lines: readonly string[]): Promise<void>;
  /** Values in the order of the columns, as JSON has them. */
  rows(rows: readonly (readonly unknown[])[]): Promise<void>;
  end(): Promise<void>;
}

export function rowOutput(format: OutputFormat, columns: readonly string[], out: Terminal): RowOutput {
  if (format === 'jsonl') return new JsonLines(columns, out);
  return format === 'csv' ? new Csv(columns, out) : new Table(columns, out);
}

class JsonLines implements RowOutput {
  readonly #columns: readonly string[];
  readonly #out: Terminal;

  constructor(columns: readonly string[], out: Terminal) {
    this.#columns = columns;
    this.#out = out;
  }

  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.#out.write(`${lines.join('\n')}\n`);
  }

  async rows(rows: readonly (readonly unknown[])[]): Promise<void> {
    const line = (row: readonly unknown[]): string => {
      const fields = this.#columns.map((name, index) => `${JSON.stringify(name)}:${jsonText(row[index])}`);
      return `{"op":"+I","row":{${fields.join(',')}}}`;
    };
    await this.lines(rows.map(line));
  }

  async end(): Promise<void> {}
}

class Csv implements RowOutput {
  readonly #columns: readonly string[];
  readonly #out: Terminal;
  #hasHeader = false;

  constructor(columns: readonly string[], out: Terminal) {
    this.#columns = columns;
    this.#out = out;
  }

  async lines(lines: readonly string[]): Promise<void> {
    await this.rows(lines.map((line) => valuesOf(line, this.#columns)));
  }

  async rows(rows: readonly (readonly unknown[])[]): Promise<void> {
    const header = this.#hasHeader ? [] : [this.#columns];
    this.#hasHeader = true;
    const text = [...header, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
    if (text !== '') await this.#out.write(text);
  }

  async end(): Promise<void> {
    await this.rows([]);
  }
}

function csvCell(value: unknown): string {
  const text = cellText(value, '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const widestColumn = 60; // characters; longer values are shown whole, out of line
const rowsForWidths = 1_000; // rows that are looked at before the first is shown

/** Columns as wide as the first rows need; what comes later and is wider breaks the line, never the value. */
class Table implements RowOutput {
  readonly #columns: readonly string[];
  readonly #out: Terminal;
  #widths: number[] | null = null;
  #numeric: boolean[] = [];
  #count = 0;

  constructor(columns: readonly string[], out: Terminal) {
    this.#columns = columns;
    this.#out = out;
  }

  async lines(lines: readonly string[]): Promise<void> {
    await this.rows(lines.map((line) => valuesOf(line, this.#columns)));
  }

  async rows(rows: readonly (readonly unknown[])[]): Promise<void> {
    const cells = rows.map((row) => row.map((value) => cellText(value, 'NULL')));
    const header = this.#widths === null ? this.#begin(rows, cells) : '';
    this.#count += rows.length;
    const text = header + cells.map((row) => this.#line(row)).join('');
    if (text !== '') await this.#out.write(text);
  }

  async end(): Promise<void> {
    const header = this.#widths === null ? this.#begin([], []) : '';
    await this.#out.write(`${header}${this.#rule()}${this.#count} row${this.#count === 1 ? '' : 's'}\n`);
  }

  #begin(rows: readonly (readonly unknown[])[], cells: readonly (readonly string[])[]): string {
    const seen = cells.slice(0, rowsForWidths);
    this.#widths = this.#columns.map((name, index) =>
      Math.min(widestColumn, Math.max(widthOf(name), ...seen.map((row) => widthOf(row[index]!)))),
    );
    this.#numeric = this.#columns.map((_, index) =>
      rows
        .slice(0, rowsForWidths)
        .every(
          (row) =>
            row[index] === null ||
            typeof row[index] === 'number' ||
            typeof row[index] === 'bigint' ||
            row[index] instanceof JsonNumber,
        ),
    );
    return this.#rule() + this.#line(this.#columns) + this.#rule();
  }

  #line(cells: readonly string[]): string {
    const padded = cells.map((cell, index) => {
      const space = ' '.repeat(Math.max(0, this.#widths![index]! - widthOf(cell)));
      return this.#numeric[index] ? space + cell : cell + space;
    });
    return `| ${padded.join(' | ')} |\n`;
  }

  #rule(): string {
    return `+${this.#widths!.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
  }
}

/** Code points; good enough for names and numbers. */
function widthOf(text: string): number {
  return [...text].length;
}

/** A number by its text, so that no digit is lost. */
class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function valuesOf(line: string, columns: readonly string[]): unknown[] {
  const { row } = JSON.parse(line, keepDigits) as { row: Readonly<Record<string, unknown>> };
  return columns.map((name) => row[name] ?? null);
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? new JsonNumber(context.source) : value;
}

function cellText(value: unknown, ofNull: string): string {
  if (value === null || value === undefined) return ofNull;
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'object' ? jsonText(value) : String(value);
}

function jsonText(value: unknown): string {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, part]) => `${JSON.stringify(name)}:${jsonText(part)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
