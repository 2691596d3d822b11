/** The formats by name. */
import type { Format } from '../model/format.ts';
import { csvFormat } from './csv.ts';
import { jsonFormat } from './json.ts';
import { rawFormat } from './raw.ts';

export const formats: Readonly<Record<'json' | 'csv' | 'raw', Format>> = {
  json: jsonFormat,
  csv: csvFormat,
  raw: rawFormat,
};
