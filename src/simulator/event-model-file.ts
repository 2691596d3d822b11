/**
 * A model of events as YAML:
 *
 * ```yaml
 * model:
 *   actor: viewer                      # viewer-0001, …
 *   activity: 0.8                      # how unlike they are
 *   pause: { exponential: 5 min }      # between two journeys
 *   fields:
 *     event_id: event-id               # or actor, journey, time, step, anomaly
 *     country: { pick: { VN: 5, US: 3 }, of: actor }
 *     content_id: { zipf: 5000, exponent: 1.1, prefix: content-, of: journey, burst: { every: 10 min, share: 0.3 } }
 *     creator_id: { zipf: 500, prefix: creator-, of: content_id }
 *     watched_ms: { lognormal: [20000, 0.8], digits: 0, steps: [view] }
 *   journeys:
 *     watch:
 *       weight: 95
 *       steps:
 *         view: { wait: { exponential: 20 s }, next: { like: 0.2, view: 0.5 } } # else it ends
 *         like: {} # a wait, or pause, that is not set is 1 s
 *     bot: { weight: 1, anomaly: true, steps: { view: { wait: 100 ms, next: { view: 0.98 } } } }
 * ```
 */
import type { YamlMap } from '../job/yaml-map.ts';
import {
  distributionAt,
  distributionFields,
  distributionOf,
  plainNumber,
  shapeNames,
  timeSpan,
} from './distribution.ts';
import {
  type Burst,
  type EventModel,
  type FieldModel,
  type JourneyModel,
  plainKinds,
  type Scope,
  type StepModel,
  type ValueModel,
} from './event-model.ts';

const namePattern = { pattern: /^[A-Za-z][A-Za-z0-9_-]{0,62}$/, expected: 'a name of letters, digits, _ and -' };
const maxDigits = 6;
const maxZipf = 1_000_000;
const oneSecond = { shape: 'constant', a: 1000, b: 0, min: -Infinity, max: Infinity } as const;

/** Faults are INVALID_OPTION with path and line. */
export function parseEventModel(map: YamlMap): EventModel {
  map.allow(['actor', 'activity', 'pause', 'fields', 'journeys']);
  const fields = fieldsOf(map.map('fields'));
  const journeys = map.map('journeys');
  const names = journeys.keys();
  if (names.length === 0) throw map.fault('journeys', 'at least one journey');
  const model: EventModel = {
    actor: map.string('actor', namePattern),
    activity: numberAt(map, 'activity', 0, 0, 10),
    pause: map.has('pause') ? distributionAt(map, 'pause', timeSpan) : oneSecond,
    fields,
    journeys: names.map((name) => journeyOf(name, journeys.map(name), fields)),
  };
  checkSteps(map.map('fields'), model);
  return model;
}

function fieldsOf(map: YamlMap): FieldModel[] {
  const fields: FieldModel[] = [];
  for (const name of map.keys()) {
    const steps = map.isMap(name) && map.map(name).has('steps') ? map.map(name).list('steps') : null;
    fields.push({ name, value: valueAt(map, name, fields), steps });
  }
  return fields;
}

/** A field says of which steps it is: they have to be there; and each step has a field. */
function checkSteps(map: YamlMap, { fields, journeys }: EventModel): void {
  const known = new Set(journeys.flatMap(({ steps }) => steps.map(({ name }) => name)));
  for (const { name, steps } of fields) {
    const strange = steps?.find((step) => !known.has(step));
    if (strange !== undefined) throw map.map(name).fault('steps', `steps of journeys (${[...known].join(', ')})`);
  }
  const all = fields.some(({ steps }) => steps === null);
  if (!all) throw map.fault(fields[0]?.name ?? 'event_time', 'at least one field of all steps');
}

function journeyOf(name: string, map: YamlMap, fields: readonly FieldModel[]): JourneyModel {
  map.allow(['weight', 'anomaly', 'steps', 'fields']);
  const steps = map.map('steps');
  const names = steps.keys();
  if (names.length === 0) throw map.fault('steps', 'at least one step');
  return {
    name,
    weight: numberAt(map, 'weight', 1, 0, 1e9),
    isAnomaly: map.optionalBoolean('anomaly') ?? false,
    steps: names.map((step) => stepOf(step, steps.map(step), names, fields)),
    values: valuesOf(map, fields),
  };
}

function stepOf(name: string, map: YamlMap, names: readonly string[], fields: readonly FieldModel[]): StepModel {
  map.allow(['silent', 'wait', 'next', 'fields']);
  const next = map.has('next') ? map.map('next').allow(names) : null;
  let upTo = 0;
  const following = (next?.keys() ?? []).map((step) => {
    upTo += numberAt(next!, step, 0, 0, 1);
    return { step: names.indexOf(step), upTo };
  });
  if (upTo > 1 + 1e-9) throw map.fault('next', 'probabilities that are 1 at the most together');
  return {
    name,
    silent: map.optionalBoolean('silent') ?? false,
    wait: map.has('wait') ? distributionAt(map, 'wait', timeSpan) : oneSecond,
    next: following,
    values: valuesOf(map, fields),
  };
}

