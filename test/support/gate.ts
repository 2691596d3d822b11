/** A source reader that gives the beginning of its file and then nothing: the moment between two rows at which a job is cut. */
import { BroadcastChannel } from 'node:worker_threads';
import type { Connector, ConnectorConfig } from '../../src/model/connector.ts';
import type { ReaderContext, ReaderOutput, SourceReader } from '../../src/model/source.ts';
import { Nap } from '../../src/sources/nap.ts';

/** `rows`: so many of the file's are given. `channel`: where a reader says that the rows it gave are handed on. */
export type Gate = Readonly<{ rows: number; channel: string }>;

type GatedConfig = ConnectorConfig & Readonly<{ gate?: Gate | undefined }>;

/** The connector, whose readers keep to the gate of their config where there is one. */
export function gatedConnector(connector: Connector): Connector {
  const source = connector.source!;
  const reader = (config: GatedConfig, ctx: ReaderContext): SourceReader => {
    const { gate } = config;
    return gate === undefined
      ? source.reader(config, ctx)
      : gatedReader(source.reader(config, { ...ctx, batchRows: gate.rows }), gate);
  };
  return { ...connector, source: { ...source, reader } };
}

function gatedReader(inner: SourceReader, gate: Gate): SourceReader {
  const nap = new Nap();
  let state: 'open' | 'given' | 'shut' = 'open';
  const poll = async (timeoutMs: number): Promise<ReaderOutput> => {
    if (state === 'open') {
      const output = await inner.poll(timeoutMs);
      if (output.kind === 'batch') state = 'given';
      return output;
    }
    if (state === 'given') say(gate.channel); // the batch is behind: the next poll comes when its rows are handed on
    state = 'shut';
    await nap.sleep(timeoutMs);
    return { kind: 'none' };
  };
  return {
    addSplits: (splits) => inner.addSplits(splits),
    noMoreSplits: () => inner.noMoreSplits(),
    poll,
    wake: () => {
      inner.wake();
      nap.wake();
    },
    snapshot: () => inner.snapshot(),
    endedSplits: () => [],
    lag: () => [],
    close: () => inner.close(),
  };
}

function say(name: string): void {
  const channel = new BroadcastChannel(name);
  channel.postMessage('given');
  channel.close();
}
