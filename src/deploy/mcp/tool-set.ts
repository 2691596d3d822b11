/** Which tools a session has. The mode of the server is the ceiling; the caller's roles narrow it. */
import { z } from 'zod';
import { maySomewhere } from '../policy/grant.ts';
import { quoted } from '../quoted-data.ts';
import type { McpSession } from './mcp-backend.ts';
import { type McpTool, type McpToolSet, told, tool } from './tool.ts';

const explainDisabled: McpTool = tool({
  name: 'explain_disabled',
  kind: 'read',
  title: 'What is not offered',
  description: 'Which tools this server has that you are not offered, and why.',
  input: z.strictObject({}),
  run: async (_input, _session, _context, { disabled }) => told(quoted(disabled)),
});

export function toolSet(tools: readonly McpTool[], session: McpSession): McpToolSet {
  const judged = tools.map((each) => ({ each, reason: whyNot(each, session) }));
  return {
    enabled: [...judged.filter(({ reason }) => reason === null).map(({ each }) => each), explainDisabled],
    disabled: judged.flatMap(({ each: { name }, reason }) => (reason === null ? [] : [{ name, reason }])),
  };
}

/** null: it is offered. Whether a certain plan may be made or confirmed is decided where that happens, each time anew. */
function whyNot({ kind }: McpTool, { readOnly, actor }: McpSession): string | null {
  if (kind === 'read') return null;
  if (readOnly) return 'This server is read-only.';
  if (kind === 'plan' && !maySomewhere(actor, 'plan')) return `${actor.name} has no role that may plan changes.`;
  if (kind === 'change' && !maySomewhere(actor, 'confirm')) return `${actor.name} has no role that may confirm a plan.`;
  return null;
}
