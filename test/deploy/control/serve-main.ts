// `millrace serve` over a deploy service of the least kind, as a process of its own: tests kill it.
import { Command } from 'commander';
import { world } from '../../../src/cli.ts';
import { serveCommand } from '../../../src/commands/serve.ts';
import { releaseOf } from '../releases.ts';
import { fakeOpen } from './fake-service.ts';

const rows = `CREATE TABLE numbers (n BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '400', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '2400');
CREATE TABLE kept (n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'kept', 'format' = 'json');
INSERT INTO kept SELECT n FROM numbers;
`;

const openDeploy = fakeOpen({ now: Date.now, releases: [releaseOf(), releaseOf({ job: 'rows', script: rows })] });
const deps = world();
const context = {
  ...deps,
  openDeploy,
  exit: (code: number) => {
    process.exitCode = code;
  },
  hide: () => {},
  redact: (text: string) => text,
  say: (text: string) => void deps.stderr.write(`${text}\n`),
};
await new Command('test').addCommand(serveCommand(context)).parseAsync(process.argv);
