/** Where a node's row has the bounds of the windows that were made below it: FlinkRelMdWindowProperties. */
import type { PlanNode, WindowAggregateNode, WindowColumns } from '../../model/plan.ts';

/** null: no windows were made, or one of their bounds is not there any more. */
export function windowColumnsOf(node: PlanNode): WindowColumns | null {
  switch (node.kind) {
    case 'window': {
      const start = node.input.fields.length;
      return { start, end: start + 1, zoned: isZoned(node) };
    }
    case 'window_aggregate':
      return aggregateColumns(node);
    case 'calc': {
      const below = windowColumnsOf(node.input);
      if (below === null) return null;
      const place = (column: number): number =>
        node.projections.findIndex((projection) => projection.kind === 'column' && projection.index === column);
      const [start, end] = [place(below.start), place(below.end)];
      return start < 0 || end < 0 ? null : { start, end, zoned: below.zoned };
    }
    case 'window_join':
      return node.leftWindow;
    case 'rank':
    case 'deduplicate':
      return node.window === null ? null : windowColumnsOf(node.input);
    default:
      return null;
  }
}

function aggregateColumns(node: WindowAggregateNode): WindowColumns | null {
  const { keys, aggregates, properties, attached } = node;
  const [start, end] = [properties.indexOf('window_start'), properties.indexOf('window_end')];
  if (start < 0 || end < 0) return null;
  const first = keys.length + aggregates.length;
  return { start: first + start, end: first + end, zoned: attached?.zoned ?? isZoned(node) };
}

function isZoned({ input, timeColumn }: Readonly<{ input: PlanNode; timeColumn: number }>): boolean {
  return input.fields[timeColumn]!.type.kind === 'timestamp_ltz';
}
