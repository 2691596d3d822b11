/** Where the language model is, from the environment. Without `MILLRACE_LLM_MODEL` there is none, whatever keys lie about. */
import { EngineError } from '../../model/errors.ts';
import { parseDuration } from '../../model/options.ts';

export type ModelConfiguration = Readonly<{
  baseUrl: string;
  model: string;
  /** null: a server that wants none. */
  apiKey: string | null;
  /** Of one attempt. */
  timeoutMs: number;
  maxRetries: number;
  /** Of one person in a day (UTC). */
  callsPerDay: number;
  tokensPerDay: number;
}>;

const defaults = {
  baseUrl: 'https://api.openai.com/v1',
  timeoutMs: 20_000,
  maxRetries: 2,
  callsPerDay: 200,
  tokensPerDay: 500_000,
};
const longestTimeoutMs = 120_000;

/** null: not configured. Throws INVALID_OPTION, which names the variable. */
export function modelConfigurationOf(
  variables: Readonly<Record<string, string | undefined>>,
): ModelConfiguration | null {
  const model = variables.MILLRACE_LLM_MODEL?.trim() ?? '';
  if (model === '') return null;
  return {
    baseUrl: urlOf(variables.OPENAI_BASE_URL),
    model,
    apiKey: variables.OPENAI_API_KEY?.trim() || null,
    timeoutMs: timeoutOf(variables.MILLRACE_LLM_TIMEOUT),
    maxRetries: defaults.maxRetries,
    callsPerDay: countOf('MILLRACE_LLM_CALLS_PER_DAY', variables, defaults.callsPerDay),
    tokensPerDay: countOf('MILLRACE_LLM_TOKENS_PER_DAY', variables, defaults.tokensPerDay),
  };
}

function urlOf(text: string | undefined): string {
  const value = text?.trim() || defaults.baseUrl;
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value;
  throw fault('OPENAI_BASE_URL', 'an http or https URL', value);
}

function timeoutOf(text: string | undefined): number {
  if (text === undefined || text.trim() === '') return defaults.timeoutMs;
  const timeoutMs = parseDuration(text);
  if (timeoutMs !== undefined && timeoutMs > 0 && timeoutMs <= longestTimeoutMs) return timeoutMs;
  throw fault('MILLRACE_LLM_TIMEOUT', 'a duration of at the most 2 min', text);
}

function countOf(name: string, variables: Readonly<Record<string, string | undefined>>, standard: number): number {
  const text = variables[name]?.trim() ?? '';
  if (text === '') return standard;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw fault(name, 'a whole number', text);
}

function fault(name: string, expected: string, found: string): EngineError {
  return new EngineError('INVALID_OPTION', `${name}: expected ${expected}, found '${found}'`);
}
