import { connect, createServer, type Server, type Socket } from 'node:net';
import { BatchBuilder, stampBatch } from '../../src/kafka/batch-builder.ts';
import { BatchReader } from '../../src/kafka/batch-reader.ts';
import { timestampOf } from '../../src/kafka/fetched-records.ts';
import { batchLayout, readBatchHeader } from '../../src/kafka/record-batch.ts';
import { sharedKernel } from '../../src/kafka/record-kernel.ts';
import { RecordRun, readHeaders } from '../../src/kafka/record-run.ts';
import type { RawRecord } from './audit-tiers.ts';

/** Something in the way between a client and a broker that changes records in passing. */
export interface AlteringProxy {
  /** `host:port`, in place of the broker's. */
  readonly bootstrap: string;
  /** How many batches it has changed. */
  readonly altered: number;
  /** Markers of which nothing has been changed yet. */
  readonly untouched: readonly string[];
  /** What went wrong in doing so: such a batch passes as it is. */
  readonly failures: readonly string[];
  close(): Promise<void>;
}

/** Where bytes go that hold `marker`; `alter` gives what comes in place of a batch, or null to let it be. */
export type Alteration = Readonly<{
  way: 'to-broker' | 'from-broker';
  marker: string;
  alter: (batch: Buffer) => Buffer | null;
}>;

/** Only one that goes to the broker may become longer or shorter: there, a batch is all of its partition's records. */
export async function alteringProxy(broker: string, alterations: readonly Alteration[]): Promise<AlteringProxy> {
  const port = Number(broker.split(':')[1]);
  const sockets = new Set<Socket>();
  const failures: string[] = [];
  const touched = new Set<string>();
  let [altered, own] = [0, 0];
  const passed = (frame: Buffer, way: Alteration['way']): Buffer => {
    let bytes = frame;
    for (const { marker, alter } of alterations.filter((one) => one.way === way)) {
      if (!bytes.includes(marker)) continue;
      bytes = withBatches(bytes, (batch) => {
        if (!batch.includes(marker)) return null;
        try {
          const changed = alter(batch);
          if (changed !== null) {
            altered++;
            touched.add(marker);
          }
          return changed;
        } catch (error) {
          failures.push(String(error));
          return null;
        }
      });
    }
    return bytes;
  };
  const server: Server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: '127.0.0.1', port, noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    onFrames(client, (frame) => upstream.write(passed(frame, 'to-broker')));
    onFrames(upstream, (frame) => client.write(passed(renamed(frame, port, own), 'from-broker')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  own = (server.address() as { port: number }).port;
  return {
    bootstrap: `127.0.0.1:${own}`,
    get altered() {
      return altered;
    },
    get untouched() {
      return alterations.map(({ marker }) => marker).filter((marker) => !touched.has(marker));
    },
    failures,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Records of a batch in another form: a batch of the same producer and place. */
export function withRecords(batch: Buffer, change: (records: readonly RawRecord[]) => readonly RawRecord[]): Buffer {
  const header = readBatchHeader(batch, 0, batch.length, 'proxy')!;
  const run = new RecordRun();
  new BatchReader(true).read(batch, header, run, 'proxy');
  const copy = (start: number, end: number): Uint8Array | null => (start < 0 ? null : run.bytes.slice(start, end));
  const records = Array.from({ length: run.count }, (_, i) => ({
    key: copy(run.keyStarts[i]!, run.keyEnds[i]!),
    value: copy(run.valueStarts[i]!, run.valueEnds[i]!),
    timestamp: timestampOf(header, run, i),
    headers: readHeaders(run.bytes, run.headerStarts[i]!),
  }));
  const builder = new BatchBuilder();
  for (const { key, value, timestamp, headers } of change(records)) builder.append(key, value, timestamp, headers);
  const { bytes } = builder.seal('none');
  const producer = {
    id: Number(batch.readBigInt64BE(batchLayout.producerId)),
    epoch: batch.readInt16BE(batchLayout.producerEpoch),
    sequence: batch.readInt32BE(batchLayout.baseSequence),
  };
  stampBatch(bytes, producer, sharedKernel());
  batch.copy(bytes, 0, 0, batchLayout.length);
  return Buffer.from(bytes);
}

/** The batch with the first byte of `text` flipped; `sealed`: with a checksum that fits again. */
export function flipped(batch: Buffer, text: string, sealed: boolean): Buffer | null {
  const at = batch.indexOf(text);
  if (at < 0) return null;
  const bytes = Buffer.from(batch);
  bytes[at]! ^= 0x20;
  if (sealed) bytes.writeUInt32BE(checksum(bytes, 0, bytes.length), batchLayout.crc);
  return bytes;
}

function onFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
}

/** The broker names itself in its answers; there the proxy's port stands in place of its own. */
function renamed(frame: Buffer, port: number, own: number): Buffer {
  const address = (of: number): Buffer => {
    const bytes = Buffer.from('\u000a127.0.0.1\0\0\0\0', 'latin1');
    bytes.writeInt32BE(of, bytes.length - 4);
    return bytes;
  };
  const before = address(port);
  if (!frame.includes(before)) return frame;
  const bytes = Buffer.from(frame);
  for (let at = bytes.indexOf(before); at >= 0; at = bytes.indexOf(before, at + 1)) address(own).copy(bytes, at);
  return bytes;
}

/** A batch is what says that it is one and whose checksum is right. */
function withBatches(frame: Buffer, change: (batch: Buffer) => Buffer | null): Buffer {
  let bytes = frame;
  for (let at = 4; at + batchLayout.records <= bytes.length; at++) {
    if (bytes[at + batchLayout.magic] !== 2) continue;
    const end = at + batchLayout.leaderEpoch + bytes.readInt32BE(at + batchLayout.length);
    if (end < at + batchLayout.records || end > bytes.length) continue;
    if (checksum(bytes, at, end) !== bytes.readUInt32BE(at + batchLayout.crc)) continue;
    const changed = change(bytes.subarray(at, end));
    if (changed === null) at = end - 1;
    else {
      bytes = spliced(bytes, at, end, changed);
      at += changed.length - 1;
    }
  }
  return bytes;
}

function spliced(frame: Buffer, at: number, end: number, batch: Buffer): Buffer {
  const before = varint(end - at + 1); // COMPACT_RECORDS: its length and one
  const same = batch.length === end - at;
  const isAlone = frame.subarray(at - before.length, at).equals(before);
  if (!same && !isAlone) throw new Error('proxy: expected a batch that is all of its records');
  const start = same ? at : at - before.length;
  const middle = same ? batch : Buffer.concat([varint(batch.length + 1), batch]);
  const bytes = Buffer.concat([frame.subarray(0, start), middle, frame.subarray(end)]);
  bytes.writeInt32BE(bytes.length - 4, 0);
  return bytes;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}

function checksum(bytes: Buffer, start: number, end: number): number {
  const kernel = sharedKernel();
  kernel.load(bytes, start + batchLayout.attributes, end);
  return kernel.crc32c();
}
