/** Where rows are held up: too much work, too much of it in one place, a slow sink, or nothing that comes in though there is something. */
import { evidence } from './evidence.ts';
import type { Finding } from './finding.ts';
import type { JobFacts } from './job-facts.ts';
import { lagOf, loadsOf, percent, type SubtaskLoad, type VertexLoad } from './load.ts';

const pressedShare = 0.2; // of a subtask's time: it waits for room
const pressedHard = 0.5;
const busyShare = 0.5; // behind one that waits for room: it is what is waited for
const busyAlone = 0.8; // with nobody waiting for room, and a lag
const busyWholly = 0.95; // the same where the sources don't say how far behind they are
const idleShare = 0.9;
const lagRecords = 100_000;
const stalledLag = 1_000; // records
const skewRatio = 3; // rows of the heaviest subtask to the mean of the others
const skewRows = 1_000; // fewer say nothing
const peerShare = 0.4; // busy share of the others, at the most, for skew
const leastUptimeMs = 30_000;

/** The first busy vertex after the last one that waits for room. */
export function bottleneckRule(facts: JobFacts): readonly Finding[] {
  const loads = loadsOf(facts);
  const pressed = loads.findLast(({ backPressured }) => backPressured >= pressedShare) ?? null;
  const lag = lagOf(facts);
  const busy = loads.find(({ index, busy: share }) => index > (pressed?.index ?? -1) && share >= limitOf(pressed, lag));
  if (busy === undefined || isYoung(facts)) return [];
  if (pressed === null && lag !== null && !isBehind(facts, lag)) return [];
  const { cause, confidence } = kindOf(busy);
  return [
    {
      cause,
      confidence: pressed === null ? 0.7 : pressed.backPressured >= pressedHard ? confidence : confidence - 0.15,
      evidence: [
        ...busyEvidence(busy),
        ...(pressed === null ? [] : [pressedEvidence(pressed)]),
        ...(lag === null ? [] : [evidence('job:lag', `${lag} records behind`, lag)]),
      ],
      since: null,
      vertex: busy.index,
    },
  ];
}

function limitOf(pressed: VertexLoad | null, lag: number | null): number {
  if (pressed !== null) return busyShare;
  return lag === null ? busyWholly : busyAlone;
}

function isBehind(facts: JobFacts, lag: number): boolean {
  const before = lagOf(facts, 'earlier');
  return lag >= lagRecords || (before !== null && lag > before && lag >= stalledLag);
}

function kindOf({ vertex, subtasks }: VertexLoad): Pick<Finding, 'cause' | 'confidence'> {
  if (isSkewed(subtasks)) return { cause: 'skew', confidence: 0.9 };
  if (vertex.sink && !vertex.source) return { cause: 'slow-sink', confidence: 0.85 };
  return { cause: 'bottleneck', confidence: 0.9 };
}

function isSkewed(subtasks: readonly SubtaskLoad[]): boolean {
  if (subtasks.length < 2) return false;
  const [heaviest, ...others] = [...subtasks].sort((a, b) => b.recordsIn - a.recordsIn);
  const mean = others.reduce((sum, { recordsIn }) => sum + recordsIn, 0) / others.length;
  const isIdleElsewhere = others.every(({ busy }) => busy <= peerShare);
  return heaviest!.recordsIn >= skewRows && heaviest!.recordsIn >= skewRatio * mean && isIdleElsewhere;
}

function busyEvidence({ index, vertex, subtasks }: VertexLoad) {
  const order = subtasks
    .map((load, at) => ({ ...load, at }))
    .sort((a, b) => b.busy - a.busy || b.recordsIn - a.recordsIn);
  const shownSubtasks = order.length < 2 ? order : [order[0]!, order.at(-1)!];
  return [
    evidence(`vertex:${index}`, `${vertex.name}: busy ${percent(order[0]?.busy ?? 0)}`, order[0]?.busy ?? 0),
    ...shownSubtasks.map(({ at, busy, recordsIn }) =>
      evidence(`subtask:${index}.${at}`, `subtask ${at}: busy ${percent(busy)}, ${recordsIn} rows`, recordsIn),
    ),
  ];
}

function pressedEvidence({ index, vertex, backPressured }: VertexLoad) {
  return evidence(`vertex:${index}`, `${vertex.name}: waits for room ${percent(backPressured)}`, backPressured);
}

/** Lag, and nobody at work: what should bring the records does not. */
export function stalledRule(facts: JobFacts): readonly Finding[] {
  const loads = loadsOf(facts);
  const lag = lagOf(facts);
  const sources = loads.filter(({ vertex }) => vertex.source);
  if (lag === null || lag < stalledLag || sources.length === 0 || isYoung(facts)) return [];
  const isStill = loads.every(({ subtasks }) => subtasks.every(({ idle }) => idle >= idleShare));
  const came = sources.reduce(
    (sum, { subtasks }) => sum + subtasks.reduce((all, { recordsOut }) => all + recordsOut, 0),
    0,
  );
  if (!isStill || (facts.earlier !== null && came > 0)) return [];
  return [
    {
      cause: 'source-stalled',
      confidence: facts.earlier === null ? 0.6 : 0.8,
      evidence: [
        evidence('job:lag', `${lag} records behind`, lag),
        ...sources.map(({ index, vertex }) => evidence(`vertex:${index}`, `${vertex.name}: waits for input`)),
      ],
      since: null,
      vertex: sources[0]!.index,
    },
  ];
}

/** Nothing has come in since the start, and nothing waits to be read. */
export function noInputRule(facts: JobFacts): readonly Finding[] {
  const { status } = facts;
  const loads = loadsOf(facts);
  const sources = loads.filter(({ vertex }) => vertex.source);
  if (status === null || sources.length === 0 || isYoung(facts)) return [];
  const rows = sources.flatMap(({ vertex }) =>
    vertex.subtasks.map(({ recordsIn, recordsOut }) => recordsIn + recordsOut),
  );
  const hasEnded = sources.every(({ vertex }) =>
    vertex.subtasks.every(({ splitTimes }) => splitTimes.length > 0 && splitTimes.every(({ ended }) => ended)),
  );
  if (rows.some((count) => count > 0) || (lagOf(facts) ?? 0) > 0 || hasEnded) return [];
  return [
    {
      cause: 'no-input',
      confidence: 0.6,
      evidence: sources.map(({ index, vertex }) =>
        evidence(`vertex:${index}`, `${vertex.name}: no row since the start`, 0),
      ),
      since: status.startTime,
      vertex: sources[0]!.index,
    },
  ];
}

function isYoung({ status }: JobFacts): boolean {
  return status === null || status.now - status.startTime < leastUptimeMs;
}
