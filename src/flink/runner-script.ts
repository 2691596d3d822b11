/**
 * A script as the operator's SQL runner reads it. It goes by lines: one that ends with a semicolon ends a statement, `SET 'k' = 'v';` has to be
 * written just so, statement sets end with a line `END;`, and whatever looks like a comment is taken out, in texts as well.
 */
import { EngineError } from '../model/errors.ts';
import { parseScript, type ScriptPart } from '../sql/parser.ts';
import type { FlinkScript } from './flink-script.ts';

/** Throws UNSUPPORTED for what the runner would take for something else. */
export function runnerScript({ name, statements, job }: FlinkScript): string {
  return [...statements, job].map((part) => `${statementText(part, name)};\n`).join('');
}

function statementText(part: ScriptPart, name: string): string {
  if (part.words[0] === 'SET') return settingText(part);
  const text = withoutComments(part.text);
  const misread = misreadText(text);
  if (misread !== null) {
    throw new EngineError(
      'UNSUPPORTED',
      `job ${name}, line ${part.position.line}: the SQL runner takes '${misread}' in a text for its own`,
      {
        position: part.position,
        hint: 'Deploy it through the SQL Gateway.',
      },
    );
  }
  if (part.words[0] !== 'EXECUTE') return text;
  return text.replace(/^EXECUTE\s+STATEMENT\s+SET/i, 'EXECUTE STATEMENT SET').replace(/\s*\bEND$/i, '\nEND');
}

function settingText(part: ScriptPart): string {
  const [statement] = parseScript(part.text);
  if (statement?.kind !== 'set' || statement.key === null || /[\n']/.test(statement.value)) return part.text;
  return `SET '${statement.key}' = '${statement.value}'`;
}

/** Strings and quoted names as wholes, so that only real comments go. */
const pieces = /('(?:[^']|'')*'|`(?:[^`]|``)*`)|--[^\n]*|\/\*[\s\S]*?\*\//g;

function withoutComments(text: string): string {
  return text.replace(pieces, (_, quoted: string | undefined) => quoted ?? ' ');
}

function misreadText(text: string): string | null {
  const quoted = [...text.matchAll(pieces)].map((match) => match[1] ?? '');
  return quoted.map((each) => /--|\/\*|;[ \t]*\n/.exec(each)?.[0] ?? null).find((found) => found !== null) ?? null;
}
