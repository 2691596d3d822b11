/** One tool of the MCP server, as the table of tools has it. */
import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { deploymentNamePattern } from '../../model/deployment.ts';
import type { McpSession } from './mcp-backend.ts';

export type ToolAnswer = CallToolResult | InputRequiredResult;

/** What a tool may do. `read`: tells; `plan`: writes down what may be confirmed later; `change`: has it done. */
export type ToolKind = 'read' | 'plan' | 'change';

export type McpTool = Readonly<{
  name: string;
  kind: ToolKind;
  title: string;
  description: string;
  input: z.ZodObject;
  run: (input: unknown, session: McpSession, context: ServerContext, tools: McpToolSet) => Promise<ToolAnswer>;
}>;

/** The tools of a session, and why others are not among them. */
export type McpToolSet = Readonly<{
  enabled: readonly McpTool[];
  disabled: readonly Readonly<{ name: string; reason: string }>[];
}>;

/** Typed by its own schema, which the library has checked the input with. */
export function tool<Input extends z.ZodObject>(
  definition: Omit<McpTool, 'input' | 'run'> &
    Readonly<{
      input: Input;
      run: (
        input: z.infer<Input>,
        session: McpSession,
        context: ServerContext,
        tools: McpToolSet,
      ) => Promise<ToolAnswer>;
    }>,
): McpTool {
  return { ...definition, run: (input, ...rest) => definition.run(input as z.infer<Input>, ...rest) };
}

export function told(text: string): ToolAnswer {
  return { content: [{ type: 'text', text }] };
}

export function refused(text: string): ToolAnswer {
  return { content: [{ type: 'text', text }], isError: true };
}

export const nameInput = z.string().regex(deploymentNamePattern);
/** Fields that are not named are refused: nothing is confirmed by an argument that nobody reads. */
export const deploymentInput = z.strictObject({
  job: nameInput.describe('name of the job'),
  environment: nameInput.describe('where it is deployed'),
});
