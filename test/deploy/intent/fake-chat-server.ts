/** A server of OpenAI's Chat Completions on loopback that answers as it is told, and keeps what it was sent. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer =
  | Readonly<{ content: string; finish?: string }>
  | Readonly<{ refusal: string }>
  | Readonly<{ status: number; body?: unknown; headers?: Record<string, string> }>
  | Readonly<{ raw: string }>
  /** Never answers. */
  | 'silence'
  /** Closes the connection. */
  | 'hang-up';

export type FakeChatServer = Readonly<{
  baseUrl: string;
  /** Bodies of all requests, as they came. */
  bodies: string[];
  headers: Record<string, unknown>[];
  /** The last one goes on for ever. */
  answers: Answer[];
  close(): Promise<void>;
}>;

export async function startFakeChatServer(...answers: Answer[]): Promise<FakeChatServer> {
  const bodies: string[] = [];
  const headers: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    bodies.push(Buffer.concat(parts).toString('utf8'));
    headers.push({ url: request.url, ...request.headers });
    answer(response, answers.length > 1 ? answers.shift()! : answers[0]!);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    bodies,
    headers,
    answers,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(response: ServerResponse, given: Answer): void {
  if (given === 'silence') return;
  if (given === 'hang-up') {
    response.destroy();
    return;
  }
  if ('status' in given) {
    response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
    response.end(JSON.stringify(given.body ?? { error: { message: `status ${given.status}` } }));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('raw' in given ? given.raw : JSON.stringify(completion(given)));
}

function completion(given: Readonly<{ content: string; finish?: string }> | Readonly<{ refusal: string }>): unknown {
  const message =
    'refusal' in given
      ? { role: 'assistant', content: null, refusal: given.refusal }
      : { role: 'assistant', content: given.content, refusal: null };
  const finish = 'finish' in given ? given.finish : 'stop';
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 0,
    model: 'fake',
    choices: [{ index: 0, message, finish_reason: finish, logprobs: null }],
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  };
}
