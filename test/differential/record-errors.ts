// Writes beside each script of test/golden/errors what a real Flink says of it: node test/differential/record-errors.ts [GATEWAY] [NAME…]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlinkSession } from './flink.ts';

const folder = join(import.meta.dirname, '../golden/errors');
const [gateway = 'http://127.0.0.1:18083', ...only] = process.argv.slice(2);

/** The first thing that Flink refuses; null: it takes the script. What would run is explained first, so that nothing is started. */
async function refusalOf(script: string): Promise<string | null> {
  const session = await FlinkSession.open(gateway);
  try {
    for (const statement of script.split(/;\n/).filter((text) => text.trim() !== '')) {
      const runs = /^\s*(SELECT|INSERT|EXECUTE|UPDATE|DELETE)\b/.test(statement);
      try {
        await session.run(runs ? `EXPLAIN ${statement}` : statement);
      } catch (refusal) {
        if (!runs) return (refusal as Error).message;
        return await session.run(statement).then(
          () => (refusal as Error).message,
          (error: Error) => error.message,
        );
      }
    }
    return null;
  } finally {
    await session.close();
  }
}

const scripts = readdirSync(folder).filter((name) => name.endsWith('.sql'));
for (const name of scripts.filter((each) => only.length === 0 || only.includes(each.replace('.sql', '')))) {
  const refusal = await refusalOf(readFileSync(join(folder, name), 'utf8'));
  writeFileSync(join(folder, name.replace('.sql', '.flink.txt')), `${refusal ?? 'Flink takes it.'}\n`);
}
