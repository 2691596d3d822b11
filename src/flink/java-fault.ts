/**
 * What went wrong in Flink, out of a Java stack trace: the classes that only carry others are left out, and what is left is sorted into this
 * engine's errors.
 */
import { EngineError, type ErrorCode } from '../model/errors.ts';
import { plainText } from '../model/plain-text.ts';

type JavaFault = Readonly<{ className: string; message: string }>;

const maxFaults = 4;
const maxTextLength = 1_000;

/** They say that something failed, not what. */
const wrappers =
  /(?:SqlGatewayException|SqlExecutionException|CompletionException|ExecutionException|RestClientException|RestHandlerException|JobException|JobExecutionException|FlinkException|JobSubmissionException|JobInitializationException)$/;

/** The chain of causes, outermost first: lines that begin with a class name, also behind `Caused by:`. */
function faultsOf(trace: string): JavaFault[] {
  const faults: JavaFault[] = [];
  for (const line of trace.split('\n')) {
    const match = /^(?:Caused by: )?((?:[\w$]+\.)+[\w$]*(?:Exception|Error|Throwable|Failure))(?:: ?(.*))?$/.exec(line);
    if (match !== null) faults.push({ className: match[1]!, message: match[2] ?? '' });
    else if (!/^\s|^Caused by:|^<|^End of|^$/.test(line) && faults.length > 0) {
      const last = faults.pop()!;
      faults.push({ ...last, message: `${last.message}\n${line}` });
    }
  }
  return faults;
}

/** A few lines for a person: what the innermost causes say, the deepest last. */
export function faultText(trace: string): string {
  const faults = faultsOf(trace);
  const telling = faults.filter(({ className }) => !wrappers.test(className));
  const shown = (telling.length === 0 ? faults : telling).slice(-maxFaults);
  const lines = shown.map(({ className, message }) => {
    const name = className.slice(className.lastIndexOf('.') + 1);
    return message === '' || message.startsWith(`${className}:`) ? name : `${name}: ${message}`;
  });
  const text = [...new Set(lines)].join('\n');
  return plainText(text === '' ? (trace.split('\n', 1)[0] ?? '') : text, maxTextLength);
}

/** Whether Flink has a job of that id already: 2.3 says so of its application, before of the job. */
export function isDuplicateJob(trace: string): boolean {
  return /Duplicate(?:Job|Application)SubmissionException/.test(trace);
}

const kinds: readonly (readonly [RegExp, ErrorCode])[] = [
  [/SqlParserException|SqlParserEOFException|SqlParseException/, 'SQL_SYNTAX'],
  [/AskTimeoutException|ConnectException|ConnectTimeoutException|RetryException|TimeoutException/, 'CONNECTION'],
  [/NoRouteToHost|UnknownHostException|LeaderRetrievalException|ClosedChannelException/, 'CONNECTION'],
  [/AccessDenied|AuthorizationException|AuthenticationException|Forbidden/, 'PERMISSION'],
  [/[Ss]avepoint|[Cc]heckpoint/, 'CHECKPOINT'],
];

/** The error of an answer that carries a stack trace. `where` begins the message: "statement 3 (line 12)". */
export function errorOfFault(trace: string, where: string, hint?: string): EngineError {
  const text = faultText(trace);
  const said = faultsOf(trace).map(({ className, message }) => `${className}: ${message}`); // without the frames between
  const code = kinds.find(([sign]) => said.some((fault) => sign.test(fault)))?.[1] ?? 'SQL_VALIDATION';
  return new EngineError(code, `${where}: Flink answers: ${text}`, { hint });
}
