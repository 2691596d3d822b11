import { EngineError, type ErrorCode } from '../model/errors.ts';

/**
 * Error codes of the Kafka protocol (org.apache.kafka.common.protocol.Errors): those that we know what to do about. What is `passing` is
 * tried again, with new metadata: most of these faults say that the partition has moved.
 */
type BrokerFault = Readonly<{ name: string; class: 'passing' | ErrorCode }>;

const faults: Readonly<Record<number, BrokerFault>> = {
  1: { name: 'OFFSET_OUT_OF_RANGE', class: 'NOT_FOUND' },
  2: { name: 'CORRUPT_MESSAGE', class: 'BAD_RECORD' },
  3: { name: 'UNKNOWN_TOPIC_OR_PARTITION', class: 'passing' },
  5: { name: 'LEADER_NOT_AVAILABLE', class: 'passing' },
  6: { name: 'NOT_LEADER_OR_FOLLOWER', class: 'passing' },
  7: { name: 'REQUEST_TIMED_OUT', class: 'passing' },
  8: { name: 'BROKER_NOT_AVAILABLE', class: 'passing' },
  9: { name: 'REPLICA_NOT_AVAILABLE', class: 'passing' },
  10: { name: 'MESSAGE_TOO_LARGE', class: 'LIMIT' },
  13: { name: 'NETWORK_EXCEPTION', class: 'passing' },
  14: { name: 'COORDINATOR_LOAD_IN_PROGRESS', class: 'passing' },
  15: { name: 'COORDINATOR_NOT_AVAILABLE', class: 'passing' },
  16: { name: 'NOT_COORDINATOR', class: 'passing' },
  17: { name: 'INVALID_TOPIC_EXCEPTION', class: 'INVALID_OPTION' },
  18: { name: 'RECORD_LIST_TOO_LARGE', class: 'LIMIT' },
  19: { name: 'NOT_ENOUGH_REPLICAS', class: 'passing' },
  20: { name: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', class: 'passing' },
  22: { name: 'ILLEGAL_GENERATION', class: 'CONFLICT' },
  24: { name: 'INVALID_GROUP_ID', class: 'INVALID_OPTION' },
  25: { name: 'UNKNOWN_MEMBER_ID', class: 'CONFLICT' },
  27: { name: 'REBALANCE_IN_PROGRESS', class: 'passing' },
  29: { name: 'TOPIC_AUTHORIZATION_FAILED', class: 'PERMISSION' },
  30: { name: 'GROUP_AUTHORIZATION_FAILED', class: 'PERMISSION' },
  31: { name: 'CLUSTER_AUTHORIZATION_FAILED', class: 'PERMISSION' },
  32: { name: 'INVALID_TIMESTAMP', class: 'EVALUATION' },
  33: { name: 'UNSUPPORTED_SASL_MECHANISM', class: 'INVALID_OPTION' },
  34: { name: 'ILLEGAL_SASL_STATE', class: 'PERMISSION' },
  35: { name: 'UNSUPPORTED_VERSION', class: 'UNSUPPORTED' },
  36: { name: 'TOPIC_ALREADY_EXISTS', class: 'CONFLICT' },
  37: { name: 'INVALID_PARTITIONS', class: 'INVALID_OPTION' },
  38: { name: 'INVALID_REPLICATION_FACTOR', class: 'INVALID_OPTION' },
  40: { name: 'INVALID_CONFIG', class: 'INVALID_OPTION' },
  41: { name: 'NOT_CONTROLLER', class: 'passing' },
  42: { name: 'INVALID_REQUEST', class: 'INVALID_OPTION' },
  44: { name: 'POLICY_VIOLATION', class: 'INVALID_OPTION' },
  45: { name: 'OUT_OF_ORDER_SEQUENCE_NUMBER', class: 'CONFLICT' },
  46: { name: 'DUPLICATE_SEQUENCE_NUMBER', class: 'CONFLICT' },
  47: { name: 'INVALID_PRODUCER_EPOCH', class: 'CONFLICT' },
  48: { name: 'INVALID_TXN_STATE', class: 'CONFLICT' },
  49: { name: 'INVALID_PRODUCER_ID_MAPPING', class: 'CONFLICT' },
  50: { name: 'INVALID_TRANSACTION_TIMEOUT', class: 'INVALID_OPTION' },
  51: { name: 'CONCURRENT_TRANSACTIONS', class: 'passing' },
  52: { name: 'TRANSACTION_COORDINATOR_FENCED', class: 'CONFLICT' },
  53: { name: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', class: 'PERMISSION' },
  54: { name: 'SECURITY_DISABLED', class: 'UNSUPPORTED' },
  55: { name: 'OPERATION_NOT_ATTEMPTED', class: 'CONFLICT' },
  56: { name: 'KAFKA_STORAGE_ERROR', class: 'passing' },
  58: { name: 'SASL_AUTHENTICATION_FAILED', class: 'PERMISSION' },
  59: { name: 'UNKNOWN_PRODUCER_ID', class: 'CONFLICT' },
  60: { name: 'REASSIGNMENT_IN_PROGRESS', class: 'CONFLICT' },
  69: { name: 'GROUP_ID_NOT_FOUND', class: 'NOT_FOUND' },
  73: { name: 'TOPIC_DELETION_DISABLED', class: 'UNSUPPORTED' },
  74: { name: 'FENCED_LEADER_EPOCH', class: 'passing' },
  75: { name: 'UNKNOWN_LEADER_EPOCH', class: 'passing' },
  78: { name: 'OFFSET_NOT_AVAILABLE', class: 'passing' },
  87: { name: 'INVALID_RECORD', class: 'BAD_RECORD' },
  88: { name: 'UNSTABLE_OFFSET_COMMIT', class: 'passing' },
  89: { name: 'THROTTLING_QUOTA_EXCEEDED', class: 'passing' },
  90: { name: 'PRODUCER_FENCED', class: 'CONFLICT' },
  100: { name: 'UNKNOWN_TOPIC_ID', class: 'passing' },
  103: { name: 'INCONSISTENT_TOPIC_ID', class: 'passing' },
  120: { name: 'TRANSACTION_ABORTABLE', class: 'CONFLICT' },
};

/** Codes that callers look for. */
export const brokerErrors = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  operationNotAttempted: 55,
  securityDisabled: 54,
  groupIdNotFound: 69,
  duplicateSequenceNumber: 46,
  unknownTopicId: 100,
  inconsistentTopicId: 103,
} as const;

/** Whether a second attempt, after a pause and with new metadata, may do. */
export function isPassing(code: number): boolean {
  return faults[code]?.class === 'passing';
}

const hints: Readonly<Record<number, string>> = {
  10: "Lower 'properties.batch.size', or raise the topic's max.message.bytes.",
  29: "Give the user of 'properties.sasl.jaas.config' rights on the topic.",
  30: "Give the user rights on the consumer group, or leave 'properties.group.id' out.",
  35: 'Millrace needs Kafka 3.1 or newer.',
  58: "Check 'properties.sasl.mechanism' and the user and password in 'properties.sasl.jaas.config'.",
};

/** A broker's answer as an error. `what` begins the message: `topic t, partition 3`. */
export function brokerError(code: number, what: string, detail: string | null = null): EngineError {
  const fault = faults[code];
  const name = fault?.name ?? `error code ${code}`;
  const kind = fault?.class ?? 'INTERNAL';
  const message = `${what}: the broker answered ${name}${detail === null ? '' : ` (${detail})`}`;
  if (kind === 'passing') return new EngineError('CONNECTION', message, { retryable: true, hint: hints[code] });
  return new EngineError(kind, message, { retryable: false, hint: hints[code] });
}
