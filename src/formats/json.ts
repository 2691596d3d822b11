/** The JSON format, as Flink's. */
import type { Format } from '../model/format.ts';
import { createJsonDecoder } from './json-decoder.ts';
import { createJsonEncoder } from './json-encoder.ts';
import { jsonOptionSpecs } from './json-options.ts';

export const jsonFormat: Format = {
  name: 'json',
  options: jsonOptionSpecs,
  createDecoder: (ctx) => createJsonDecoder(ctx),
  createEncoder: createJsonEncoder,
};
