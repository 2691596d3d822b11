import { auditedSender } from '../../src/commands/audited-sender.ts';
import { type Clock, systemClock } from '../../src/engine/clock.ts';
import { kafkaOutlet } from '../../src/simulator/kafka-outlet.ts';
import { Publisher, type Totals } from '../../src/simulator/publisher.ts';
import { parseScenario } from '../../src/simulator/scenario.ts';
import { anHourAgo } from '../support/audit-tiers.ts';

/** Simulated traffic of a data centre into a topic: named and counted records, of an hour ago, so that their buckets are over. */

const started = systemClock.now();

const clock: Clock = {
  ...systemClock,
  now: () => systemClock.now() - started + anHourAgo,
};

/** A fleet that reports once a second, some of it late or twice, until the signal. */
export async function simulate(
  name: string,
  bootstrap: string,
  topic: string,
  devices: number,
  signal: AbortSignal,
): Promise<Totals> {
  const text = `
apiVersion: millrace/v1
kind: Scenario
metadata: { name: ${name} }
spec:
  scenario: gpu-fleet
  devices: ${devices}
  period: 1 s
  audit: true
  late: { rate: 0.01, min: 1 s, max: 5 s }
  duplicates: { rate: 0.001, max: 1 s }
  target: { kind: kafka, bootstrapServers: "${bootstrap}", topic: ${topic} }
`;
  const scenario = parseScenario(text, name, new Map(), new Map([['host', name]]));
  const shard = { index: 0, count: 1 };
  if (scenario.target.kind !== 'kafka') throw new Error('expected a target in Kafka');
  const outlet = await kafkaOutlet(scenario.target, scenario, shard, clock, auditedSender(clock));
  return new Publisher(scenario, shard, outlet, null, clock).run(signal);
}
