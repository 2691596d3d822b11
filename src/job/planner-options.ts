/**
 * The options of a table that mean the same for every connector, and that the job builder obeys: parallelism and watermarks. They are
 * taken out before the connector checks its own.
 */
import { EngineError } from '../model/errors.ts';
import { checkOptions, type OptionSpec, type Options } from '../model/options.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';
import { lookupOptionSpecs } from '../sources/lookup-options.ts';

const plannerOptionSpecs: readonly OptionSpec[] = [
  { key: 'scan.parallelism', kind: 'integer', min: 1, description: 'Subtasks that read the table.' },
  { key: 'sink.parallelism', kind: 'integer', min: 1, description: 'Subtasks that write the table.' },
  {
    key: 'scan.watermark.emit.strategy',
    kind: 'enum',
    values: ['on-periodic', 'on-event'],
    default: 'on-periodic',
    description: "on-periodic: a watermark each 'pipeline.auto-watermark-interval'. on-event: one after each row.",
  },
  {
    key: 'scan.watermark.emit.on-event.gap',
    kind: 'integer',
    min: 1,
    max: 1,
    default: '1',
    description: 'Rows from watermark to watermark with on-event; only 1 is built.',
  },
  {
    key: 'scan.watermark.idle-timeout',
    kind: 'duration',
    min: 0,
    description: "As 'table.exec.source.idle-timeout', for this table.",
  },
  {
    key: 'scan.watermark.alignment.group',
    kind: 'string',
    description: 'Sources of one group wait for its slowest. Of whole subtasks, not of single splits.',
  },
  {
    key: 'scan.watermark.alignment.max-drift',
    kind: 'duration',
    min: 0,
    description: "How far the source may be ahead of its group's slowest.",
  },
  {
    key: 'scan.watermark.alignment.update-interval',
    kind: 'duration',
    withoutEffect: true,
    description: 'The group is looked at four times a second.',
  },
  ...lookupOptionSpecs,
];

/** The table with the connector's own options alone, and the rest, checked. */
export function splitPlannerOptions(table: TableDefinition): { table: TableDefinition; planner: Options } {
  const where = `table ${formatPath(table.path)}`;
  const isPlanners = (key: string): boolean => plannerOptionSpecs.some((spec) => spec.key === key);
  const own = new Map([...table.options].filter(([key]) => !isPlanners(key)));
  const planner = new Map([...table.options].filter(([key]) => isPlanners(key)));
  const checked = checkOptions(planner, plannerOptionSpecs, where);
  checkAlignment(checked, where);
  return { table: { ...table, options: own }, planner: checked };
}

function checkAlignment(planner: Options, where: string): void {
  const [group, drift] = ['scan.watermark.alignment.group', 'scan.watermark.alignment.max-drift'];
  if (planner.has(group) === planner.has(drift)) return;
  const [given, missing] = planner.has(group) ? [group, drift] : [drift, group];
  throw new EngineError('INVALID_OPTION', `${where}: option '${given}' needs '${missing}', which is not there`);
}
