/**
 * The accounts of a job's rows: what each node took in, what it gave out, and what became of the others. Counted per batch where the rows go,
 * taken with a checkpoint's barrier, so that they are of the same cut as the state. engine/balance.ts has the equations.
 */

/** What becomes of a row that an operator takes in, as codes. */
export const fate = {
  /** It goes out at once, as one row. */
  passed: 0,
  /** It goes out later, as one row. */
  waits: 1,
  /** It went into an aggregate, a join, a pattern, a ranking: the rows that come of it are the operator's own. */
  used: 2,
  /** A condition did not hold. */
  filtered: 3,
  /** It came after its time. */
  late: 4,
  /** It has no time. */
  nullRowtime: 5,
  /** A duplicate, one beyond a limit, or one that takes back what is not there. */
  surplus: 6,
} as const;
export type Fate = (typeof fate)[keyof typeof fate];

/** The figures of the fates, in the order of their codes. */
export const fateFigures = ['passed', 'waits', 'used', 'filtered', 'late', 'nullRowtimes', 'surplus'] as const;

/** Figures of operators beside the fates. */
type OperatorFigure =
  /** Rows that wait at this moment: a level, not a sum. */
  | 'waiting'
  /** Rows that go out beside those that came in; only of operators whose output follows from the fates. */
  | 'made'
  /** Records that the partial rows stand for which go out, or came in: of the halves of a window. */
  | 'carriedOut'
  | 'carriedIn';

/** Figures of sources. Offsets are those that the positions went on by. */
type SourceFigure =
  | 'offsets'
  | 'controlOffsets'
  | 'abortedOffsets'
  /** Without a record: gone by compaction or retention. */
  | 'gapOffsets'
  | 'records'
  | 'decoded'
  | 'withoutValue'
  /** That the format passes over: `ignore-parse-errors`, empty values. */
  | 'skipped'
  | 'deadLetters'
  /** Unreadable ones that nobody keeps: `millrace.dead-letter.mode` = 'skip'. */
  | 'discarded'
  /** A record may give several. */
  | 'rows';

type SinkFigure =
  | 'written'
  /** -U that the +U behind it makes needless. */
  | 'updatesBefore'
  | 'notNullDropped'
  /** Rows in what was committed with the checkpoint. */
  | 'committed';

export type FigureName = (typeof fateFigures)[number] | OperatorFigure | SourceFigure | SinkFigure;
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

/** `in`: rows by input, as they were handed over; `out`: as they were given out. Sources have no input, sinks no output. */
export type NodeAccount = Readonly<{ in: readonly number[]; out: number; figures: Figures }>;

/** Rows that were sent into an edge, and that came out of it. */
export type EdgeAccount = Readonly<{ sent: number; received: number }>;

/** By id of the node, by number of the edge. */
export type RowAccount = Readonly<{
  nodes: Readonly<Record<string, NodeAccount>>;
  edges: Readonly<Record<string, EdgeAccount>>;
}>;

/** An equation that does not hold. */
export type Imbalance = Readonly<{
  nodeId: string;
  /** Of the node, or of the two at the ends of an edge. */
  place: string;
  /** `in = passed + filtered`. */
  equation: string;
  left: number;
  right: number;
  /** left − right: rows that are missing; below 0 there are too many. */
  missing: number;
}>;

export type NodeAudit = NodeAccount & Readonly<{ id: string; name: string }>;

/** The balance of what was between two checkpoints. */
export type EpochAudit = Readonly<{
  runId: string;
  checkpointId: number;
  /** ms since 1970. */
  time: number;
  balanced: boolean;
  nodes: readonly NodeAudit[];
  imbalances: readonly Imbalance[];
}>;

/** What a checkpoint keeps: sums since the job began, over restarts and restores. */
export type RecordedAccount = Readonly<{
  nodes: Readonly<Record<string, NodeAccount>>;
  epochs: number;
  unbalanced: number;
}>;

/** What can be seen of it while the job runs. */
export type JobAudit = Readonly<{
  epochs: number;
  /** Epochs in which an equation did not hold. */
  unbalanced: number;
  latest: EpochAudit | null;
  /** Sums since the job began. */
  totals: readonly NodeAudit[];
  /** Epochs that were off, newest first, bounded. */
  findings: readonly EpochAudit[];
}>;

/** Sums, figure by figure. */
export function addAccounts(a: NodeAccount, b: NodeAccount): NodeAccount {
  const names = Object.keys({ ...a.figures, ...b.figures }) as FigureName[];
  return {
    in: Array.from({ length: Math.max(a.in.length, b.in.length) }, (_, i) => (a.in[i] ?? 0) + (b.in[i] ?? 0)),
    out: a.out + b.out,
    figures: Object.fromEntries(names.map((name) => [name, (a.figures[name] ?? 0) + (b.figures[name] ?? 0)])),
  };
}

export const noRows: NodeAccount = { in: [], out: 0, figures: {} };
