/** EXPLAIN in the sections that Flink's has: the plan as it was bound, and as it runs. */
import { inputsOf, type Pipeline, type PlanNode } from '../model/plan.ts';
import { explainPipelines, explainTrees, type Portability } from './explain.ts';
import { changelogOf } from './planner/changelog.ts';
import type { ExplainDetail } from './statement.ts';

export type ExplainedPlan = Readonly<{ bound: readonly Pipeline[]; planned: readonly Pipeline[] }>;

export function explainStatement(
  { bound, planned }: ExplainedPlan,
  details: readonly ExplainDetail[],
  portability: Portability,
): string {
  const physical = explainTrees(planned, details.includes('CHANGELOG_MODE') ? changelogMode : noDetail);
  const advice = details.includes('PLAN_ADVICE') ? '\n\nNo available advice...' : '';
  const json = details.includes('JSON_EXECUTION_PLAN')
    ? [`== Physical Execution Plan ==\n${JSON.stringify(executionPlan(planned), null, 2)}`]
    : [];
  return [
    `== Abstract Syntax Tree ==\n${explainTrees(bound, noDetail)}`,
    `== Optimized Physical Plan ==\n${physical}${advice}`,
    `== Optimized Execution Plan ==\n${explainPipelines(planned, portability)}`,
    ...json,
  ].join('\n\n');
}

const noDetail = (): string => '';

/** `changelogMode=[I,UB,UA,D]`: which changes a node brings. */
function changelogMode(node: PlanNode | null): string {
  if (node === null) return 'changelogMode=[NONE]';
  const { update, delete: deletes } = changelogOf(node);
  const kinds = ['I', ...(update ? ['UB', 'UA'] : []), ...(deletes ? ['D'] : [])];
  return `changelogMode=[${kinds.join(',')}]`;
}

type ExecutionNode = Readonly<{
  id: number;
  type: string;
  pact: 'Data Source' | 'Operator' | 'Data Sink';
  contents: string;
  predecessors?: readonly Readonly<{ id: number; side: string }>[];
}>;

/** Flink's JSON of a stream graph, but for the parallelism: it is chosen when the job starts. */
function executionPlan(pipelines: readonly Pipeline[]): { nodes: ExecutionNode[] } {
  const nodes: ExecutionNode[] = [];
  const add = (contents: string, pact: ExecutionNode['pact'], predecessors: readonly number[]): number => {
    const id = nodes.length + 1;
    const from = predecessors.map((each) => ({ id: each, side: 'second' }));
    const type = contents.slice(0, contents.indexOf('('));
    nodes.push({ id, type, pact, contents, ...(from.length === 0 ? {} : { predecessors: from }) });
    return id;
  };
  const visit = (node: PlanNode): number => {
    const inputs = inputsOf(node).map(visit);
    const [line] = explainTrees([{ sink: { kind: 'collect' }, input: node }], noDetail)
      .split('\n')
      .slice(1);
    return add(line!.replace('+- ', ''), inputs.length === 0 ? 'Data Source' : 'Operator', inputs);
  };
  for (const pipeline of pipelines) {
    const input = visit(pipeline.input);
    add(explainTrees([pipeline], noDetail).split('\n')[0]!, 'Data Sink', [input]);
  }
  return { nodes };
}
