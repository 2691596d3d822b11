import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** Tried in a process of its own, as it is used: the addon takes no second thread. */
const loaded = spawnSync(process.execPath, ['-e', "require('@confluentinc/kafka-javascript')"], { stdio: 'ignore' });

let skipped = 0;

/** A suite that needs the optional `@confluentinc/kafka-javascript`. Where it can't be loaded it is skipped, and stderr says so. */
export function describeWithLibrdkafka(name: string, suite: () => void): void {
  const missing = loaded.status !== 0;
  if (missing) {
    if (skipped++ === 0)
      process.on('exit', () => process.stderr.write(`SKIPPED for lack of librdkafka: ${skipped} suites\n`));
    process.stderr.write(`SKIPPED for lack of librdkafka: ${name}\n`);
  }
  describe.skipIf(missing)(name, suite);
}
