import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/testbed/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Two cores: more test files at once than that only makes the timing of real brokers worse.
    maxWorkers: 2,
    env: {
      // What Node makes of the sources stays there, for programs that tests start and for threads of jobs within the tests' process: these
      // are ready in a third of the time, and do not each load the WebAssembly that takes types out. That one is a suspect, no more, of a
      // SIGSEGV seen once in test/jobs: others have traced such a crash to it, in threads that come and go.
      NODE_COMPILE_CACHE: join(tmpdir(), 'millrace-test-compile-cache'),
    },
  },
});
