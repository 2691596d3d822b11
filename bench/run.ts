/**
 * `node bench/run.ts [--smoke] [--only stages|job|audit|mirror] [--stage TEXT] [--events fleet|telemetry]`: measures, prints tables, and keeps the raw
 * results of full runs in `bench/results`. `--expose-gc` lets it collect garbage between measurements.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { auditTable, benchAudit } from './audit.bench.ts';
import { benchJob, jobTable } from './job.bench.ts';
import { mirrorTable } from './mirror/mirror-result.ts';
import { benchMirror } from './mirror.bench.ts';
import { benchStages, stagesTable } from './stages.bench.ts';
import { describeMachine, readMachine, root } from './support/machine.ts';
import { isSmoke, usedParameters } from './support/parameter.ts';

const { values: options } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    stage: { type: 'string', default: '' },
    events: { type: 'string', default: 'telemetry' },
  },
});

const machine = readMachine();
console.log(describeMachine(machine));

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

const isWanted = (part: string): boolean => options.only === '' || options.only === part;

if (isWanted('stages')) {
  const result = await benchStages({ stage: options.stage, events: options.events, progress });
  progress('');
  console.log(`\n${stagesTable(result)}`);
  if (options.stage === '') keep(`stages-${options.events}`, result);
}

if (isWanted('audit')) {
  const result = benchAudit(progress);
  progress('');
  console.log(`\n${auditTable(result)}`);
  keep('audit', result);
}

if (isWanted('job')) {
  const result = await benchJob(options.events, progress);
  progress('');
  if (result === null) console.log('\nThe job was not measured: that needs Java, Maven and Linux.');
  else {
    console.log(`\n${jobTable(result)}`);
    keep(`job-${options.events}`, result);
  }
}

if (isWanted('mirror')) {
  const result = await benchMirror(progress);
  progress('');
  if (result === null) console.log('\nThe mirror was not measured: that needs Java, Maven and Linux.');
  else {
    console.log(`\n${mirrorTable(result)}`);
    keep('mirror', result);
  }
}

function keep(name: string, result: object): void {
  if (isSmoke) return;
  const directory = join(root, 'bench', 'results');
  const file = join(directory, `${machine.date.slice(0, 10)}-${name}.json`);
  mkdirSync(directory, { recursive: true });
  const kept = { name, machine, parameters: usedParameters(), loadAfter: readMachine().load, result };
  writeFileSync(file, `${JSON.stringify(kept, null, 1)}\n`);
  console.log(`raw results: ${file.slice(root.length + 1)}`);
}
