/** The sink of the connector `filesystem`: part files of lines. */
import { createHash } from 'node:crypto';
import { type FileTable, type FormatRegistry, formatOptionsOf, planFileTable } from '../formats/file-options.ts';
import type { ConnectorConfig, ConnectorContext, SinkFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Encoder } from '../model/format.ts';
import { formatPath, sinkRowOf, type TableDefinition } from '../model/table.ts';
import type { Field } from '../model/types.ts';
import { localPath, resolveUri, schemeOf } from '../storage/uri.ts';
import { FilesystemCommitter } from './filesystem-committer.ts';
import { FilesystemWriter } from './filesystem-writer.ts';

type SinkConfig = FileTable &
  Readonly<{ table: string; directory: string; timeZone: string; sinkFields: readonly Field[]; jobTag: string }>;

export function filesystemSinkFactory(formats: FormatRegistry): SinkFactory {
  return {
    deliveryGuarantee:
      'Exactly-once: a part file is hidden until its checkpoint is durable and then appears whole; readers leave hidden files out.',
    changelog: (table) => (formats[table.options.get('format') ?? '']?.changes === true ? 'all' : 'insert-only'),
    metadata: new Map(),
    plan: (table, ctx) => plan(table, formats, ctx),
    writer: (config, ctx) => {
      const { directory, jobTag, rollingFileSize } = configOf(config);
      const { runId, subtaskIndex } = ctx;
      const options = { directory, jobTag, runId, subtaskIndex, startedMs: ctx.now(), rollingFileSize };
      return new FilesystemWriter(createEncoder(configOf(config), formats), options);
    },
    committer: (config, ctx) => {
      const { table, directory, jobTag } = configOf(config);
      return new FilesystemCommitter({ table, directory, jobTag, sinkTag: tagOf(ctx.sinkId ?? '') });
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

function createEncoder(config: SinkConfig, formats: FormatRegistry): Encoder {
  const format = formats[config.formatName]!;
  if (format.createEncoder === undefined) {
    throw new EngineError('UNSUPPORTED', `${config.where}: format '${format.name}' can't be written`);
  }
  return format.createEncoder({
    fields: config.sinkFields,
    options: formatOptionsOf(config),
    timeZone: config.timeZone,
  });
}

const tagLength = 8;

/** A short name for file names. */
function tagOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, tagLength);
}
