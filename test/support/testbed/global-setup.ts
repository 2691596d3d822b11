import { kafkaJars } from './kafka.ts';
import { hasJava } from './maven.ts';

/** Before any test: what the testbed fetches, so that no test pays for it and no two fetch at once. */
export async function setup(): Promise<void> {
  if (hasJava()) await kafkaJars();
}
