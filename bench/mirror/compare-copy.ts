/** Whether a copy is its source, record by record and offset by offset, by a consumer that is not this project's: Kafka's own. */
import { join } from 'node:path';
import { kafkaJars } from '../../test/support/testbed/kafka.ts';
import { runMeasured } from '../support/child-run.ts';
import { type CopyJob, copyName } from './contender.ts';
import { partitions } from './record-kind.ts';

export async function checkCopy(job: CopyJob): Promise<void> {
  const { kind, source, target, directory } = job;
  const program = join(import.meta.dirname, 'CompareTopics.java');
  const topics = [source, kind.topic, target, copyName(job), String(partitions)];
  const flags = ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', `${await kafkaJars()}/*`];
  const { stdout } = await runMeasured({ program: 'java', args: [...flags, program, ...topics], cwd: directory });
  const equal = Number(stdout.trim());
  if (equal !== kind.records)
    throw new Error(`${copyName(job)}: expected ${kind.records} equal records, got ${stdout}`);
}
