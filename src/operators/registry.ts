/** The one table of operators. */
import { EngineError } from '../model/errors.ts';
import type { OperatorSpec } from '../model/job-graph.ts';
import type { Operator } from '../model/operator.ts';
import { ExpandOperator } from './aggregate/expand.ts';
import { GroupAggregateOperator } from './aggregate/group-aggregate.ts';
import { SetOperationOperator } from './aggregate/set-operation.ts';
import { CalcOperator } from './calc.ts';
import { FromChangelogOperator, ToChangelogOperator } from './changelog-codes.ts';
import { ChangelogNormalizeOperator } from './changelog-normalize.ts';
import { CorrelateOperator } from './correlate.ts';
import { IntervalJoinOperator } from './join/interval-join.ts';
import { LookupJoinOperator } from './join/lookup-join.ts';
import { RegularJoinOperator } from './join/regular-join.ts';
import { SemiJoinOperator } from './join/semi-join.ts';
import { TemporalJoinOperator } from './join/temporal-join.ts';
import { MatchOperator } from './match/match-operator.ts';
import { overOperator } from './over/over-operator.ts';
import { deduplicateOperator } from './rank/deduplicate.ts';
import { limitOperator } from './rank/limit.ts';
import { rankOperator } from './rank/rank-operator.ts';
import { TemporalSortOperator } from './rank/temporal-sort.ts';
import { SinkMaterializeOperator } from './sink-materialize.ts';
import { UnionOperator } from './union.ts';
import { GlobalWindowAggregateOperator } from './window/global-window-aggregate.ts';
import { LocalWindowAggregateOperator } from './window/local-window-aggregate.ts';
import { ProcessingTimeAggregateOperator } from './window/processing-time-aggregate.ts';
import { RowWindowAggregateOperator } from './window/row-window-aggregate.ts';
import { SessionOperator } from './window/session.ts';
import { SessionAggregateOperator } from './window/session-aggregate.ts';
import { SessionAggregates, SessionRows } from './window/session-results.ts';
import { WindowJoinOperator } from './window/window-join.ts';
import { WindowOperator } from './window/window-operator.ts';

type Factories = { [K in OperatorSpec['kind']]?: (spec: Extract<OperatorSpec, { kind: K }>) => Operator };

const factories: Factories = {
  calc: (spec) => new CalcOperator(spec),
  local_window_aggregate: (spec) => new LocalWindowAggregateOperator(spec),
  global_window_aggregate: (spec) => new GlobalWindowAggregateOperator(spec),
  processing_time_aggregate: (spec) => new ProcessingTimeAggregateOperator(spec),
  session_aggregate: (spec) => new SessionAggregateOperator(spec),
  row_window_aggregate: (spec) => new RowWindowAggregateOperator(spec),
  session: (spec) => new SessionOperator(spec, new SessionRows(spec)),
  row_session_aggregate: (spec) => new SessionOperator({ ...spec, partition: spec.keys }, new SessionAggregates(spec)),
  window: (spec) => new WindowOperator(spec),
  over: (spec) => overOperator(spec),
  rank: (spec) => rankOperator(spec),
  deduplicate: (spec) => deduplicateOperator(spec),
  temporal_sort: (spec) => new TemporalSortOperator(spec),
  limit: (spec) => limitOperator(spec),
  window_join: (spec) => new WindowJoinOperator(spec),
  join: (spec) =>
    spec.join === 'semi' || spec.join === 'anti' ? new SemiJoinOperator(spec) : new RegularJoinOperator(spec),
  interval_join: (spec) => new IntervalJoinOperator(spec),
  temporal_join: (spec) => new TemporalJoinOperator(spec),
  changelog_normalize: (spec) => new ChangelogNormalizeOperator(spec),
  sink_materialize: (spec) => new SinkMaterializeOperator(spec),
  to_changelog: (spec) => new ToChangelogOperator(spec),
  from_changelog: (spec) => new FromChangelogOperator(spec),
  match: (spec) => new MatchOperator(spec),
  lookup_join: (spec) => new LookupJoinOperator(spec),
  correlate: (spec) => new CorrelateOperator(spec),
  union: () => new UnionOperator(),
  group_aggregate: (spec) => new GroupAggregateOperator(spec),
  expand: (spec) => new ExpandOperator(spec),
  set_operation: (spec) => new SetOperationOperator(spec),
};

/** Throws EngineError UNSUPPORTED where the spec asks for what is not built. */
export function createOperator(spec: OperatorSpec): Operator {
  const create = factories[spec.kind] as ((spec: OperatorSpec) => Operator) | undefined;
  if (create === undefined) throw new EngineError('UNSUPPORTED', `the operator ${spec.kind} is not supported`);
  return create(spec);
}
