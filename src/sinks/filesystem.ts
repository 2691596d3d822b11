/** The sink of the connector `filesystem`: part files of lines. */
import { createHash } from 'node:crypto';
import { type FileTable, type FormatRegistry, formatOptionsOf, planFileTable } from '../formats/file-options.ts';
import { partitionDirectory } from '../formats/partition-path.ts';
import { valueAt } from '../model/column.ts';
import type { ConnectorConfig, ConnectorContext, SinkFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Encoder } from '../model/format.ts';
import { formatPath, sinkRowOf, type TableDefinition } from '../model/table.ts';
import type { Field } from '../model/types.ts';
import { localPath, resolveUri, schemeOf } from '../storage/uri.ts';
import { FilesystemCommitter } from './filesystem-committer.ts';
import { FilesystemWriter, type PartCommittable, type RowPlace } from './filesystem-writer.ts';
import type { PartitionCommit } from './partition-commit.ts';
import { valueText } from './row-text.ts';

type SinkConfig = FileTable &
  Readonly<{ table: string; directory: string; timeZone: string; sinkFields: readonly Field[]; jobTag: string }>;

export function filesystemSinkFactory(formats: FormatRegistry): SinkFactory {
  return {
    deliveryGuarantee:
      'Exactly-once: a part file is hidden until its checkpoint is durable and then appears whole; readers leave hidden files out.',
    changelog: (table) => (formats[table.options.get('format') ?? '']?.changes === true ? 'retract' : 'insert-only'),
    metadata: new Map(),
    plan: (table, ctx) => plan(table, formats, ctx),
    writer: (config, ctx) => {
      const { directory, jobTag, rollingFileSize } = configOf(config);
      const { runId, subtaskIndex } = ctx;
      const options = { directory, jobTag, runId, subtaskIndex, startedMs: ctx.now(), rollingFileSize };
      return new FilesystemWriter(createEncoder(configOf(config), formats), options, placeOf(configOf(config)));
    },
    rowsIn: (committables) => committables.reduce((sum, each) => sum + (each as PartCommittable).rows, 0),
    committer: (config, ctx) => {
      const { table, directory, jobTag, partitions, successFile } = configOf(config);
      const partitionCommit = partitionCommitOf(configOf(config));
      const sinkTag = tagOf(ctx.sinkId ?? '');
      const partitioned = partitions.length > 0;
      return new FilesystemCommitter({
        table,
        directory,
        jobTag,
        sinkTag,
        partitioned,
        successFile,
        partitionCommit,
      });
    },
  };
}

function configOf(config: ConnectorConfig): SinkConfig {
  return config as SinkConfig;
}

function plan(table: TableDefinition, formats: FormatRegistry, ctx: ConnectorContext): SinkConfig {
  const planned = planFileTable(table, formats);
  if (schemeOf(planned.path) !== 'file') {
    throw new EngineError(
      'UNSUPPORTED',
      `${planned.where}: option 'path': expected a local path, got '${planned.path}'`,
    );
  }
  const config = {
    ...planned,
    table: formatPath(table.path),
    directory: localPath(resolveUri(planned.path, ctx.workingDirectory)),
    timeZone: ctx.timeZone,
    sinkFields: sinkRowOf(table),
    jobTag: tagOf(ctx.jobName),
  };
  createEncoder(config, formats); // what it refuses is refused here
  return config;
}

function partitionCommitOf(config: SinkConfig): PartitionCommit {
  return {
    trigger: config.partitionTrigger,
    delayMs: config.partitionDelayMs,
    keys: config.partitions.map(({ name }) => name),
    defaultName: config.defaultPartition,
    timestampPattern: config.partitionTimePattern,
  };
}

/** Columns that files have. */
function fileFields({ sinkFields, partitions }: SinkConfig): readonly Field[] {
  return sinkFields.filter(({ name }) => !partitions.some((partition) => partition.name === name));
}

function placeOf(config: SinkConfig): RowPlace | null {
  const { sinkFields, partitions, defaultPartition } = config;
  if (partitions.length === 0) return null;
  const places = partitions.map(({ name }) => sinkFields.findIndex((field) => field.name === name));
  const texts = partitions.map(({ type }) => valueText(type));
  const keys = partitions.map(({ name }) => name);
  return {
    columns: fileFields(config).map(({ name }) => sinkFields.findIndex((field) => field.name === name)),
    directoryOf: (batch, row) => {
      const values = places.map((place, i) => {
        const value = valueAt(batch.columns[place]!, partitions[i]!.type, row);
        return value === null ? null : texts[i]!(value);
      });
      return partitionDirectory(keys, values, defaultPartition);
    },
  };
}

function createEncoder(config: SinkConfig, formats: FormatRegistry): Encoder {
  const format = formats[config.formatName]!;
  if (format.createEncoder === undefined) {
    throw new EngineError('UNSUPPORTED', `${config.where}: format '${format.name}' can't be written`);
  }
  return format.createEncoder({
    fields: fileFields(config),
    options: formatOptionsOf(config),
    timeZone: config.timeZone,
  });
}

const tagLength = 8;

/** A short name for file names. */
function tagOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, tagLength);
}
