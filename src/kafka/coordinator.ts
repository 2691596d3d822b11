import { apis } from './api.ts';
import { brokerError, brokerErrors, isPassing } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';

/** FindCoordinator, version 4. */

const keyTypes = ['group', 'transactional id'] as const;

type KeyType = (typeof keyTypes)[number];

/** Coordinators found so far, of each cluster; all are forgotten at the limit. */
const known = new WeakMap<KafkaCluster, Map<string, number>>();
const mostKnown = 10_000;

/** Asks the coordinator, the one found last or, after any fault, one that is looked up: for attempts that are repeated. */
export async function atCoordinator<T>(
  cluster: KafkaCluster,
  keyType: KeyType,
  key: string,
  ask: (node: number) => Promise<T>,
): Promise<T> {
  const nodes = known.get(cluster) ?? new Map<string, number>();
  known.set(cluster, nodes);
  const id = `${keyType} ${key}`;
  const node = nodes.get(id) ?? (await findCoordinator(cluster, keyType, key));
  nodes.delete(id);
  const answer = await ask(node);
  if (nodes.size >= mostKnown) nodes.clear();
  nodes.set(id, node);
  return answer;
}

/** The broker that keeps a group's positions, or the state of a transactional id. */
async function findCoordinator(cluster: KafkaCluster, keyType: KeyType, key: string): Promise<number> {
  const connection = await cluster.any();
  const r = await connection.request(apis.findCoordinator, (w) => {
    w.int8(keyTypes.indexOf(keyType))
      .array([key], (one) => w.string(one))
      .tags();
  });
  r.int32(); // throttle time
  const [found] = r.array(() => {
    r.string(); // the key
    const node = r.int32();
    r.string(); // host
    r.int32(); // port
    const [code, detail] = [r.int16(), r.nullableString()];
    r.tags();
    if (code !== brokerErrors.none) throw brokerError(code, `${keyType} '${key}'`, isPassing(code) ? null : detail);
    return node;
  });
  await cluster.metadataOnce([]); // its address
  return found ?? -1;
}
