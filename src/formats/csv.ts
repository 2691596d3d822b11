/** The CSV format, as Flink's. */
import type { Format } from '../model/format.ts';
import { createCsvDecoder } from './csv-decoder.ts';
import { createCsvEncoder } from './csv-encoder.ts';
import { csvOptionSpecs } from './csv-options.ts';

export const csvFormat: Format = {
  name: 'csv',
  options: csvOptionSpecs,
  createDecoder: createCsvDecoder,
  createEncoder: createCsvEncoder,
};
