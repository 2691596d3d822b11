/** The source of a job graph: what its readers need, its watermarks, and how many subtasks read. */
import type { ConnectorContext, ConnectorRegistry } from '../model/connector.ts';
import type { SourceSpec, WatermarkSpec } from '../model/job-graph.ts';
import type { Options } from '../model/options.ts';
import { formatPath } from '../model/table.ts';
import { connectorOf } from './connector-of.ts';
import type { NodeDraft } from './graph-assembly.ts';
import { splitPlannerOptions } from './planner-options.ts';
import type { ScanWatermark, SharedScan } from './shared-scans.ts';

type SourceContext = Readonly<{
  connectors: ConnectorRegistry;
  settings: Options;
  parallelism: number | null;
  connectorContext: ConnectorContext;
  offline?: boolean | undefined;
}>;

const defaultSourceParallelism = 4; // where nobody set one; fewer where the source has fewer splits

export async function planSource(
  scan: SharedScan,
  ctx: SourceContext,
  maxParallelism: number,
): Promise<{ draft: NodeDraft; parallelism: number }> {
  const { table, planner } = splitPlannerOptions(scan.table);
  const { name, source } = connectorOf(table, 'source', ctx.connectors);
  const config = source.plan(table, scan.columns, ctx.connectorContext);
  const usable = ctx.offline === true ? null : await source.maxParallelism(config, ctx.connectorContext);
  const spec: SourceSpec = {
    kind: 'source',
    connector: name,
    config,
    table: formatPath(table.path),
    columns: scan.columns,
    fields: scan.columns.map((column) => ({ name: column.name, type: column.type })),
    watermark: scan.watermark && {
      ...watermarkSpec(scan.watermark, planner, ctx.settings),
      nullRowtime: source.passesNullRowtimes === true ? 'pass' : 'fail',
    },
    bounded: source.bounded(config),
  };
  const requested = planner.optionalNumber('scan.parallelism') ?? ctx.parallelism;
  if (requested !== null) warnOfIdleSubtasks(spec, requested, usable, ctx);
  const parallelism = requested ?? Math.min(defaultSourceParallelism, usable ?? Infinity, maxParallelism);
  return {
    draft: { spec, label: `Source: ${table.path.name}`, formerShape: table.path },
    parallelism: Math.max(1, parallelism),
  };
}

function watermarkSpec(
  watermark: ScanWatermark,
  planner: Options,
  settings: Options,
): Omit<WatermarkSpec, 'nullRowtime'> {
  const idleTimeoutMs =
    planner.optionalNumber('scan.watermark.idle-timeout') ?? settings.number('table.exec.source.idle-timeout');
  const onEvent = planner.string('scan.watermark.emit.strategy') === 'on-event';
  return {
    ...watermark,
    idleTimeoutMs: idleTimeoutMs > 0 ? idleTimeoutMs : null,
    intervalMs: onEvent ? 0 : settings.number('pipeline.auto-watermark-interval'),
    alignment: alignmentOf(planner),
  };
}

function alignmentOf(planner: Options): WatermarkSpec['alignment'] {
  const group = planner.optionalString('scan.watermark.alignment.group');
  return group === undefined ? null : { group, maxDriftMs: planner.number('scan.watermark.alignment.max-drift') };
}

/** A subtask without a split has no watermark of its own, and the others wait for it. Flink does the same. */
function warnOfIdleSubtasks(spec: SourceSpec, requested: number, usable: number | null, ctx: SourceContext): void {
  if (usable === null || requested <= usable) return;
  const held = spec.watermark !== null && spec.watermark.idleTimeoutMs === null && !spec.bounded;
  ctx.connectorContext.warn(
    `table ${spec.table}: parallelism is ${requested}, but only ${usable} subtask${usable === 1 ? '' : 's'} can read at once; ` +
      (held
        ? "the idle ones hold the watermark back, so that windows never fire: set 'table.exec.source.idle-timeout' or a lower parallelism"
        : 'the others stay idle'),
  );
}
