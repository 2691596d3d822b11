/**
 * The one door to YAML (1.2, core schema): text to plain JavaScript values, with every fault as an INVALID_OPTION that names line and
 * column. Used for job specs, scenarios and the other files that a person writes.
 */
import { LineCounter, parseDocument } from 'yaml';
import { EngineError, type Position } from '../model/errors.ts';

const maxAliases = 64; // more than a person writes; a file built to explode ("billion laughs") is refused

/**
 * The value of a file with one YAML document: mappings as plain objects, null for an empty file. Duplicate keys, a second document,
 * keys that are not scalars and unknown tags are refused. `where` begins each message ("scenario `fleet.yaml`").
 */
export function parseYaml(text: string, where: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, stringKeys: true, prettyErrors: false });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    const position = positionOf(fault.pos, lineCounter);
    throw notYaml(where, fault.message, position, fault);
  }
  try {
    return document.toJS({ maxAliasCount: maxAliases }) as unknown;
  } catch (error) {
    throw notYaml(where, error instanceof Error ? error.message : String(error), undefined, error);
  }
}

function positionOf([start, end]: readonly [number, number], lineCounter: LineCounter): Position {
  const { line, col } = lineCounter.linePos(start);
  return { line, column: col, start, end };
}

function notYaml(where: string, found: string, position: Position | undefined, cause: unknown): EngineError {
  const at = position === undefined ? '' : `, line ${position.line}, column ${position.column}`;
  return new EngineError('INVALID_OPTION', `${where}${at}: expected YAML, found a fault: ${found}`, {
    position,
    cause,
    hint: 'Check indentation, quotes and repeated keys at that place.',
  });
}
