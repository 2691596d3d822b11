import { describe, expect, it } from 'vitest';
import { parseYaml, parseYamlDocument } from '../../src/job/yaml-document.ts';
import { isEngineError } from '../../src/model/errors.ts';

describe('a YAML document', () => {
  it('is read as plain values', () => {
    expect(parseYaml('a: 1\nb: [x, "2", true, null]\nc: { d: 1.5 }\n', 'file')).toEqual({
      a: 1,
      b: ['x', '2', true, null],
      c: { d: 1.5 },
    });
  });

  it('is null when there is nothing in it', () => {
    expect(parseYaml('# only talk\n', 'file')).toBeNull();
  });

  it('keeps words that YAML 1.1 took for booleans', () => {
    expect(parseYaml('answer: no\n', 'file')).toEqual({ answer: 'no' });
  });

  const faults = [
    { title: 'a repeated key', text: 'a: 1\nb: 2\na: 3\n', line: 3, column: 1 },
    { title: 'an open quote', text: 'a: 1\nb: "x\n', line: 3, column: 1 },
    { title: 'a tab as indentation', text: 'a:\n\tb: 1\n', line: 2, column: 1 },
    { title: 'a second document', text: 'a: 1\n---\nb: 1\n', line: 2, column: 1 },
    { title: 'an unknown tag', text: 'a: !secret x\n', line: 1, column: 4 },
    { title: 'a key that is a list', text: '[a]: 1\n', line: 1, column: 1 },
  ];
  it.each(faults)('refuses $title and says where', ({ text, line, column }) => {
    expect(() => parseYaml(text, 'scenario `fleet.yaml`')).toThrow(/^scenario `fleet.yaml`, line \d+, column \d+: /);
    try {
      parseYaml(text, 'file');
    } catch (error) {
      expect(isEngineError(error) && error.code).toBe('INVALID_OPTION');
      expect(isEngineError(error) && error.position).toMatchObject({ line, column });
    }
  });

  it('refuses aliases that multiply', () => {
    const levels = Array.from({ length: 6 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`);
    const text = `l0: &l0 [x, x, x, x]\n${levels.join('\n')}\n`;
    expect(() => parseYaml(text, 'file')).toThrow(/expected YAML/);
  });

  it('says where a key is written, whatever its value', () => {
    const document = parseYamlDocument('a: 1\nb:\n  c:\n    d: 2\n', 'file');
    expect(document.keyPositionOf(['b', 'c'])).toMatchObject({ line: 3, column: 3 });
    expect(document.positionOf(['b', 'c'])).toMatchObject({ line: 4, column: 5 });
    expect(document.keyPositionOf(['a'])).toMatchObject({ line: 1, column: 1 });
    expect(document.keyPositionOf(['b', 'x'])).toBeUndefined();
  });
});
