/** A diagnosis as a person reads it: the fault, what it rests on, what to do; then what only follows from it. */
import type { DiagnosedCause, Diagnosis } from './diagnose.ts';

const shownEvidence = 4; // of each cause; --output json has all

/** Lines that end in a newline. */
export function diagnosisText({ job, healthy, causes }: Diagnosis): string {
  if (healthy) return `${job}: nothing is wrong\n`;
  const faults = causes.filter(({ role }) => role === 'fault');
  const [first, ...others] = faults;
  const following = causes.filter(({ role }) => role === 'consequence');
  return [
    `${job}: ${first!.cause} (${sureness(first!.confidence)})`,
    ...causeLines(first!),
    ...others.flatMap((cause) => ['', `also: ${cause.cause} (${sureness(cause.confidence)})`, ...causeLines(cause)]),
    ...(following.length === 0
      ? []
      : ['', ...following.map(({ cause, of, text }) => `follows from ${of}: ${cause}. ${text}`)]),
    '',
  ].join('\n');
}

function causeLines({ text, evidence, advice, action }: DiagnosedCause): string[] {
  const rest = evidence.length - shownEvidence;
  return [
    `  ${text}`,
    ...evidence
      .slice(0, shownEvidence)
      .map(({ id, text: said, at }) => `  - ${said} [${id}${at === null ? '' : `, ${new Date(at).toISOString()}`}]`),
    ...(rest > 0 ? [`  - and ${rest} more`] : []),
    `  ${advice}`,
    `  next: ${action.command}`,
  ];
}

function sureness(confidence: number): string {
  if (confidence >= 0.85) return 'nearly certain';
  return confidence >= 0.7 ? 'likely' : 'possible';
}
