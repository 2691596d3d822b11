/** The simulator's records named and counted for the audit. */
import { AuditedProducer } from '../audit/audited-producer.ts';
import type { Clock } from '../engine/clock.ts';
import type { AuditedSender } from '../simulator/kafka-outlet.ts';

export function auditedSender(clock: Clock): AuditedSender {
  return async (topic, properties, producer) => {
    const audited = await AuditedProducer.open({ properties, producer, clock });
    return {
      open: () => audited.open(topic),
      send: (partition, key, value, timestamp) => audited.send(topic, { partition, key, value, timestamp }),
      ready: () => audited.ready(),
      close: () => audited.close(),
    };
  };
}
