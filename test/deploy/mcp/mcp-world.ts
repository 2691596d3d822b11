import { type CallToolResult, Client, type ClientOptions, InMemoryTransport } from '@modelcontextprotocol/client';
import { localActor } from '../../../src/deploy/catalogue/access.ts';
import type { McpBackend } from '../../../src/deploy/mcp/mcp-backend.ts';
import { serveMcpStdio } from '../../../src/deploy/mcp/mcp-stdio.ts';
import type { Actor } from '../../../src/model/change-plan.ts';
import type { JobStatus } from '../../../src/model/job-status.ts';
import { DeployWorld } from '../deploy-world.ts';

export type Era = 'modern' | 'legacy';

export type Elicited = Readonly<{ message: string; requestedSchema?: unknown }>;
export type ElicitAnswer = Readonly<{
  action: 'accept' | 'decline' | 'cancel';
  content?: Record<string, string | boolean>;
}>;

export type ClientMore = Readonly<{
  era?: Era;
  actor?: Actor;
  readOnly?: boolean;
  /** undefined: the client cannot ask a person. */
  answer?: ((asked: Elicited) => ElicitAnswer) | undefined;
}>;

/** A deploy service with MCP clients of every kind before it. */
export class McpWorld {
  readonly deploy = new DeployWorld();
  readonly asked: Elicited[] = [];
  status: JobStatus | null = null;
  logs: readonly string[] = [];
  readonly #ends: (() => Promise<unknown>)[] = [];

  readonly backend: McpBackend = {
    service: this.deploy.service,
    logs: async () => this.logs,
    status: async () => this.status,
    now: () => this.deploy.clock.now(),
    version: '1.2.3',
  };

  async client({ era = 'modern', actor = localActor, readOnly = false, answer }: ClientMore = {}): Promise<Client> {
    const [mine, theirs] = InMemoryTransport.createLinkedPair();
    const connection = serveMcpStdio(
      { backend: this.backend, actor, readOnly },
      { transport: theirs as never, warn: () => {} },
    );
    const client = new Client({ name: 'test', version: '1' }, optionsOf(era, answer !== undefined));
    if (answer !== undefined) {
      client.setRequestHandler('elicitation/create', async ({ params }) => {
        const asked = params as unknown as Elicited;
        this.asked.push(asked);
        return answer(asked);
      });
    }
    await client.connect(mine);
    this.#ends.push(() => client.close(), connection.close);
    return client;
  }

  async end(): Promise<void> {
    for (const end of this.#ends) await end();
    this.deploy.service.close();
    this.deploy.end();
  }
}

export function optionsOf(era: Era, canAsk: boolean): ClientOptions {
  return {
    capabilities: canAsk ? { elicitation: { form: {} } } : {},
    versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' },
  };
}

export type Told = Readonly<{ text: string; isError: boolean; data: () => never }>;

export async function call(client: Client, name: string, given: Record<string, unknown> = {}): Promise<Told> {
  const result = (await client.callTool({ name, arguments: given })) as CallToolResult;
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  return { text, isError: result.isError === true, data: () => dataIn(text) as never };
}

/** What stands between the two lines of the boundary. */
function dataIn(text: string): unknown {
  const [, mark] = /^(---- data [0-9a-f]{24} ----)$/m.exec(text)!;
  const [, json, after] =
    text.split(`${mark}\n`)[1] === undefined ? [] : [null, text.split(`\n${mark}`)[1]?.slice(1), text.split(mark!)];
  if (after?.length !== 3) throw new Error(`expected one quotation, got ${text}`);
  return JSON.parse(json!);
}
