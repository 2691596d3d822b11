import { flinkJdbcJars } from './flink-jdbc.ts';
import { icebergRestJars } from './iceberg-rest.ts';
import { kafkaJars } from './kafka.ts';
import { hasJava } from './maven.ts';

/**
 * Before any test: what the testbed fetches, so that no test pays for it and no two fetch at once. Where the jars can't be had, the suites
 * that need them are skipped as where there is no Java, and stderr says why; `MILLRACE_TESTBED=required` makes that a failure.
 */
export async function setup(): Promise<void> {
  if (!hasJava()) return;
  try {
    await kafkaJars();
    await icebergRestJars();
    await flinkJdbcJars();
  } catch (error) {
    if (process.env.MILLRACE_TESTBED === 'required') throw error;
    process.stderr.write(`testbed: its jars can't be fetched: ${(error as Error).message}\n`);
    process.env.MILLRACE_TESTBED = 'absent'; // the workers inherit it
  }
}
