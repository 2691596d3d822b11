/** Fits a changed job to the checkpoint that it is to go on from. */
import { createHash } from 'node:crypto';
import { EngineError } from '../model/errors.ts';
import type { ChainNode, JobGraph } from '../model/job-graph.ts';
import type { OperatorContext } from '../model/operator.ts';
import { StringPool } from '../model/string-pool.ts';
import type { Checkpoint, CheckpointMetadata } from './checkpoint-store.ts';
import {
  type ExpectedTables,
  isWhole,
  losesState,
  type NodeFate,
  type RestoreReport,
  restoreReport,
} from './restore-report.ts';
import { restoreLines } from './restore-text.ts';

/** The report on a checkpoint; no state file is read. */
export async function reportRestore(checkpoint: Checkpoint, graph: JobGraph): Promise<RestoreReport> {
  return restoreReport(checkpoint, graph, await tableReader(graph));
}

/** Tells the state tables of a node: its operator is made and opened for that alone. */
export async function tableReader(graph: JobGraph): Promise<ExpectedTables> {
  // The main thread has no other use for operators: a job that starts afresh does not wait for them.
  const { createOperator } = await import('../operators/registry.ts');
  return ({ spec }) => {
    if (spec.kind === 'source' || spec.kind === 'values' || spec.kind === 'sink' || spec.kind === 'lookup_join')
      return [];
    const operator = createOperator(spec);
    operator.open(inert(graph), { emitBatch: () => undefined, emitWatermark: () => undefined });
    const tables = operator.stateTables?.() ?? [];
    operator.close?.();
    return tables;
  };
}

function inert({ timeZone, maxParallelism }: JobGraph): OperatorContext {
  return {
    subtaskIndex: 0,
    parallelism: 1,
    maxParallelism,
    pool: new StringPool(),
    session: { timeZone, now: () => 0, random: () => 0 },
    counters: { add: () => undefined },
  };
}

export type FittedJob = Readonly<{
  /** Its nodes have the ids under which the checkpoint has their state. */
  graph: JobGraph;
  /** Only what is kept. */
  checkpoint: Checkpoint;
  /** What there is to say before it starts; null: every state is kept. */
  notice: string | null;
}>;

/** Refuses, unless `force`, where state would be lost. */
export async function fitToCheckpoint(checkpoint: Checkpoint, graph: JobGraph, force: boolean): Promise<FittedJob> {
  const report = await reportRestore(checkpoint, graph);
  if (losesState(report) && !force) throw refusal(report);
  return {
    graph: withFormerIds(graph, report),
    checkpoint: keptOf(checkpoint, report),
    notice: isWhole(report)
      ? null
      : [`checkpoint ${checkpoint.path}: the job has changed`, ...restoreLines(report)].join('\n'),
  };
}

function refusal(report: RestoreReport): EngineError {
  const { checkpoint, nodes } = report;
  const gone = namesOf(nodes.filter(({ fate }) => fate === 'dropped'));
  const other = namesOf(nodes.filter(({ fate }) => fate === 'changed'));
  const what = [
    gone === '' ? [] : `it holds state of operators that the job no longer has: ${gone}`,
    other === '' ? [] : `it holds state of another form than the job has now: ${other}`,
  ].flat();
  const message = [`checkpoint ${checkpoint}: ${what.join('; ')}`, ...restoreLines(report)].join('\n');
  return new EngineError('CHECKPOINT', message, {
    hint: 'The query has changed. Start afresh with --restore none, or leave that state out with --force.',
    details: report,
  });
}

const maxNames = 8;

function namesOf(nodes: readonly NodeFate[]): string {
  const names = nodes.slice(0, maxNames).map(({ name }) => name);
  return [...names, ...(nodes.length > maxNames ? ['…'] : [])].join(', ');
}

/** Nodes whose own id is another's now get one that nobody has had. */
function withFormerIds(graph: JobGraph, { nodes }: RestoreReport): JobGraph {
  const former = new Map(nodes.flatMap((node) => (node.fate === 'kept' ? [[node.id, node.was.id]] : [])));
  const taken = new Set(former.values());
  const idOf = (id: string): string => former.get(id) ?? (taken.has(id) ? anotherId(id) : id);
  const renamed = (node: ChainNode): ChainNode => ({ ...node, id: idOf(node.id) });
  return { ...graph, vertices: graph.vertices.map((vertex) => ({ ...vertex, nodes: vertex.nodes.map(renamed) })) };
}

function anotherId(id: string): string {
  return createHash('sha256').update(`another ${id}`).digest('hex').slice(0, id.length);
}

function keptOf({ path, metadata }: Checkpoint, { nodes }: RestoreReport): Checkpoint {
  const kept = new Set(nodes.flatMap((node) => (node.fate === 'kept' ? [node.was.id] : [])));
  const only = <T>(part: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(part).filter(([id]) => kept.has(id)));
  const { states, sources, sinks, account } = metadata;
  const left = {
    states: only(states),
    sources: only(sources),
    sinks: only(sinks),
    account: keptAccount(account, nodes),
  };
  return { path, metadata: { ...metadata, ...left } };
}

/** Of nodes that begin anew the sums do, too; others, calcs among them, go on under their ids. */
function keptAccount(
  account: CheckpointMetadata['account'],
  nodes: readonly NodeFate[],
): CheckpointMetadata['account'] {
  if (account === undefined) return undefined;
  const lost = new Set(nodes.flatMap(({ fate, id }) => (fate === 'kept' ? [] : [id])));
  return { ...account, nodes: Object.fromEntries(Object.entries(account.nodes).filter(([id]) => !lost.has(id))) };
}
