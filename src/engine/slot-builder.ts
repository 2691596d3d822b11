/** From the job graph to the subtasks of one slot: readers, operators, writers, and the channels between them. */
import type { MessagePort } from 'node:worker_threads';
import type { LookupReader } from '../model/connector.ts';
import type { DeadLetters } from '../model/dead-letter.ts';
import { assert } from '../model/errors.ts';
import type { SessionContext } from '../model/function.ts';
import type {
  ChainNode,
  JobGraph,
  JobVertex,
  LookupJoinSpec,
  NodeInput,
  SinkSpec,
  SourceSpec,
  ValuesSpec,
} from '../model/job-graph.ts';
import type { SinkWriter, WorkerHost, WriterContext } from '../model/sink.ts';
import type { SourceReader } from '../model/source.ts';
import type { StringPool } from '../model/string-pool.ts';
import { EdgeOutput, type OutputTarget } from './edge-output.ts';
import { FanOut } from './fan-out.ts';
import { InputChannel } from './input-channel.ts';
import { NamedCounters } from './named-counters.ts';
import { OperatorNode, type Receiver, targetOf } from './operator-node.ts';
import { OutputChannel, type SendMessage } from './output-channel.ts';
import type { PeerMessage, SlotPayload } from './protocol.ts';
import { SinkConstraints } from './sink-constraints.ts';
import { SinkNode } from './sink-node.ts';
import { SlabPool } from './slab-pool.ts';
import type { SlotEnvironment } from './slot-environment.ts';
import { SourceDriver } from './source-driver.ts';
import { Subtask, type SubtaskHost, type WiredInput } from './subtask.ts';
import { ValuesReader } from './values-source.ts';

/** Rows a reader gives at a time: enough to pay for a turn, few enough for the caches. */
const batchRows = 8192;

export type SlotBuilderOptions = Readonly<{
  payload: SlotPayload;
  environment: SlotEnvironment;
  pool: StringPool;
  session: SessionContext;
  workerHost: WorkerHost;
  subtaskHost: SubtaskHost;
  deadLetters: DeadLetters;
  wake: () => void;
  /** Reaches whoever runs the job. */
  warn: (message: string) => void;
}>;

/** The ends of the channels of a slot, by edge and the other end's slot. */
export type SlotChannels = Readonly<{
  inputs: ReadonlyMap<number, readonly (InputChannel | undefined)[]>;
  outputs: ReadonlyMap<number, readonly OutputChannel[]>;
}>;

export class SlotBuilder {
  readonly #options: SlotBuilderOptions;
  readonly #graph: JobGraph;
  readonly #slot: number;
  readonly #inputs = new Map<number, InputChannel[]>();
  readonly #outputs = new Map<number, OutputChannel[]>();

  constructor(options: SlotBuilderOptions) {
    this.#options = options;
    this.#graph = options.payload.graph;
    this.#slot = options.payload.slot;
  }

