/** A language model behind OpenAI's Chat Completions protocol, at any address. Loaded when it is first asked. */
import type { ModelConfiguration } from './model-configuration.ts';

export type ChatMessage = Readonly<{ role: 'system' | 'user' | 'assistant'; content: string }>;
export type Usage = Readonly<{ input: number; output: number }>;

/** What came of one request. `rejected`: the server will never answer this one (key, model, size). */
export type ChatOutcome =
  | Readonly<{ kind: 'ok'; text: string; usage: Usage }>
  | Readonly<{ kind: 'refusal' | 'truncation'; text: string; usage: Usage }>
  | Readonly<{ kind: 'time-out' | 'rate-limited' | 'server-error' | 'connection' | 'rejected'; text: string }>;

export interface ChatModel {
  /** Part of the cache's key. */
  readonly model: string;
  /** Never rejects but by `signal`. */
  complete(
    messages: readonly ChatMessage[],
    schema: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<ChatOutcome>;
}

const mostOutput = 1_000; // tokens: eight steps need some 700

/** Retries of 429, 5xx and lost connections are the client's own, with its back-off. */
export function createOpenAiModel(configuration: ModelConfiguration): ChatModel {
  let loaded: Promise<Client | null> | undefined;
  let formats = true; // until the server says that it knows no response_format
  return {
    model: configuration.model,
    async complete(messages, schema, signal) {
      loaded ??= load(configuration);
      const client = await loaded;
      if (client === null) return { kind: 'rejected', text: "the package 'openai' is not installed beside millrace" };
      const first = await request(client, configuration, messages, formats ? schema : null, signal);
      if (first.kind !== 'rejected' || !formats || !/response_format|json_schema|grammar/i.test(first.text))
        return first;
      formats = false;
      return await request(client, configuration, messages, null, signal);
    },
  };
}

type Library = typeof import('openai');
type Client = Readonly<{ library: Library; client: InstanceType<Library['OpenAI']> }>;

/** null: it is an optional package, and not there. */
async function load({ baseUrl, apiKey, timeoutMs, maxRetries }: ModelConfiguration): Promise<Client | null> {
  const library: Library | null = await import('openai').catch(() => null);
  if (library === null) return null;
  const client = new library.OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none', // servers on this machine want none, the library wants one
    timeout: timeoutMs,
    maxRetries,
    organization: null,
    project: null,
    logLevel: 'off',
  });
  return { library, client };
}

async function request(
  { library, client }: Client,
  { model }: ModelConfiguration,
  messages: readonly ChatMessage[],
  schema: Record<string, unknown> | null,
  signal: AbortSignal | undefined,
): Promise<ChatOutcome> {
  const format = { type: 'json_schema', json_schema: { name: 'intent', strict: true, schema: schema ?? {} } } as const;
  try {
    const answer = await client.chat.completions.create(
      {
        model,
        messages: [...messages],
        temperature: 0,
        max_tokens: mostOutput,
        ...(schema === null ? {} : { response_format: format }),
      },
      signal === undefined ? {} : { signal },
    );
    return outcomeOf(answer);
  } catch (error) {
    if (error instanceof library.APIUserAbortError) throw error;
    return failureOf(error, library);
  }
}

type Completion = Readonly<{
  choices?: readonly Readonly<{
    finish_reason?: string | null;
    message?: Readonly<{ content?: string | null; refusal?: string | null }>;
  }>[];
  usage?: Readonly<{ prompt_tokens?: number; completion_tokens?: number }> | null | undefined;
}>;

/** Servers leave out what the protocol says is there: nothing is taken for granted. */
function outcomeOf(answer: Completion): ChatOutcome {
  const choice = answer.choices?.[0];
  const usage = { input: answer.usage?.prompt_tokens ?? 0, output: answer.usage?.completion_tokens ?? 0 };
  const refusal = choice?.message?.refusal;
  if (typeof refusal === 'string' && refusal !== '') return { kind: 'refusal', text: refusal, usage };
  if (choice?.finish_reason === 'content_filter') return { kind: 'refusal', text: 'content filter', usage };
  const text = choice?.message?.content;
  if (choice?.finish_reason === 'length') return { kind: 'truncation', text: text ?? '', usage };
  return { kind: 'ok', text: typeof text === 'string' ? text : '', usage };
}

function failureOf(error: unknown, library: Library): ChatOutcome {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof library.APIConnectionTimeoutError) return { kind: 'time-out', text };
  if (error instanceof library.APIConnectionError) return { kind: 'connection', text };
  if (!(error instanceof library.APIError)) return { kind: 'server-error', text }; // an answer that is not the protocol's
  if (error.status === 429) return { kind: 'rate-limited', text };
  return { kind: error.status >= 500 ? 'server-error' : 'rejected', text };
}
