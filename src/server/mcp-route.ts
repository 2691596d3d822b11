/** MCP at `/mcp`. Access (token, Host, Origin, content type) is that of every other path: it has been looked at before a route is. */
import type { Actor } from '../model/change-plan.ts';
import type { Method, Reply, Request, Route } from './router.ts';

/** What answers there (src/deploy/mcp). */
export interface McpDoor {
  handle(
    request: Readonly<{ method: string; url: string; headers: Request['headers']; body: unknown; actor: Actor }>,
  ): Promise<Reply>;
}

const path = '/mcp';
const methods: readonly Method[] = ['POST', 'GET', 'DELETE'];
const nobody: Actor = { name: 'nobody', team: null, roles: [] };

export function mcpRoutes(door: McpDoor): Route[] {
  return methods.map((method) => ({
    method,
    pattern: path,
    handle: ({ headers, body, actor }) => {
      const url = `http://localhost${path}`; // only its path says anything
      return door.handle({ method, url, headers, body, actor: actor ?? nobody });
    },
  }));
}
