/** The formats by name. */
import type { Format } from '../model/format.ts';
import { avroFormat } from './avro.ts';
import { avroConfluentFormat, debeziumAvroFormat } from './avro-confluent.ts';
import { canalJsonFormat } from './canal-json.ts';
import { csvFormat } from './csv.ts';
import { debeziumJsonFormat } from './debezium-json.ts';
import { jsonFormat } from './json.ts';
import { maxwellJsonFormat } from './maxwell-json.ts';
import { protobufFormat } from './protobuf.ts';
import { rawFormat } from './raw.ts';

type FormatName =
  | 'json'
  | 'csv'
  | 'raw'
  | 'avro'
  | 'protobuf'
  | 'avro-confluent'
  | 'debezium-avro-confluent'
  | 'debezium-json'
  | 'canal-json'
  | 'maxwell-json';

export const formats: Readonly<Record<FormatName, Format>> = {
  json: jsonFormat,
  csv: csvFormat,
  raw: rawFormat,
  avro: avroFormat,
  protobuf: protobufFormat,
  'avro-confluent': avroConfluentFormat,
  'debezium-avro-confluent': debeziumAvroFormat,
  'debezium-json': debeziumJsonFormat,
  'canal-json': canalJsonFormat,
  'maxwell-json': maxwellJsonFormat,
};
