import { describe, expect, it } from 'vitest';
import { keyHash } from '../../src/kafka/murmur2.ts';

describe('the hash of keys', () => {
  it.each([
    // org.apache.kafka.common.utils.UtilsTest.testMurmur2
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is that of the Java client', (text, expected) => {
    expect(keyHash(Buffer.from(text))).toBe(expected & 0x7fffffff);
  });
});
