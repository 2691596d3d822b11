/**
 * The committing side of an Iceberg sink, on the main thread. At start the table is claimed; then each epoch is one append with a
 * snapshot id that was made before the checkpoint became durable.
 */
import { randomBytes } from 'node:crypto';
import type { AppendTotals } from '../iceberg/append.ts';
import { dataFileFromJson } from '../iceberg/data-file.ts';
import { type Long, sameLong } from '../iceberg/json.ts';
import { type ManifestRequest, writeManifest } from '../iceberg/manifest.ts';
import { type ManifestJson, manifestFromJson, manifestToJson } from '../iceberg/manifest-json.ts';
import type { ManifestFile } from '../iceberg/manifest-list.ts';
import { countSmall, merging, wantsMerge } from '../iceberg/manifest-merge.ts';
import { hasLanded, landedBeyond, printMarks, readMarks, withLanded } from '../iceberg/sink-marks.ts';
import { ancestors, schemaJsonOf, specOf, type TableMetadata } from '../iceberg/table-metadata.ts';
import { requireTable } from '../iceberg/table-options.ts';
import { metadataLocation } from '../iceberg/table-properties.ts';
import { adding, type SwapEnvironment, swapUntilLanded } from '../iceberg/table-swap.ts';
import { assert, EngineError } from '../model/errors.ts';
import type { CommitInfo, CommitPlan, Committable, Committer, Epoch } from '../model/sink.ts';
import { joinUri } from '../storage/uri.ts';
import type { IcebergSinkConfig } from './iceberg-config.ts';
import type { IcebergFiles } from './iceberg-writer.ts';

/** What a checkpoint keeps of an epoch. */
type IcebergPlan = Readonly<{
  tableUuid: string;
  runId: string;
  checkpointId: number;
  /** Of the claim under which it was prepared. */
  generation: number;
  /** As text: 63 bits. */
  snapshotId: string;
  /** null for an epoch without rows: nothing is committed then. */
  manifest: ManifestJson | null;
  totals: AppendTotals;
  summary: Readonly<Record<string, string>>;
}>;

export type IcebergCommitterOptions = Readonly<{
  /** Opened by `open`, closed by `close`. */
  connect: () => Promise<SwapEnvironment>;
  /** Job and sink: the name under which marks are kept. */
  sinkId: string;
  jobName: string;
  warn: (message: string) => void;
  /** A random positive id of 63 bits. */
  newSnapshotId?: (() => bigint) | undefined;
}>;

const noTotals: AppendTotals = { files: 0, records: 0, bytes: 0, partitions: 0 };

export class IcebergCommitter implements Committer {
  readonly #config: IcebergSinkConfig;
  readonly #options: IcebergCommitterOptions;
  readonly #newSnapshotId: () => bigint;
  #environment: SwapEnvironment | null = null;
  #generation = 0;
  #base: TableMetadata | null = null;

  constructor(config: IcebergSinkConfig, options: IcebergCommitterOptions) {
    this.#config = config;
    this.#options = options;
    this.#newSnapshotId = options.newSnapshotId ?? randomSnapshotId;
  }