  /** In the graph's order: sources first. */
  build(): { subtasks: Subtask[]; channels: SlotChannels } {
    this.#connect();
    const subtasks = this.#graph.vertices.flatMap((vertex, index) =>
      this.#slot < vertex.parallelism ? [this.#subtask(vertex, index)] : [],
    );
    return { subtasks, channels: { inputs: this.#inputs, outputs: this.#outputs } };
  }

  /** Every edge has a channel from each subtask of its source to each of its target; this slot holds one subtask of each vertex. */
  #connect(): void {
    const { peers } = this.#options.payload;
    for (const [edge, { sourceVertex, targetVertex }] of this.#graph.edges.entries()) {
      const senders = this.#graph.vertices[sourceVertex]!.parallelism;
      const receivers = this.#graph.vertices[targetVertex]!.parallelism;
      if (this.#slot < senders) {
        const slabs = new SlabPool();
        this.#outputs.set(
          edge,
          Array.from({ length: receivers }, (_, target) => new OutputChannel(edge, this.#sender(edge, target), slabs)),
        );
      }
      if (this.#slot < receivers) {
        this.#inputs.set(
          edge,
          Array.from({ length: senders }, (_, source) => new InputChannel(edge, this.#releaser(edge, peers[source]!))),
        );
      }
    }
  }

  #sender(edge: number, target: number): SendMessage {
    const port = this.#options.payload.peers[target];
    if (target === this.#slot) return (message) => this.#inputs.get(edge)![this.#slot]!.push(message);
    assert(port !== undefined && port !== null, () => `slot ${this.#slot} has no way to slot ${target}`);
    return (message: PeerMessage) => port.postMessage(message, message.kind === 'batch' ? [message.slab] : []);
  }

  #releaser(edge: number, port: MessagePort | null): (slab: ArrayBuffer) => void {
    if (port === null) return (slab) => this.#outputs.get(edge)![this.#slot]!.credit(slab);
    return (slab) => port.postMessage({ edge, kind: 'credit', slab } satisfies PeerMessage, [slab]);
  }

  #subtask(vertex: JobVertex, index: number): Subtask {
    const counters = new NamedCounters();
    const edges = this.#graph.edges.flatMap((edge, i) => (edge.sourceVertex === index ? [{ edge, i }] : []));
    const edgeOutputs = edges.map(({ edge, i }) => {
      const channels = this.#outputs.get(i)!;
      return new EdgeOutput(i, channels, edge.partitioning, this.#slot, this.#graph.maxParallelism);
    });
    // From the end of the chain: a node's outputs have to be there before the node.
    const receivers = new Map<number, OperatorNode | SinkNode>();
    const outputs: FanOut[] = [];
    let source: { nodeId: string; driver: SourceDriver } | null = null;
    for (let n = vertex.nodes.length - 1; n >= 0; n--) {
      const node = vertex.nodes[n]!;
      const output = new FanOut([
        ...this.#targetsInChain(vertex, n, receivers),
        ...edgeOutputs.filter((_, k) => edges[k]!.edge.sourceNode === n),
      ]);
      if (node.spec.kind !== 'sink') outputs.unshift(output);
      if (node.spec.kind === 'source' || node.spec.kind === 'values') {
        source = { nodeId: node.id, driver: this.#source(node.spec, output, counters, vertex) };
      } else {
        receivers.set(n, this.#receiver(node, vertex, output, counters));
      }
    }
    const id = { vertex: index, subtask: this.#slot };
    const nodes = [...receivers].sort(([a], [b]) => a - b).map(([, node]) => node);
    const inputs = this.#wire(vertex, receivers);
    const name = `${vertex.name} (${this.#slot + 1}/${vertex.parallelism})`;
    const parts = { id, name, source, nodes, outputs, edges: edgeOutputs, inputs, counters };
    return new Subtask(parts, this.#options.subtaskHost);
  }

  #targetsInChain(vertex: JobVertex, from: number, receivers: ReadonlyMap<number, Receiver>): OutputTarget[] {
    return vertex.nodes.flatMap((node, n) =>
      node.inputs.flatMap((input, place) =>
        input.kind === 'node' && input.node === from
          ? [targetOf(receivers.get(n)!, place, this.#firstChannel(node.inputs, place))]
          : [],
      ),
    );
  }

  /** The channels of a node's inputs stand one after the other. */
  #firstChannel(inputs: readonly NodeInput[], place: number): number {
    return inputs.slice(0, place).reduce((sum, input) => sum + this.#channelCount(input), 0);
  }

  #channelCount(input: NodeInput): number {
    if (input.kind === 'node') return 1;
    return this.#graph.vertices[this.#graph.edges[input.edge]!.sourceVertex]!.parallelism;
  }

  #wire(vertex: JobVertex, receivers: ReadonlyMap<number, Receiver>): WiredInput[] {
    const edges = new Set(
      vertex.nodes.flatMap((node) => node.inputs.flatMap((i) => (i.kind === 'edge' ? [i.edge] : []))),
    );
    return [...edges].flatMap((edge) =>
      this.#inputs.get(edge)!.map((channel, sender) => ({
        channel,
        receivers: vertex.nodes.flatMap((node, n) =>
          node.inputs.flatMap((input, place) =>
            input.kind === 'edge' && input.edge === edge
              ? [
                  {
                    receiver: receivers.get(n)!,
                    input: place,
                    channel: this.#firstChannel(node.inputs, place) + sender,
                  },
                ]
              : [],
          ),
        ),
      })),
    );
  }

  #source(spec: SourceSpec | ValuesSpec, output: FanOut, counters: NamedCounters, vertex: JobVertex): SourceDriver {
    const { pool, session, wake, subtaskHost, environment, deadLetters } = this.#options;
    const letters = { deadLetters: 0, discarded: 0 };
    const reader =
      spec.kind === 'values'
        ? new ValuesReader(spec, session, pool)
        : this.#reader(
            spec,
            counters,
            vertex.parallelism,
            () => letters[deadLetters.keeps ? 'deadLetters' : 'discarded']++,
          );
    return new SourceDriver({
      spec: spec.kind === 'values' ? { table: 'VALUES', fields: spec.fields, watermark: null } : spec,
      reader,
      output,
      session,
      pool,
      monotonic: environment.clock.monotonic,
      letters: () => ({ ...letters }),
      wake,
      fail: (error) => subtaskHost.fail(error, vertex.name),
    });
  }

  /** `taken`: hears of each unreadable record that was taken. */
  #reader(spec: SourceSpec, counters: NamedCounters, parallelism: number, taken: () => void): SourceReader {
    const { environment, pool, deadLetters, warn } = this.#options;
    const factory = environment.connectors[spec.connector]?.source;
    assert(factory !== undefined, () => `connector '${spec.connector}' has no source here`);
    return factory.reader(spec.config, {
      columns: spec.columns,
      subtaskIndex: this.#slot,
      parallelism,
      pool,
      counters,
      batchRows,
      now: environment.clock.now,
      badRecord: (record) => {
        deadLetters.handle(record);
        taken();
      },
      warn,
    });
  }

  #receiver(node: ChainNode, vertex: JobVertex, output: FanOut, counters: NamedCounters): OperatorNode | SinkNode {
    const { environment, pool, session, subtaskHost, wake } = this.#options;
    const { spec } = node;
    const channels = node.inputs.reduce((sum, input) => sum + this.#channelCount(input), 0);
    assert(spec.kind !== 'source' && spec.kind !== 'values', () => 'a source in the middle of a chain');
    if (spec.kind === 'sink') {
      return new SinkNode({
        id: node.id,
        constraints: constraintsOf(spec, counters),
        updateBefore: spec.target === 'collect' || spec.updateBefore,
        writer: this.#writer(spec, counters, vertex.parallelism),
        channels,
        wake,
        fail: (error) => subtaskHost.fail(error, vertex.name),
      });
    }
    const operator = environment.createOperator(spec);
    const { maxParallelism } = this.#graph;
    const ctx = { subtaskIndex: this.#slot, parallelism: vertex.parallelism, maxParallelism, pool, session, counters };
    const lookup = spec.kind === 'lookup_join' ? this.#lookup(spec, counters) : undefined;
    operator.open(lookup === undefined ? ctx : { ...ctx, lookup }, output);
    const fail = (error: unknown): void => subtaskHost.fail(error, vertex.name);
    return new OperatorNode(node.id, operator, output, channels, { wake, fail });
  }

  #lookup({ connector, config, columns, keys }: LookupJoinSpec, counters: NamedCounters): LookupReader {
    const { environment, session, warn } = this.#options;
    const factory = environment.connectors[connector]?.lookup;
    assert(factory !== undefined, () => `connector '${connector}' can't be looked up here`);
    const keyColumns = keys.map(({ column }) => column);
    return factory.reader(config, { columns, keyColumns, session, counters, warn });
  }

  #writer(spec: SinkSpec, counters: NamedCounters, parallelism: number): SinkWriter {
    const { environment, payload, workerHost } = this.#options;
    const ctx: WriterContext = {
      jobName: payload.jobName,
      subtaskIndex: this.#slot,
      parallelism,
      runId: payload.runId,
      counters,
      now: environment.clock.now,
      host: workerHost,
    };
    if (spec.target === 'collect') return environment.collectWriter(spec.pipeline, spec.inputFields, ctx);
    const factory = environment.connectors[spec.connector]?.sink;
    assert(factory !== undefined, () => `connector '${spec.connector}' has no sink here`);
    return factory.writer(spec.config, ctx);
  }
}

function constraintsOf(spec: SinkSpec, counters: NamedCounters): SinkConstraints | null {
  if (spec.target === 'collect' || (spec.notNull.columns.length === 0 && spec.content === null)) return null;
  const { table, inputFields: fields, notNull, content } = spec;
  return new SinkConstraints({ table, fields, notNull, content, counters });
}
