import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalStorage } from '../../src/storage/local-storage.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { storageOf } from '../../src/storage/scheme-storage.ts';
import { joinUri, localPath, resolveUri, schemeOf } from '../../src/storage/uri.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-storage-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const storages = {
  local: () => ({ storage: new LocalStorage(), root: `file://${mkdtempSync(join(directory, 'local-'))}` }),
  memory: () => ({ storage: new MemoryStorage(), root: 'memory:///root' }),
};

describe.each(Object.entries(storages))('the storage contract: %s', (_name, make) => {
  it('gives back what was written, whole and in ranges', async () => {
    const { storage, root } = make();
    await storage.write(`${root}/a/b/c.bin`, bytes('hello'));
    expect(text(await storage.read(`${root}/a/b/c.bin`))).toBe('hello');
    expect(text(await storage.readRange(`${root}/a/b/c.bin`, 1, 3))).toBe('el');
    expect(text(await storage.readRange(`${root}/a/b/c.bin`, 3, 100))).toBe('lo');
    expect(await storage.exists(`${root}/a/b/c.bin`)).toBe(true);
  });

  it('keeps its own copy', async () => {
    const { storage, root } = make();
    const data = bytes('before');
    await storage.write(`${root}/x`, data);
    data.fill(0);
    expect(text(await storage.read(`${root}/x`))).toBe('before');
  });

  it('says NOT_FOUND with the name', async () => {
    const { storage, root } = make();
    await expect(storage.read(`${root}/none`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(storage.read(`${root}/none`)).rejects.toThrow(`${root}/none`);
    expect(await storage.exists(`${root}/none`)).toBe(false);
  });

  it('lists below a folder, sorted, at any depth', async () => {
    const { storage, root } = make();
    for (const name of ['t/b', 't/a/z', 't/a/y', 'tt/no']) await storage.write(`${root}/${name}`, bytes(name));
    expect(await storage.list(`${root}/t`)).toEqual([`${root}/t/a/y`, `${root}/t/a/z`, `${root}/t/b`]);
    expect(await storage.list(`${root}/none`)).toEqual([]);
  });

  it('deletes, also what is not there', async () => {
    const { storage, root } = make();
    await storage.write(`${root}/x`, bytes('x'));
    await storage.delete(`${root}/x`);
    await storage.delete(`${root}/x`);
    expect(await storage.exists(`${root}/x`)).toBe(false);
  });
});

describe('local files', () => {
  it('leave nothing behind when a write fails', async () => {
    const root = mkdtempSync(join(directory, 'fail-'));
    writeFileSync(join(root, 'file'), 'x');
    await expect(new LocalStorage().write(`file://${root}/file/below`, bytes('x'))).rejects.toMatchObject({
      code: 'IO',
    });
    expect(readdirSync(root)).toEqual(['file']);
  });

  it('are found under both forms of a URI', async () => {
    const root = mkdtempSync(join(directory, 'forms-'));
    await new LocalStorage().write(`file:${root}/a`, bytes('a'));
    expect(text(await new LocalStorage().read(`file://${root}/a`))).toBe('a');
  });
});

describe('URIs', () => {
  it.each([
    ['file:///a/b', 'file', '/a/b'],
    ['file:/a/b', 'file', '/a/b'],
    ['file://localhost/a', 'file', '/a'],
    ['/a b/c', 'file', '/a b/c'],
  ])('%s', (uri, scheme, path) => {
    expect(schemeOf(uri)).toBe(scheme);
    expect(localPath(uri)).toBe(path);
  });

  it.each(['file://host/a', 's3://bucket/a', 'relative/a'])('%s is no local file', (uri) => {
    expect(() => localPath(uri)).toThrow(/expected file:\/\/\/absolute\/path/);
  });

  it('are resolved against a working directory', () => {
    expect(resolveUri('lake/x', '/work')).toBe('file:///work/lake/x');
    expect(resolveUri('file:/a/b/', '/work')).toBe('file:///a/b');
    expect(resolveUri('s3://bucket/x/', '/work')).toBe('s3://bucket/x');
    expect(joinUri('file:///a/', 'b', 'c')).toBe('file:///a/b/c');
  });

  it('have a storage by scheme, or an error that names it', () => {
    expect(storageOf('file:///a')).toBeInstanceOf(LocalStorage);
    expect(() => storageOf('s3://bucket/a')).toThrow(/no storage for 's3:'/);
  });
});
