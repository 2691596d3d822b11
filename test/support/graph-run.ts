import type { OutputTarget } from '../../src/engine/edge-output.ts';
import { FanOut } from '../../src/engine/fan-out.ts';
import { OperatorNode, type Receiver, targetOf } from '../../src/engine/operator-node.ts';
import { addAccounts, type NodeAccount, noRows, type RowAccount } from '../../src/model/account.ts';
import { type ColumnBatch, maxWatermark, minWatermark, rowKinds, valueAt } from '../../src/model/column.ts';
import type { ChainNode, JobEdge, JobGraph, JobVertex, OperatorSpec, SourceSpec } from '../../src/model/job-graph.ts';
import type { OperatorContext } from '../../src/model/operator.ts';
import type { StateChunk } from '../../src/model/state.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import type { Field } from '../../src/model/types.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { decodeBatch, encodeBatch } from '../../src/state/batch-codec.ts';
import { hashKeys, keyGroupOf, subtaskOf } from '../../src/state/key-group.ts';
import { lend } from './lent-batch.ts';
import { batchOfRows, chunksFor } from './operator-harness.ts';
import { testSession } from './sql-expressions.ts';

// A job graph without threads, clock and connectors: rows are given to its sources, and what waits between two subtasks goes on when the
// caller says so, in any order that keeps each channel's own.

/** State by node. */
export type GraphState = ReadonlyMap<string, readonly StateChunk[]>;

/** One of so many. */
export type Choose = (count: number) => number;

/** Rows of a source by the names of its columns. */
export type SourceRow = Readonly<Record<string, unknown>>;

type Element =
  | Readonly<{ kind: 'batch'; batch: ColumnBatch }>
  | Readonly<{ kind: 'watermark'; watermark: number }>
  | Readonly<{ kind: 'end' }>;

/** From one subtask to another: in order. */
type Channel = Readonly<{ queue: Element[]; target: OutputTarget }>;

type Subtask = Readonly<{ nodes: readonly OperatorNode[] }>;

export class GraphRun {
  readonly changes: string[] = [];
  readonly graph: JobGraph;
  readonly #choose: Choose;
  readonly #pool = new StringPool();
  readonly #channels: Channel[] = [];
  readonly #subtasks: readonly (readonly Subtask[])[];
  readonly #sources = new Map<string, FanOut[]>();
  readonly #specs = new Map<string, SourceSpec>();
  /** Of sources and sinks, by node. */
  readonly #ends: Readonly<{ id: string; account: () => NodeAccount }>[] = [];

  constructor(graph: JobGraph, choose: Choose, state: GraphState = new Map()) {
    this.graph = graph;
    this.#choose = choose;
    // Backwards: an edge leads to a later vertex, which has to be there.
    const built: Subtask[][] = [];
    const receivers = new Map<string, Receiver>();
    for (const [place, vertex] of [...graph.vertices.entries()].reverse()) {
      built[place] = Array.from({ length: vertex.parallelism }, (_, subtask) =>
        this.#build(place, vertex, subtask, receivers, state),
      );
    }
    this.#subtasks = built;
  }