  /** An empty snapshot with a higher generation: it moves the branch's head, so that requests of a zombie are refused. */
  async open(runId: string): Promise<void> {
    const environment = await this.#options.connect();
    this.#environment = environment;
    this.#base = await requireTable(environment.catalog, environment.table);
    const snapshotId = this.#newSnapshotId();
    const { sinkId } = this.#options;
    await swapUntilLanded(environment, (base) => {
      const landed = snapshotInHistory(base, snapshotId);
      if (landed !== null) {
        this.#generation = Number(landed['millrace.generation']);
        return null;
      }
      const marks = readMarks(base, sinkId);
      this.#generation = marks.generation + 1;
      const summary = { ...this.#summaryKeys(runId), 'millrace.claim': 'true' };
      const properties = printMarks(sinkId, { ...marks, generation: this.#generation });
      return { snapshotId, operation: 'append', change: adding(null), totals: noTotals, summary, properties };
    });
  }

  async recover(plan: CommitPlan | null, options: { force: boolean }): Promise<void> {
    if (plan === null) return;
    const { runId, checkpointId, generation } = plan as IcebergPlan;
    const { catalog, table } = this.#connected();
    const marks = readMarks(await requireTable(catalog, table), this.#options.sinkId);
    const beyond = landedBeyond(marks, { run: runId, checkpoint: checkpointId, generation });
    if (beyond !== null && !options.force) {
      const found =
        beyond.run === runId
          ? `epoch ${beyond.checkpoint}`
          : `epoch ${beyond.checkpoint} of the later run ${beyond.run}`;
      throw new EngineError(
        'CONFLICT',
        `table ${this.#config.tableName}: restored to epoch ${checkpointId}, but ${found} has landed in it`,
        {
          hint: 'Restore the newest checkpoint. To go on from this one all the same, rows since then will be written again: say so with force.',
        },
      );
    }
    await this.commit(plan);
  }

  async prepare(epoch: Epoch, committables: readonly Committable[], info: CommitInfo): Promise<CommitPlan> {
    const snapshotId = this.#newSnapshotId();
    const files = committables.flatMap((committable) => (committable as IcebergFiles).files);
    const fields = this.#config.partition.map(({ field }) => field);
    const dataFiles = files.map((file) => dataFileFromJson(file, fields));
    const plan: IcebergPlan = {
      tableUuid: this.#config.tableUuid,
      ...epoch,
      generation: this.#generation,
      snapshotId: String(snapshotId),
      manifest: files.length === 0 ? null : await this.#writeManifest(snapshotId, dataFiles),
      totals: {
        files: files.length,
        records: files.reduce((sum, file) => sum + file.recordCount, 0),
        bytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
        partitions: new Set(files.map((file) => file.partition.join('/'))).size,
      },
      summary: { ...this.#summaryKeys(epoch.runId), ...epochKeys(epoch, info) },
    };
    return plan;
  }

  async #writeManifest(snapshotId: bigint, files: ManifestRequest['files']): Promise<ManifestJson> {
    const { storage, newId } = this.#connected();
    const base = this.#base!;
    const path = joinUri(metadataLocation(base), `${newId()}-m0.avro`);
    const { bytes, manifest } = writeManifest({
      path,
      snapshotId,
      ...this.#layout(base),
      files,
    });
    await storage.write(path, bytes);
    return manifestToJson(manifest);
  }

  async commit(plan: CommitPlan): Promise<void> {
    const { runId, checkpointId, snapshotId, manifest, totals, summary, tableUuid } = plan as IcebergPlan;
    if (manifest === null) return;
    if (tableUuid !== this.#config.tableUuid) throw this.#otherTable(tableUuid);
    const { sinkId } = this.#options;
    const generation = this.#generation;
    let smallManifests = 0;
    await swapUntilLanded(this.#connected(), (base) => {
      const marks = readMarks(base, sinkId);
      if (snapshotInHistory(base, BigInt(snapshotId)) !== null || hasLanded(marks, runId, checkpointId)) return null;
      if (marks.generation > generation) throw this.#replaced(marks.generation);
      return {
        snapshotId: BigInt(snapshotId),
        operation: 'append',
        change: async (before) => {
          smallManifests = countSmall(before, this.#config.specId, base.properties ?? {}) + 1;
          return adding(manifestFromJson(manifest))(before);
        },
        totals,
        summary: { ...summary, 'millrace.generation': String(generation) },
        properties: printMarks(sinkId, withLanded(marks, { run: runId, checkpoint: checkpointId, generation })),
      };
    });
    if (wantsMerge(this.#base?.properties ?? {}, smallManifests)) await this.#merge(runId);
  }

  /** Its failure loses nothing: the next epoch tries again. */
  async #merge(runId: string): Promise<void> {
    const environment = this.#connected();
    const snapshotId = this.#newSnapshotId();
    const made = new Map<string, ManifestFile>();
    try {
      await swapUntilLanded(environment, (base) => {
        if (snapshotInHistory(base, snapshotId) !== null) return null;
        const { generation } = readMarks(base, this.#options.sinkId);
        if (generation > this.#generation) throw this.#replaced(generation);
        const change = merging(base, { ...environment, snapshotId, ...this.#layout(base) }, made);
        return {
          snapshotId,
          operation: 'replace',
          change,
          totals: noTotals,
          summary: this.#summaryKeys(runId),
          properties: {},
        };
      });
    } catch (error) {
      if (!(error instanceof EngineError && error.retryable)) throw error;
      this.#options.warn(`table ${this.#config.tableName}: manifests are not merged yet: ${error.message}`);
    }
  }

  #layout(base: TableMetadata): Pick<ManifestRequest, 'schema' | 'spec' | 'fields'> {
    return {
      schema: schemaJsonOf(base, this.#config.schemaId),
      spec: specOf(base, this.#config.specId),
      fields: this.#config.partition.map(({ field }) => field),
    };
  }

  async close(): Promise<void> {
    await this.#environment?.catalog.close();
    this.#environment = null;
  }

  #connected(): SwapEnvironment {
    assert(this.#environment !== null, () => 'an Iceberg committer is opened before it is used');
    return this.#environment;
  }

  #summaryKeys(runId: string): Record<string, string> {
    return {
      'engine-name': 'millrace',
      'millrace.job': this.#options.jobName,
      'millrace.sink-id': this.#options.sinkId,
      'millrace.run-id': runId,
      'millrace.generation': String(this.#generation),
    };
  }

  #replaced(generation: number): EngineError {
    const message = `table ${this.#config.tableName}: expected claim ${this.#generation} of this job, found ${generation}`;
    return new EngineError('CONFLICT', message, {
      hint: 'Another process runs this job and has taken the table over: this one has to end.',
    });
  }

  #otherTable(uuid: string): EngineError {
    const message = `table ${this.#config.tableName}: the checkpoint was taken for uuid ${uuid}, the table is ${this.#config.tableUuid}`;
    return new EngineError('CONFLICT', message, {
      hint: 'The table was dropped and made again: start the job afresh.',
    });
  }
}

/** Also under Flink's keys, which tools read. */
function epochKeys(epoch: Epoch, info: CommitInfo): Record<string, string> {
  const keys: Record<string, string> = {
    'millrace.checkpoint-id': String(epoch.checkpointId),
    'flink.job-id': epoch.runId,
    'flink.max-committed-checkpoint-id': String(epoch.checkpointId),
  };
  if (info.watermark !== null && Number.isFinite(info.watermark)) keys['millrace.watermark'] = String(info.watermark);
  if (info.offsets.length > 0) keys['millrace.kafka-offsets'] = offsetsText(info.offsets);
  return keys;
}

/** `{"topic":{"0":123}}`. */
function offsetsText(offsets: CommitInfo['offsets']): string {
  const topics: Record<string, Record<string, number>> = {};
  for (const { topic, partition, offset } of offsets) topics[topic] = { ...topics[topic], [partition]: offset };
  return JSON.stringify(topics);
}

/** The summary of the snapshot when the main branch has it. */
function snapshotInHistory(base: TableMetadata, snapshotId: bigint): Readonly<Record<string, string>> | null {
  for (const snapshot of ancestors(base)) {
    if (sameLong(snapshot['snapshot-id'], snapshotId as Long)) return snapshot.summary ?? {};
  }
  return null;
}

function randomSnapshotId(): bigint {
  return randomBytes(8).readBigUInt64BE() >> 1n;
}
