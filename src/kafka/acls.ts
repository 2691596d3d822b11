import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import type { RequestWriter } from './request-writer.ts';
import type { ResponseReader } from './response-reader.ts';

/**
 * Access rules: DescribeAcls, CreateAcls and DeleteAcls, version 2. The codes are those of org.apache.kafka.common.acl and .resource, by
 * their place; `unknown` is a code of a newer broker.
 */
const resourceTypes = ['unknown', 'any', 'topic', 'group', 'cluster', 'transactional-id', 'delegation-token'] as const;
const patternTypes = ['unknown', 'any', 'match', 'literal', 'prefixed'] as const;
const operations = [
  'unknown',
  'any',
  'all',
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'cluster-action',
  'describe-configs',
  'alter-configs',
  'idempotent-write',
] as const;
const permissions = ['unknown', 'any', 'deny', 'allow'] as const;

export type AclOperation = (typeof operations)[number];

/** A rule: a principal (`User:ada`) from a host (`*`: any) may, or may not, do something to resources. */
export type Acl = Readonly<{
  resourceType: (typeof resourceTypes)[number];
  resourceName: string;
  patternType: (typeof patternTypes)[number];
  principal: string;
  host: string;
  operation: AclOperation;
  permission: (typeof permissions)[number];
}>;

/** Rules that a request means: null and `any` stand for every one. */
export type AclFilter = Readonly<{
  [K in keyof Acl]: K extends 'resourceName' | 'principal' | 'host' ? string | null : Acl[K];
}>;

/** Every rule on topics. */
export const anyTopicAcl: AclFilter = {
  resourceType: 'topic',
  resourceName: null,
  patternType: 'any',
  principal: null,
  host: null,
  operation: 'any',
  permission: 'any',
};

/** The rules that match; null when the brokers have no authorizer, so that there are none and everyone may do everything. */
export async function describeAcls(cluster: KafkaCluster, filter: AclFilter): Promise<Acl[] | null> {
  return cluster.retry(async () => {
    const connection = await cluster.any();
    const r = await connection.request(apis.describeAcls, (w) => void writeRule(w, filter));
    r.int32(); // throttle time
    const [code, detail] = [r.int16(), r.nullableString()];
    if (code === brokerErrors.securityDisabled) return null;
    if (code !== brokerErrors.none) throw brokerError(code, 'reading access rules', detail);
    const resources = r.array(() => {
      const resource = readResource(r);
      const entries = r.array(() => {
        const acl = { ...resource, ...readEntry(r) };
        r.tags();
        return acl;
      });
      r.tags();
      return entries;
    });
    return resources.flat();
  });
}

/** Adds rules; what is there already stays as it is. UNSUPPORTED when the brokers have no authorizer. */
export async function createAcls(cluster: KafkaCluster, acls: readonly Acl[]): Promise<void> {
  if (acls.length === 0) return;
  await cluster.retry(async () => {
    const connection = await cluster.any();
    const r = await connection.request(apis.createAcls, (w) => {
      w.array(acls, (acl) => writeRule(w, acl)).tags();
    });
    r.int32(); // throttle time
    let index = 0;
    r.array(() => {
      const [code, detail] = [r.int16(), r.nullableString()];
      r.tags();
      const acl = acls[index++];
      if (code !== brokerErrors.none) throw brokerError(code, `adding the rule ${acl && aclText(acl)}`, detail);
    });
  });
}

/** Takes away every rule that one of the filters matches, and returns them. */
export async function deleteAcls(cluster: KafkaCluster, filters: readonly AclFilter[]): Promise<Acl[]> {
  if (filters.length === 0) return [];
  return cluster.retry(async () => {
    const connection = await cluster.any();
    const r = await connection.request(apis.deleteAcls, (w) => {
      w.array(filters, (filter) => writeRule(w, filter)).tags();
    });
    r.int32(); // throttle time
    const results = r.array(() => {
      const [code, detail] = [r.int16(), r.nullableString()];
      if (code !== brokerErrors.none) throw brokerError(code, 'deleting access rules', detail);
      const matching = r.array(() => readDeleted(r));
      r.tags();
      return matching;
    });
    return results.flat();
  });
}

/** `allow User:ada from * to read topic 'orders'`. */
export function aclText(acl: Acl): string {
  const { permission, principal, host, operation, resourceType, patternType, resourceName } = acl;
  const pattern = patternType === 'prefixed' ? `${resourceType}s that begin with` : resourceType;
  return `${permission} ${principal} from ${host} to ${operation} ${pattern} '${resourceName}'`;
}

function readDeleted(r: ResponseReader): Acl {
  const [code, detail] = [r.int16(), r.nullableString()];
  const acl = { ...readResource(r), ...readEntry(r) };
  r.tags();
  if (code !== brokerErrors.none) throw brokerError(code, `deleting the rule ${aclText(acl)}`, detail);
  return acl;
}

function readResource(r: ResponseReader): Pick<Acl, 'resourceType' | 'resourceName' | 'patternType'> {
  const resourceType = named(resourceTypes, r.int8());
  const resourceName = r.string();
  return { resourceType, resourceName, patternType: named(patternTypes, r.int8()) };
}

function readEntry(r: ResponseReader): Pick<Acl, 'principal' | 'host' | 'operation' | 'permission'> {
  const [principal, host] = [r.string(), r.string()];
  return { principal, host, operation: named(operations, r.int8()), permission: named(permissions, r.int8()) };
}

/** The fields of a rule and of a filter are the same, in the same order. */
function writeRule(w: RequestWriter, rule: Acl | AclFilter): RequestWriter {
  w.int8(resourceTypes.indexOf(rule.resourceType)).string(rule.resourceName);
  w.int8(patternTypes.indexOf(rule.patternType)).string(rule.principal).string(rule.host);
  return w.int8(operations.indexOf(rule.operation)).int8(permissions.indexOf(rule.permission)).tags();
}

function named<T extends string>(names: readonly T[], code: number): T {
  return names[code] ?? names[0]!;
}