  /** The tables that are read, and how many partitions each has. */
  get sources(): ReadonlyMap<string, number> {
    return new Map([...this.#sources].map(([table, partitions]) => [table, partitions.length]));
  }

  /** `watermarks`: what is in force before each row, or null. */
  feed(table: string, partition: number, rows: readonly SourceRow[], watermarks: Float64Array | null): void {
    const { fields } = this.#specs.get(table)!;
    const values = rows.map((row) => fields.map(({ name }) => row[name]));
    const batch = batchOfRows(fields, values, { pool: this.#pool });
    this.#sources.get(table)![partition]!.emitBatch({ ...batch, watermarks });
  }

  watermark(table: string, partition: number, watermark: number): void {
    this.#sources.get(table)![partition]!.emitWatermark(watermark);
  }

  end(table: string, partition: number): void {
    this.watermark(table, partition, maxWatermark);
    this.#sources.get(table)![partition]!.emitEnd();
  }

  /** Hands on at most so many of the elements that wait between subtasks. */
  deliver(most = Infinity): void {
    for (let count = 0; count < most; count++) {
      const waiting = this.#channels.filter(({ queue }) => queue.length > 0);
      if (waiting.length === 0) return;
      const { queue, target } = waiting[this.#choose(waiting.length)]!;
      hand(queue.shift()!, target);
    }
  }

  /** A barrier through the whole graph. The chunks may be read later, and show the state of now. */
  snapshot(): () => GraphState {
    this.deliver();
    const taken: (() => void)[] = [];
    const state = new Map<string, StateChunk[]>();
    for (const vertex of this.#subtasks) {
      for (const node of vertex.flatMap(({ nodes }) => nodes)) {
        const snapshot = node.snapshot();
        taken.push(() => {
          state.set(node.id, [...(state.get(node.id) ?? []), ...(snapshot?.chunks() ?? [])]);
          snapshot?.done();
        });
      }
      this.deliver(); // what was only buffered is before the barrier of those behind
    }
    return () => {
      for (const take of taken) take();
      return state;
    };
  }

  /** Right behind a `snapshot`, or when all is delivered: what is only buffered is in no account. */
  account(): RowAccount {
    const nodes: Record<string, NodeAccount> = {};
    const operators = this.#subtasks.flat().flatMap((subtask) => subtask.nodes);
    for (const { id, account } of [
      ...this.#ends,
      ...operators.map((node) => ({ id: node.id, account: () => node.account() })),
    ])
      nodes[id] = addAccounts(nodes[id] ?? noRows, account());
    return { nodes, edges: {} };
  }

  #build(
    place: number,
    vertex: JobVertex,
    subtask: number,
    receivers: Map<string, Receiver>,
    state: GraphState,
  ): Subtask {
    const nodes: OperatorNode[] = [];
    for (const [index, node] of [...vertex.nodes.entries()].reverse()) {
      const output = new FanOut([
        ...vertex.nodes.flatMap((other, i) => this.#within(other, index, receivers.get(`${place} ${i} ${subtask}`))),
        ...this.graph.edges.flatMap((edge, i) =>
          edge.sourceVertex === place && edge.sourceNode === index
            ? [this.#edgeOutput(edge, i, subtask, receivers)]
            : [],
        ),
      ]);
      const { spec } = node;
      if (spec.kind === 'source') {
        this.#source(spec, subtask, output);
        this.#ends.push({ id: node.id, account: () => ({ in: [], out: output.records, figures: {} }) });
      } else if (spec.kind === 'sink')
        receivers.set(`${place} ${index} ${subtask}`, this.#sink(node.id, spec.inputFields));
      else if (spec.kind !== 'values') {
        const ctx = {
          subtaskIndex: subtask,
          parallelism: vertex.parallelism,
          maxParallelism: this.graph.maxParallelism,
        };
        const operator = this.#operator(spec, ctx, output, state.get(node.id) ?? []);
        const channels = node.inputs.reduce((sum, input) => sum + this.#width(input), 0);
        const host = { wake: () => undefined, fail: (error: unknown) => Promise.reject(error) };
        const built = new OperatorNode(node.id, operator, output, channels, host);
        receivers.set(`${place} ${index} ${subtask}`, built);
        nodes.unshift(built);
      }
    }
    return { nodes };
  }

  /** Channels of an input. */
  #width(input: ChainNode['inputs'][number]): number {
    return input.kind === 'node' ? 1 : this.graph.vertices[this.graph.edges[input.edge]!.sourceVertex]!.parallelism;
  }

  /** From the node at `index` to another of the chain. */
  #within(other: ChainNode, index: number, receiver: Receiver | undefined): OutputTarget[] {
    return other.inputs.flatMap((input, i) =>
      input.kind === 'node' && input.node === index ? [borrower(receiver!, i, this.#firstChannel(other, i))] : [],
    );
  }

  #firstChannel(node: ChainNode, input: number): number {
    return node.inputs.slice(0, input).reduce((sum, each) => sum + this.#width(each), 0);
  }

  #edgeOutput(edge: JobEdge, index: number, sender: number, receivers: ReadonlyMap<string, Receiver>): OutputTarget {
    const { parallelism, nodes } = this.graph.vertices[edge.targetVertex]!;
    const channels = Array.from({ length: parallelism }, (_, subtask) => {
      const targets = nodes.flatMap((node, place) =>
        node.inputs.flatMap((input, i) =>
          input.kind === 'edge' && input.edge === index
            ? [
                borrower(
                  receivers.get(`${edge.targetVertex} ${place} ${subtask}`)!,
                  i,
                  this.#firstChannel(node, i) + sender,
                ),
              ]
            : [],
        ),
      );
      const channel: Channel = { queue: [], target: all(targets) };
      this.#channels.push(channel);
      return channel;
    });
    let last = minWatermark;
    const rise = (watermark: number): void => {
      if (watermark < last) throw new Error(`a watermark fell from ${last} to ${watermark}`);
      last = watermark;
    };
    const toAll = (element: Element): void => {
      for (const { queue } of channels) queue.push(element);
    };
    return {
      batch: (batch) => {
        batch.watermarks?.subarray(0, batch.length).forEach(rise);
        for (const [subtask, part] of this.#dealt(edge, batch, parallelism, sender)) {
          channels[subtask]!.queue.push({ kind: 'batch', batch: part });
        }
      },
      watermark: (watermark) => {
        rise(watermark);
        toAll({ kind: 'watermark', watermark });
      },
      idle: () => undefined,
      end: () => toAll({ kind: 'end' }),
    };
  }

  /** The batch's rows by who gets them, as bytes and back: it is borrowed, and strings of `gatherBatch` would stay in its buffer. */
  #dealt({ partitioning }: JobEdge, batch: ColumnBatch, parallelism: number, sender: number): [number, ColumnBatch][] {
    const owners = Array.from({ length: batch.length }, () => sender);
    if (partitioning.kind === 'rebalance') owners.fill(this.#choose(parallelism));
    if (partitioning.kind === 'hash') {
      const keys = partitioning.keys.map((key) => batch.columns[key]!);
      const { maxParallelism } = this.graph;
      hashKeys(keys, batch.length, new Int32Array(batch.length)).forEach((hash, row) => {
        owners[row] = subtaskOf(keyGroupOf(hash, maxParallelism), parallelism, maxParallelism);
      });
    }
    return Array.from({ length: parallelism }, (_, subtask): [number, ColumnBatch] => {
      const rows = Int32Array.from(owners.keys().filter((row) => owners[row] === subtask));
      return [subtask, decodeBatch(encodeBatch(batch, rows, rows.length).buffer)];
    }).filter(([, { length }]) => length > 0);
  }

  #operator(
    spec: OperatorSpec,
    placement: Pick<OperatorContext, 'subtaskIndex' | 'parallelism' | 'maxParallelism'>,
    output: FanOut,
    chunks: readonly StateChunk[],
  ) {
    const ctx = { ...placement, pool: this.#pool, session: testSession, counters: { add: () => undefined } };
    const operator = createOperator(spec);
    operator.open(ctx, output);
    for (const chunk of chunksFor(chunks, ctx)) if (chunk.batch.length > 0) operator.restore!(chunk);
    return operator;
  }

  #source(spec: SourceSpec, subtask: number, output: FanOut): void {
    const table = spec.table.split('.').at(-1)!.replaceAll('`', '');
    this.#specs.set(table, spec);
    const partitions = this.#sources.get(table) ?? [];
    partitions[subtask] = output;
    this.#sources.set(table, partitions);
  }

  #sink(id: string, fields: readonly Field[]): Receiver {
    let rows = 0;
    this.#ends.push({ id, account: () => ({ in: [rows], out: 0, figures: {} }) });
    return {
      batch: (batch) => {
        rows += batch.length;
        for (let row = 0; row < batch.length; row++) {
          const values = fields.map(({ type }, i) => String(valueAt(batch.columns[i]!, type, row)));
          this.changes.push([rowKinds[batch.ops?.[row] ?? 0]!, ...values].join(' '));
        }
      },
      watermark: () => undefined,
      idle: () => undefined,
      end: () => undefined,
    };
  }
}

/** One channel of a receiver that is lent its batches. */
function borrower(receiver: Receiver, input: number, channel: number): OutputTarget {
  const target = targetOf(receiver, input, channel);
  return { ...target, batch: (batch) => lend(batch, target.batch) };
}

function hand(element: Element, target: OutputTarget): void {
  if (element.kind === 'batch') target.batch(element.batch);
  else if (element.kind === 'watermark') target.watermark(element.watermark);
  else target.end();
}

function all(targets: readonly OutputTarget[]): OutputTarget {
  const each = (tell: (target: OutputTarget) => void): void => targets.forEach(tell);
  return {
    batch: (batch) => each((target) => target.batch(batch)),
    watermark: (watermark) => each((target) => target.watermark(watermark)),
    idle: () => undefined,
    end: () => each((target) => target.end()),
  };
}
