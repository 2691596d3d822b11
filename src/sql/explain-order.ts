/** Plans as text: the nodes that go by an order of rows. */
import type { OverNode, PlanNode, SortColumn } from '../model/plan.ts';
import type { Field } from '../model/types.ts';
import { formatAggregate } from './format-aggregate.ts';
import { formatDuration, formatName } from './format-expression.ts';
import type { PassingNode } from './planner/passing-node.ts';

const untilWatermark = 'until the watermark has passed them';

/** The operator, then its state. */
export function orderLines(node: PassingNode): string[] {
  const { input } = node;
  switch (node.kind) {
    case 'over':
      return overLines(node);
    case 'rank': {
      const { from, to, outputRank, window } = node;
      const parts = [`partitionBy=[${names(node.partition, input)}]`, `orderBy=[${formatOrder(node.order, input)}]`];
      const end = node.endColumn === undefined ? String(to) : formatName(input.fields[node.endColumn]!.name);
      const range = `range=[${from}..${end}]${outputRank ? ', rank in the row' : ''}`;
      if (window === null) return [`Rank(${[...parts, range].join(', ')})`, 'state: rows of each partition'];
      return [`WindowRank(${[...parts, range].join(', ')})`, `state: the first rows of each window, ${untilWatermark}`];
    }
    case 'deduplicate': {
      const order = node.time === null ? 'processing time' : formatName(input.fields[node.time]!.name);
      const text = `keys=[${names(node.keys, input)}], keep=[${node.keep} by ${order}]`;
      if (node.window === null) return [`Deduplicate(${text})`, 'state: a row for each key'];
      return [`WindowDeduplicate(${text})`, `state: a row for each key and window, ${untilWatermark}`];
    }
    case 'temporal_sort': {
      const time: SortColumn = { column: node.time, descending: false, nullsFirst: true };
      return [`TemporalSort(orderBy=[${formatOrder([time, ...node.order], input)}])`, `state: rows, ${untilWatermark}`];
    }
    case 'limit':
      return [`Limit(range=[${node.from}..${node.to}])`];
  }
}

function overLines({ input, partition, order, time, frame, aggregates, fields }: OverNode): string[] {
  const calls = aggregates.map((call, i) => {
    const name = formatName(fields[input.fields.length + i]!.name);
    return `${formatAggregate(call, input.fields)} AS ${name}`;
  });
  const { unit, preceding } = frame;
  const bound = preceding === null ? 'UNBOUNDED' : unit === 'rows' ? String(preceding) : formatDuration(preceding);
  const parts = [
    `partitionBy=[${names(partition, input)}]`,
    `orderBy=[${time === 'proctime' ? 'processing time' : formatOrder(order, input)}]`,
    `frame=[${unit.toUpperCase()} ${bound} PRECEDING]`,
    `aggregates=[${calls.join(', ')}]`,
  ];
  const frames = preceding === null ? 'accumulators of each partition' : 'accumulators and rows of each frame';
  const waiting = time === 'rowtime' ? `; rows, ${untilWatermark}` : '';
  return [`OverAggregate(${parts.join(', ')})`, `state: ${time === null ? 'all rows' : frames + waiting}`];
}

function formatOrder(order: readonly SortColumn[], { fields }: PlanNode): string {
  return order
    .map(({ column, descending, nullsFirst }) => {
      const nulls = nullsFirst === !descending ? '' : ` NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`;
      return `${formatName(fields[column]!.name)} ${descending ? 'DESC' : 'ASC'}${nulls}`;
    })
    .join(', ');
}

function names(columns: readonly number[], { fields }: Readonly<{ fields: readonly Field[] }>): string {
  return columns.map((column) => formatName(fields[column]!.name)).join(', ');
}
