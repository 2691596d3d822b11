import type { Pipeline } from '../../src/model/plan.ts';
import type { DataType } from '../../src/model/types.ts';
import { types } from '../../src/model/types.ts';
import { parseScript } from '../../src/sql/parser.ts';
import { MemoryCatalog } from '../../src/sql/session/memory-catalog.ts';
import { type SessionOptions, SqlSession, type StatementResult } from '../../src/sql/session.ts';

const kafkaMetadata: ReadonlyMap<string, DataType> = new Map([
  ['timestamp', types.timestampLtz(3, false)],
  ['partition', types.of('int', false)],
  ['offset', types.of('bigint', false)],
]);

/** A session without anything outside it: catalogs in memory, Kafka's metadata keys, any setting. */
export function testSession(options: Partial<SessionOptions> = {}): SqlSession {
  return new SqlSession({
    catalogFactory: async (name) => new MemoryCatalog(name, 'default'),
    metadataColumns: (connector) => (connector === 'kafka' ? kafkaMetadata : new Map()),
    checkSetting: () => null,
    warn: () => {},
    nonPortableConnectors: new Set(['simulator']),
    ...options,
  });
}

/** Every statement's result. */
export async function runScript(text: string, session = testSession()): Promise<StatementResult[]> {
  const results: StatementResult[] = [];
  for (const statement of parseScript(text)) results.push(await session.execute(statement));
  return results;
}

/** The pipelines of all statements together. */
export async function pipelinesOf(text: string, session = testSession()): Promise<Pipeline[]> {
  const results = await runScript(text, session);
  return results.flatMap((result) => (result.kind === 'pipelines' ? result.pipelines : []));
}
