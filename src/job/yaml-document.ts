/**
 * The one door to YAML (1.2, core schema): text to plain JavaScript values, with every fault as an INVALID_OPTION that names line and
 * column. Used for job specs, scenarios and the other files that a person writes.
 */
import { isMap, isNode, isScalar, LineCounter, parseDocument, stringify } from 'yaml';
import { EngineError, type Position } from '../model/errors.ts';

const maxAliases = 64; // more than a person writes; a file built to explode ("billion laughs") is refused

/**
 * The value of a file with one YAML document: mappings as plain objects, null for an empty file. Duplicate keys, a second document,
 * keys that are not scalars and unknown tags are refused. `where` begins each message ("scenario `fleet.yaml`").
 */
export function parseYaml(text: string, where: string): unknown {
  return parseYamlDocument(text, where).value;
}

/** Plain values as a document that a person can edit; texts of several lines as blocks. */
export function printYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, blockQuote: 'literal', aliasDuplicateObjects: false });
}

export type YamlPath = readonly (string | number)[];

export type YamlDocument = Readonly<{
  value: unknown;
  /** Where the value of a path, or of the nearest path above that is there, begins. */
  positionOf(path: YamlPath): Position | undefined;
  /** Where the last key of a path is written; undefined when it is not there. */
  keyPositionOf(path: YamlPath): Position | undefined;
}>;

/** As `parseYaml`, with the place of each value, for those who check further. */
export function parseYamlDocument(text: string, where: string): YamlDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, stringKeys: true, prettyErrors: false });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    const position = positionOf(fault.pos, lineCounter);
    throw notYaml(where, fault.message, position, fault);
  }
  try {
    const value = document.toJS({ maxAliasCount: maxAliases }) as unknown;
    const positionOfPath = (path: YamlPath): Position | undefined => {
      for (let length = path.length; length >= 0; length--) {
        const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return positionOf([node.range[0], node.range[1]], lineCounter);
      }
      return undefined;
    };
    const keyPositionOf = (path: YamlPath): Position | undefined => {
      const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
      const items = isMap(parent) ? parent.items : [];
      const key = items.find((item) => isScalar(item.key) && item.key.value === path.at(-1))?.key;
      return isNode(key) && key.range ? positionOf([key.range[0], key.range[1]], lineCounter) : undefined;
    };
    return { value, positionOf: positionOfPath, keyPositionOf };
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