/** What a journey or a step has instead of a field's own values. */
function valuesOf(map: YamlMap, fields: readonly FieldModel[]): ReadonlyMap<string, ValueModel> {
  if (!map.has('fields')) return new Map();
  const own = map.map('fields').allow(fields.map(({ name }) => name));
  return new Map(
    own.keys().map((name) => {
      const before = fields.slice(
        0,
        fields.findIndex((field) => field.name === name),
      );
      return [name, valueAt(own, name, before)];
    }),
  );
}

/** `before`: the fields that it can be of. */
function valueAt(map: YamlMap, key: string, before: readonly FieldModel[]): ValueModel {
  if (!map.isMap(key)) return { kind: map.oneOf(key, plainKinds) };
  const value = map.map(key);
  if (value.has('pick')) return pickOf(value, before);
  if (value.has('zipf')) return zipfOf(value, before);
  const [shape] = shapeNames.filter((name) => value.has(name));
  if (shape === undefined)
    throw map.fault(key, `${plainKinds.join(', ')}, or a mapping with pick, zipf or one of ${shapeNames.join(', ')}`);
  return numberOf(value, before);
}

function pickOf(map: YamlMap, before: readonly FieldModel[]): ValueModel {
  map.allow(['pick', 'of', 'steps']);
  const weighted = map.isMap('pick') ? map.map('pick') : null;
  const texts = weighted?.keys() ?? map.list('pick');
  if (texts.length === 0) throw map.fault('pick', 'at least one value');
  const weights = texts.map((text) => (weighted === null ? 1 : numberAt(weighted, text, 0, 0, 1e9)));
  return { kind: 'pick', of: scopeOf(map, before), texts, weights };
}

function zipfOf(map: YamlMap, before: readonly FieldModel[]): ValueModel {
  map.allow(['zipf', 'exponent', 'prefix', 'of', 'steps', 'burst']);
  return {
    kind: 'zipf',
    of: scopeOf(map, before),
    prefix: map.optionalString('prefix') ?? '',
    count: map.optionalInteger('zipf', 1, maxZipf)!,
    exponent: numberAt(map, 'exponent', 1, 0, 10),
    burst: map.has('burst') ? burstOf(map.map('burst')) : null,
  };
}

function burstOf(map: YamlMap): Burst {
  map.allow(['every', 'share']);
  const everyMs = timeSpan.parse(map.optionalScalar('every') ?? '');
  if (everyMs === undefined || everyMs < 1) throw map.fault('every', timeSpan.expected);
  return { everyMs, share: numberAt(map, 'share', 0, 0, 1) };
}

function numberOf(map: YamlMap, before: readonly FieldModel[]): ValueModel {
  map.allow([...distributionFields, 'digits', 'of', 'steps', 'around', 'wave', 'slope']);
  return {
    kind: 'number',
    of: scopeOf(map, before),
    distribution: distributionOf(map, plainNumber),
    digits: map.optionalInteger('digits', 0, maxDigits) ?? 0,
    around: map.has('around') ? distributionAt(map, 'around', plainNumber) : null,
    wave: map.has('wave') ? waveOf(map.map('wave')) : null,
    slope: numberAt(map, 'slope', 0, -1e9, 1e9),
  };
}

function waveOf(map: YamlMap): Readonly<{ amplitude: number; periodMs: number }> {
  map.allow(['amplitude', 'period']);
  const periodMs = timeSpan.parse(map.optionalScalar('period') ?? '');
  if (periodMs === undefined || periodMs < 1) throw map.fault('period', timeSpan.expected);
  return { amplitude: numberAt(map, 'amplitude', 0, -1e9, 1e9), periodMs };
}

function scopeOf(map: YamlMap, before: readonly FieldModel[]): Scope {
  const scope = map.optionalString('of') ?? 'event';
  if (scope === 'event' || scope === 'journey' || scope === 'actor') return scope;
  const index = before.findIndex(({ name }) => name === scope);
  if (index >= 0) return index;
  throw map.fault('of', 'event, journey, actor or a field that stands before it');
}

function numberAt(map: YamlMap, key: string, preset: number, min: number, max: number): number {
  const text = map.optionalScalar(key);
  if (text === undefined) return preset;
  const value = plainNumber.parse(text);
  if (value !== undefined && value >= min && value <= max) return value;
  throw map.fault(key, `a number from ${min} to ${max}`);
}
