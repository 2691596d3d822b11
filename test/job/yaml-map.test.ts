import { describe, expect, it } from 'vitest';
import { parseYamlDocument } from '../../src/job/yaml-document.ts';
import { YamlMap } from '../../src/job/yaml-map.ts';

const root = (text: string): YamlMap => new YamlMap(parseYamlDocument(text, 'file `a`'), 'file `a`');

describe('a mapping that is not there', () => {
  it.each([
    [
      'spec: { a: 1 }',
      (map: YamlMap) => map.map('other'),
      'file `a`, line 1: other: expected a mapping, found nothing',
    ],
    ['spec: { a: 1 }', (map: YamlMap) => map.map('spec').map('a'), 'line 1: spec.a: expected a mapping, found 1'],
    ['spec:\n  b: {}', (map: YamlMap) => map.map('spec').map('c'), 'spec.c: expected a mapping, found nothing'],
    ['spec:', (map: YamlMap) => map.map('spec'), 'spec: expected a mapping, found null'],
  ])('%s', (text, read, message) => {
    expect(() => read(root(text))).toThrow(message);
  });
});
