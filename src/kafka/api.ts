/**
 * The requests that we speak and in which version, as the Kafka protocol guide names them. One version each, known to every broker from
 * 3.1 (fetches by topic id, KIP-516) on; what the broker knows is checked once a connection (cluster.ts).
 */
export type Api = Readonly<{
  name: string;
  key: number;
  version: number;
  /** Request header 2 and response header 1: with tagged fields. */
  flexible: boolean;
}>;

const api = (name: string, key: number, version: number, flexible = true): Api => ({ name, key, version, flexible });

export const apis = {
  produce: api('Produce', 0, 9),
  fetch: api('Fetch', 1, 13),
  listOffsets: api('ListOffsets', 2, 7),
  metadata: api('Metadata', 3, 12),
  offsetCommit: api('OffsetCommit', 8, 8),
  offsetFetch: api('OffsetFetch', 9, 8),
  findCoordinator: api('FindCoordinator', 10, 4),
  describeGroups: api('DescribeGroups', 15, 5),
  listGroups: api('ListGroups', 16, 4),
  saslHandshake: api('SaslHandshake', 17, 1, false),
  apiVersions: api('ApiVersions', 18, 3),
  createTopics: api('CreateTopics', 19, 7),
  deleteTopics: api('DeleteTopics', 20, 6),
  deleteRecords: api('DeleteRecords', 21, 2),
  initProducerId: api('InitProducerId', 22, 4),
  offsetForLeaderEpoch: api('OffsetForLeaderEpoch', 23, 4),
  addPartitionsToTxn: api('AddPartitionsToTxn', 24, 3),
  addOffsetsToTxn: api('AddOffsetsToTxn', 25, 3),
  endTxn: api('EndTxn', 26, 3),
  txnOffsetCommit: api('TxnOffsetCommit', 28, 3),
  describeAcls: api('DescribeAcls', 29, 2),
  createAcls: api('CreateAcls', 30, 2),
  deleteAcls: api('DeleteAcls', 31, 2),
  describeConfigs: api('DescribeConfigs', 32, 4),
  saslAuthenticate: api('SaslAuthenticate', 36, 2),
  createPartitions: api('CreatePartitions', 37, 3),
  incrementalAlterConfigs: api('IncrementalAlterConfigs', 44, 1),
  /** Groups of the protocol of KIP-848. Brokers that do not list it have none. */
  consumerGroupDescribe: api('ConsumerGroupDescribe', 69, 0),
} as const;
