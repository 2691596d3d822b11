import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lz4Compress } from '../../src/kafka/lz4-encoder.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';

const kernel = new RecordKernel();

function crcOf(bytes: Uint8Array): number {
  kernel.load(bytes, 0, bytes.length);
  return kernel.crc32c();
}

function lz4(frame: Uint8Array): Buffer | null {
  kernel.load(frame, 0, frame.length);
  const length = kernel.lz4Frame(0);
  return length === null ? null : Buffer.from(kernel.bytes.subarray(kernel.outputStart, kernel.outputStart + length));
}

function snappy(block: Uint8Array): Buffer | null {
  kernel.load(block, 0, block.length);
  const length = kernel.snappyBlock(0, block.length, 0);
  return length === null ? null : Buffer.from(kernel.bytes.subarray(kernel.outputStart, kernel.outputStart + length));
}

/** Bytes with repetitions near and far, runs, and noise. */
const compressible = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 600 })).map(([byte, n]) => new Uint8Array(n).fill(byte)),
      fc.constant(Buffer.from('{"device":"device-0001","temperature":21.5}')),
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.concat(parts));

describe('CRC-32C', () => {
  it.each([
    // RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms
    ['123456789', Buffer.from('123456789'), 0xe3069283],
    ['32 bytes of zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['32 bytes rising', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['nothing', Buffer.alloc(0), 0],
  ])('of %s', (_, bytes, expected) => {
    expect(crcOf(bytes)).toBe(expected);
  });

  it('of a long input is what its bytes give one after the other', () => {
    const table = Int32Array.from({ length: 256 }, (_, byte) => {
      let c = byte;
      for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
      return c;
    });
    const plain = (bytes: Uint8Array): number =>
      ~bytes.reduce((c, byte) => table[(c ^ byte) & 255]! ^ (c >>> 8), -1) >>> 0;
    const noise = Buffer.alloc(70_000).map((_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 13);
    const folded = 2 * 209 * 16; // shorter ones are not folded
    const lengths = fc.oneof(
      fc.integer({ min: folded - 20, max: folded + 40 }), // at the least that is
      fc.integer({ min: 209 * 16 + 16_384 - 20, max: 209 * 16 + 16_384 + 40 }), // at the end of a block
      fc.nat(60_000),
    );
    fc.assert(
      fc.property(fc.nat(9_000), lengths, (start, length) => {
        const bytes = noise.subarray(start, start + length);
        expect(crcOf(bytes)).toBe(plain(bytes));
      }),
    );
  });
});

describe('LZ4', () => {
  it('gives back what our encoder compressed', () => {
    fc.assert(
      fc.property(compressible, (bytes) => {
        expect(lz4(lz4Compress(bytes))).toEqual(bytes);
      }),
    );
  });

  it('takes several blocks, and output that outgrows its memory', () => {
    const bytes = Buffer.alloc(9 * 1024 * 1024, 'a run of text, ');
    bytes.fill(0x55, 4_000_000, 6_000_000);
    const frame = lz4Compress(bytes);
    expect(frame.length).toBeLessThan(bytes.length / 100);
    expect(lz4(frame)!.equals(bytes)).toBe(true);
  });

  it('keeps blocks that do not compress as they are', () => {
    const noise = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7919 * (i % 251)) % 256));
    expect(lz4(lz4Compress(noise))).toEqual(noise);
  });

  it('refuses every cut of a frame', () => {
    const frame = lz4Compress(Buffer.from('abcabcabcabcabcabcabcabcabcabc, and a tail'));
    for (let length = 0; length < frame.length; length++) expect(lz4(frame.subarray(0, length))).toBeNull();
  });

  it('never strays, whatever the bytes', () => {
    const frame = lz4Compress(Buffer.alloc(500, 'some text that repeats, '));
    fc.assert(
      fc.property(fc.nat(frame.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(frame);
        damaged[at] = byte;
        lz4(damaged);
        expect(lz4(frame)!.length).toBe(500); // the kernel is still well
      }),
    );
  });
});

describe('Snappy', () => {
  it.each([
    // format_description.txt of google/snappy: literals, copies of 1, 2 and 4 bytes of distance, a copy into itself
    ['a literal', '0308616263', 'abc'],
    ['a run: a copy into itself, with 1 byte of distance', '0a00611501', 'aaaaaaaaaa'],
    ['a copy with 2 bytes of distance', '08087879' + '7a' + '120300', 'xyzxyzxy'],
    ['a copy with 4 bytes of distance', '08087879' + '7a' + '1303000000', 'xyzxyzxy'],
    ['too much output', '0208616263', null],
    ['too little output', '0408616263', null],
    ['a literal that is cut', '03086162', null],
    ['a distance of zero', '0a00611500', null],
    ['a distance before the begin', '0a00611502', null],
    ['nothing at all', '', null],
  ])('%s', (_, hex, expected) => {
    expect(snappy(Buffer.from(hex, 'hex'))?.toString() ?? null).toBe(expected);
  });
});
