/**
 * Which failure means which cause: the first row that fits. Rows go from the specific to the general; codes are of this engine, texts also
 * of Flink, its connectors and the operating system. Hints are never looked at: they say what might be, not what is.
 */
import type { ErrorCode } from '../../model/errors.ts';
import type { CauseName } from './cause.ts';

export type Failure = Readonly<{
  /** null: of another engine, or a line of a log. */
  code: ErrorCode | null;
  /** The message and all its causes. */
  text: string;
  /** On which side of the job it was; null: not known. */
  side: 'source' | 'sink' | null;
}>;

type FaultRow = Readonly<{
  cause: CauseName;
  /** Of the failure, where it has one; absent: any. */
  codes?: readonly ErrorCode[];
  /** Absent: any text, of failures that have a code. */
  text?: RegExp;
  side?: 'source' | 'sink';
}>;

const passing: readonly ErrorCode[] = ['CONNECTION', 'TIMEOUT'];

const faultTable: readonly FaultRow[] = [
  {
    cause: 'disk-full',
    text: /\bENOSPC\b|\bEDQUOT\b|no space left on device|database or disk is full|disk quota exceeded/i,
  },
  {
    cause: 'out-of-memory',
    text: /heap out of memory|reached heap limit|ERR_WORKER_OUT_OF_MEMORY|reaching memory limit|OutOfMemoryError|OOMKilled|oom-kill|exit(?:ed)? (?:with )?(?:code |status )?137\b|killed by (?:signal )?SIGKILL|\bCannot allocate memory\b/i,
  },
  {
    cause: 'state-mismatch',
    codes: ['CHECKPOINT'],
    text: /holds state of|query has changed/i,
  },
  {
    cause: 'state-mismatch',
    text: /Cannot map checkpoint\/savepoint state|holds state of (?:operators that|another form)|StateMigrationException|serializer .*incompatible/i,
  },
  { cause: 'unauthorised', codes: ['PERMISSION'] },
  {
    cause: 'unauthorised',
    text: /AuthorizationException|AuthenticationException|AUTHORIZATION_FAILED|SASL_AUTHENTICATION_FAILED|\bNot authorized\b|Access ?Denied|\bEACCES\b|HTTP (?:status )?40[13]\b/i,
  },
  {
    cause: 'topic-recreated',
    text: /deleted while it was read|deleted and made anew|topic id .*(?:changed|mismatch)|UNKNOWN_TOPIC_ID|INCONSISTENT_TOPIC_ID/i,
  },
  {
    cause: 'retention-overtaken',
    text: /expected offset \d+, but the partition holds|OffsetOutOfRange|OFFSET_OUT_OF_RANGE|NoOffsetForPartition/i,
  },
  {
    cause: 'topic-missing',
    text: /topic '[^']*' does not exist|UNKNOWN_TOPIC_OR_PARTITION|UnknownTopicOrPartition|topics? .{0,120}(?:not exist|not present in metadata|not found)/i,
  },
  {
    cause: 'schema-mismatch',
    text: /schema registry|schema id|unknown magic byte|incompatible schema|SchemaParseException|AvroTypeException|writer'?s? schema|subject '[^']*'|expected (?:an? )?[\w() ]+ for (?:field|column)|field '[^']*': expected/i,
  },
  { cause: 'bad-records', codes: ['BAD_RECORD'] },
  {
    cause: 'bad-records',
    text: /; the record: |record batch at offset \d|Failed to deserialize|DeserializationException|JsonParseException|MalformedInput|CorruptRecordException|not valid JSON/i,
  },
  { cause: 'expression-failed', codes: ['EVALUATION'] },
  {
    cause: 'expression-failed',
    text: /ArithmeticException|division by zero|NumberFormatException|DateTimeParseException|Column '[^']*' is NOT NULL|Failed to cast|user-defined function .* (?:failed|threw)/i,
  },
  { cause: 'data-directory-taken', text: /another process owns it/i },
  {
    cause: 'commit-conflict',
    text: /CommitFailedException|CommitStateUnknown|Requirement failed|ProducerFenced|INVALID_PRODUCER_EPOCH|another process has taken over|transaction timed out|table was dropped and made again|branch .* has changed/i,
  },
  { cause: 'commit-conflict', codes: ['CONFLICT'] },
  { cause: 'sink-unreachable', codes: ['COMMIT'] },
  { cause: 'sink-unreachable', text: /cannot commit: / },
  {
    cause: 'sink-unreachable',
    codes: passing,
    text: /\bcatalog|warehouse|iceberg|\/v1\/(?:namespaces|config)|\bcommit|\bproducing\b|\bs3:|\bsink\b/i,
  },
  { cause: 'sink-unreachable', codes: passing, side: 'sink' },
  {
    cause: 'sink-unreachable',
    side: 'sink',
    text: /ECONNREFUSED|Connection ?refused|UnknownHost|ENOTFOUND|ETIMEDOUT|TimeoutException|ServiceUnavailable/i,
  },
  {
    cause: 'sink-unreachable',
    text: /(?:iceberg|catalog|warehouse|s3|hive ?metastore|jdbc).{0,200}(?:ECONNREFUSED|Connection ?refused|UnknownHost|unavailable|timed? ?out)/is,
  },
  { cause: 'source-unreachable', codes: passing },
  {
    cause: 'source-unreachable',
    text: /ECONNREFUSED|ECONNRESET|Connection ?refused|UnknownHost|ENOTFOUND|ETIMEDOUT|Timed? ?out (?:waiting|expired|while)|TimeoutException.*(?:metadata|topic|describe|broker)|Bootstrap broker .* disconnected|no leader|could not be established/i,
  },
  { cause: 'file-failed', codes: ['IO'] },
  { cause: 'file-failed', text: /(?:can't|cannot) be (?:read|written): |\bE(?:NOTDIR|ISDIR|ROFS)\b/ },
  { cause: 'table-missing', codes: ['NOT_FOUND'] },
  {
    cause: 'table-missing',
    text: /expected a file or a directory, found none|has none of this name|: there is none|NoSuchTableException|\bENOENT\b|FileNotFoundException|NoSuchBucket/i,
  },
  { cause: 'checkpoints-failing', codes: ['CHECKPOINT'] },
  {
    cause: 'checkpoints-failing',
    text: /Exceeded checkpoint tolerable failure|CheckpointException|Checkpoint expired before completing/i,
  },
  { cause: 'job-invalid', codes: ['SQL_SYNTAX', 'SQL_VALIDATION', 'INVALID_OPTION', 'UNSUPPORTED'] },
  {
    cause: 'job-invalid',
    text: /\boption '[^']+'|unknown field|SqlParserException|ValidationException|Could not find any factory/i,
  },
  { cause: 'limit-reached', codes: ['LIMIT'] },
  { cause: 'limit-reached', text: /NoResourceAvailableException|Could not acquire the minimum required resources/i },
  {
    cause: 'engine-silent',
    text: /Heartbeat of TaskManager|TaskManager .{0,80}(?:lost|no longer reachable|timed out)|RemoteTransportException|exited without (?:a )?report|has not answered/i,
  },
  { cause: 'engine-fault', codes: ['INTERNAL'] },
  { cause: 'engine-fault', text: /invariant does not hold|unreachable value/ },
];

/** `unknown-failure` where no row fits. */
export function causeOfFailure(failure: Failure): CauseName {
  return faultTable.find((row) => fits(row, failure))?.cause ?? 'unknown-failure';
}

/** What a line of a log says for itself; null: nothing that is known. */
export function causeOfLine(text: string): CauseName | null {
  return (
    faultTable.find((row) => row.codes === undefined && fits(row, { code: null, text, side: null }))?.cause ?? null
  );
}

function fits({ codes, text, side }: FaultRow, failure: Failure): boolean {
  if (codes !== undefined && (failure.code === null || !codes.includes(failure.code))) return false;
  if (side !== undefined && failure.side !== side) return false;
  return text === undefined || text.test(failure.text);
}
