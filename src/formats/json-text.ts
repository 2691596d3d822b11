/** JSON values as text, the way Jackson prints a tree: what a STRING column holds of a nested value. */
import { formatDouble } from './java-text.ts';
import { type JsonNode, JsonNumber } from './json-node.ts';

export function jsonText(node: JsonNode): string {
  if (typeof node === 'string') return quoteJson(node);
  if (node === null || typeof node === 'boolean') return String(node);
  if (node instanceof JsonNumber)
    return /[.eE]/.test(node.text) ? formatDouble(Number(node.text)) : integerText(node.text);
  if (Array.isArray(node)) return `[${node.map(jsonText).join(',')}]`;
  return `{${Array.from(node, ([name, value]) => `${quoteJson(name)}:${jsonText(value)}`).join(',')}}`;
}

function integerText(text: string): string {
  return text === '-0' ? '0' : text;
}

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** A JSON string; control characters without a short escape as four upper-case hexadecimal digits, as Jackson writes them. */
export function quoteJson(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
  return `"${text.replace(/["\\\u0000-\u001f]/g, escapeOf)}"`;
}

function escapeOf(character: string): string {
  return shortEscapes.get(character) ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
