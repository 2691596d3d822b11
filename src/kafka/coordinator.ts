import { apis } from './api.ts';
import { brokerError, brokerErrors, isPassing } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';

/** FindCoordinator, version 4. */

const keyTypes = ['group', 'transactional id'] as const;

/** The broker that keeps a group's positions, or the state of a transactional id. */
export async function findCoordinator(
  cluster: KafkaCluster,
  keyType: (typeof keyTypes)[number],
  key: string,
): Promise<number> {
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
