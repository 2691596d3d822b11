/** What it costs to account for a record, as an auditor does: records of 150 bytes, walked out of their batches. */
import { BucketAccount, bucketStart, standardScheme } from '../../src/audit/bucket-account.ts';
import { DigestedRecords } from '../../src/audit/digested-records.ts';
import { encodeIdentity } from '../../src/audit/identity-header.ts';
import { RecordDigest } from '../../src/audit/record-hash.ts';
import { BatchBuilder, stampBatch } from '../../src/kafka/batch-builder.ts';
import { BatchReader } from '../../src/kafka/batch-reader.ts';
import { type BatchHeader, readBatchHeader } from '../../src/kafka/record-batch.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';
import { RecordRun } from '../../src/kafka/record-run.ts';
import { auditHeader } from '../../src/model/audit.ts';
import type { Stage } from '../support/stage.ts';

const batchRecords = 500;
const valueBytes = 150;
const firstTime = 1_764_000_000_000;

type Batch = Readonly<{ bytes: Buffer; header: BatchHeader }>;

export function auditStages(): Stage[] {
  const [named, plain] = [batchOf(true), batchOf(false)];
  return [
    stage('walk, id header', named, () => {}),
    stage('walk, no header', plain, () => {}),
    stage('walk + hash, id header', named, hashing()),
    stage('walk + hash, no header', plain, hashing()),
    stage('walk + account without table, id header', named, accounting(0)),
    stage('walk + account, id header', named, accounting(standardScheme.cells)),
    stage('walk + account, no header', plain, accounting(standardScheme.cells)),
    auditorStage('CRC + walk + account as auditors do, id header', named),
    auditorStage('CRC + walk + account as auditors do, no header', plain),
  ];
}

/** In the kernel: all that an auditor does with a batch. */
function auditorStage(name: string, { bytes, header }: Batch): Stage {
  const digests = new DigestedRecords();
  const account = new BucketAccount(standardScheme);
  const step = (): number => {
    digests.open(bytes, header, 'bench');
    while (digests.next()) digests.addTo(account, 0, digests.count);
    return header.recordCount;
  };
  return { name, unit: 'Kafka batch', bytesPerRecord: valueBytes, run: step };
}

type OnRecord = (run: RecordRun, i: number, timestamp: number) => void;

function stage(name: string, { bytes, header }: Batch, onRecord: OnRecord): Stage {
  const reader = new BatchReader(false);
  const run = new RecordRun();
  const step = (): number => {
    reader.read(bytes, header, run, 'bench');
    for (let i = 0; i < run.count; i++) onRecord(run, i, header.baseTimestamp + run.timestampDeltas[i]!);
    return run.count;
  };
  return { name, unit: 'Kafka batch', bytesPerRecord: valueBytes, run: step };
}

function hashing(): OnRecord {
  const digest = new RecordDigest();
  return (run, i, timestamp) => digest.read(run, i, timestamp);
}

function accounting(cells: number): OnRecord {
  const digest = new RecordDigest();
  const scheme = { ...standardScheme, cells };
  let account = new BucketAccount(scheme);
  let start = -1;
  return (run, i, timestamp) => {
    const bucket = bucketStart(timestamp, scheme.bucketMs);
    if (bucket !== start) {
      start = bucket;
      account = new BucketAccount(scheme);
    }
    digest.read(run, i, timestamp);
    account.add(digest, timestamp, digest.named ? timestamp - digest.nameTime : -1);
  };
}

function batchOf(named: boolean): Batch {
  const builder = new BatchBuilder();
  for (let i = 0; i < batchRecords; i++) {
    const identity = {
      time: firstTime + i,
      producer: 'page-views',
      host: 'web-07',
      session: '00c0ffee12345678',
      sequence: i,
    };
    const headers = named ? new Map([[auditHeader, encodeIdentity(identity)]]) : null;
    const value = Buffer.alloc(valueBytes, `{"user":${i},"page":"/products/${i * 7919}","referrer":"search"}`);
    builder.append(Buffer.from(`user-${i}`), value, firstTime + i, headers);
  }
  const { bytes } = builder.seal('none');
  stampBatch(bytes, { id: -1, epoch: -1, sequence: -1 }, new RecordKernel());
  return { bytes, header: readBatchHeader(bytes, 0, bytes.length, 'bench')! };
}
