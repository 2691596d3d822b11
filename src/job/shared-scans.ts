/**
 * Which scans of a job can be one: those of the same table with the same options and the same watermarks. The one scan yields the columns
 * of all; each query takes its own.
 */
import { assert } from '../model/errors.ts';
import { columnsOf, type Expression, remapColumns, substitute } from '../model/expression.ts';
import {
  inputsOf,
  type Pipeline,
  type PlanNode,
  type ScanColumn,
  type ScanNode,
  type WatermarkNode,
} from '../model/plan.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';
import { canonicalText } from './digest.ts';

/** Expressions over the scan's columns. */
export type ScanWatermark = Readonly<{ rowtime: Expression; expression: Expression }>;

/** A scan as one place of a plan wants it. */
type WantedScan = Readonly<{ scan: ScanNode; watermark: ScanWatermark | null }>;

export type SharedScan = {
  readonly table: TableDefinition;
  readonly columns: ScanColumn[];
  /** Over `columns`, as they are now: adding a column changes no index. */
  readonly watermark: ScanWatermark | null;
};

/** The scan of a plan node: a scan, or the watermarks on one. null for any other node. */
export function wantedScan(node: PlanNode): WantedScan | null {
  if (node.kind === 'scan') return { scan: node, watermark: null };
  return node.kind === 'watermark' ? { scan: scanBelow(node), watermark: watermarkOverScan(node) } : null;
}

function scanBelow(node: WatermarkNode): ScanNode {
  const scan = node.input.kind === 'calc' ? node.input.input : node.input;
  assert(scan.kind === 'scan', () => `watermarks stand on a scan or a calc on a scan, not on ${node.input.kind}`);
  return scan;
}

function watermarkOverScan({ input, column, expression, fields }: WatermarkNode): ScanWatermark {
  const rowtime: Expression = { kind: 'column', index: column, type: fields[column]!.type };
  if (input.kind !== 'calc') return { rowtime, expression };
  assert(input.predicate === null, () => 'rows below the watermarks are not filtered');
  return { rowtime: substitute(rowtime, input.projections), expression: substitute(expression, input.projections) };
}

export class SharedScans {
  readonly #scans = new Map<string, SharedScan>();

  constructor(pipelines: readonly Pipeline[]) {
    for (const { input } of pipelines) this.#collect(input);
  }

  /** The scan that serves a wanted one, with its key and the place of each wanted column in it. */
  find(wanted: WantedScan): { key: string; shared: SharedScan; places: readonly number[] } {
    const key = keyOf(wanted);
    const shared = this.#scans.get(key)!;
    return { key, shared, places: wanted.scan.columns.map((column) => placeOf(column, shared.columns)) };
  }

  #collect(node: PlanNode): void {
    const wanted = wantedScan(node);
    if (wanted === null) for (const input of inputsOf(node)) this.#collect(input);
    else this.#add(wanted);
  }

  #add(wanted: WantedScan): void {
    const key = keyOf(wanted);
    const { table, columns } = wanted.scan;
    const shared = this.#scans.get(key);
    if (shared === undefined) this.#scans.set(key, { table, columns: [...columns], watermark: wanted.watermark });
    else for (const column of columns) if (placeOf(column, shared.columns) < 0) shared.columns.push(column);
  }
}

function placeOf(column: ScanColumn, columns: readonly ScanColumn[]): number {
  const wanted = canonicalText(column);
  return columns.findIndex((candidate) => canonicalText(candidate) === wanted);
}

function keyOf({ scan, watermark }: WantedScan): string {
  const { path, options } = scan.table;
  const watermarks = watermark && [watermark.rowtime, watermark.expression].map((e) => overIdentities(e, scan.columns));
  return canonicalText([formatPath(path), [...options].sort(), watermarks]);
}

/** The expression with its columns numbered by appearance, and what they are: equal however the scan's columns are ordered. */
function overIdentities(expression: Expression, columns: readonly ScanColumn[]): unknown {
  const used = [...columnsOf(expression)];
  return [remapColumns(expression, (index) => used.indexOf(index)), used.map((index) => columns[index])];
}
