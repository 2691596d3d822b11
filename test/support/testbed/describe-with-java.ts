import { describe } from 'vitest';
import { hasJava } from './maven.ts';

let skipped = 0;

/** A suite against a real service on the JVM. Where there is no Java it is skipped, and stderr says so. */
export function describeWithJava(name: string, suite: () => void): void {
  if (!hasJava()) {
    if (skipped++ === 0)
      process.on('exit', () => process.stderr.write(`SKIPPED for lack of Java: ${skipped} suites\n`));
    process.stderr.write(`SKIPPED for lack of Java: ${name}\n`);
  }
  describe.skipIf(!hasJava())(name, suite);
}
