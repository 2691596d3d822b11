/** A job spec and its script as one text. */
import { Document, parseDocument } from 'yaml';
import { EngineError } from '../model/errors.ts';

/** The spec with the script written into it, so that it stands for itself. Throws INVALID_OPTION for what is no YAML mapping with a `spec`. */
export function inlineSpec(spec: string, script: string): string {
  const document = parseDocument(spec, { uniqueKeys: true, stringKeys: true });
  if (document.errors.length > 0 || !document.hasIn(['spec', 'sql'])) {
    throw new EngineError('INVALID_OPTION', 'job spec: expected YAML with spec.sql, found other text');
  }
  // A text that ends in a line break is never taken for the name of a file.
  document.setIn(['spec', 'sql'], new Document(script.endsWith('\n') ? script : `${script}\n`).contents);
  return document.toString();
}
