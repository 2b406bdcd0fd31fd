import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createManifestSource } from '../../../src/source/manifests.ts';
import type { Source } from '../../../src/source/source.ts';

const log = pino({ level: 'silent' });
let root: string;
let directory: string;
let source: Source;
let changes: number;
let changed: string[][];

const service = (name: string, address: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {clusterIP: ${address}}\n`;
const write = (name: string, text: string) => writeFile(join(directory, name), text);
const names = () => [...source.snapshot().services.keys()].map((key) => key.replace('default/', ''));
const addresses = () => [...source.snapshot().services.values()].flatMap(({ clusterIPs }) => clusterIPs);
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 3000, interval: 5 });
const reasons = () => source.snapshot().skipped.map(({ object, reason }) => `${object} ${reason}`);

function open(options: { rescanMs?: number; debounceMs?: number } = {}): Source {
  return createManifestSource({ directory, node: 'lb-1', log, rescanMs: 60_000, debounceMs: 10, ...options });
}

async function follow(): Promise<void> {
  source.start((services) => {
    changes += 1;
    changed.push([...services]);
  });
  await eventually(() => expect(source.status().synced).toBe(true));
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fairlead-manifests-'));
  directory = join(root, 'manifests');
  await mkdir(directory);
  await write('web.yaml', service('web', '10.99.66.10'));
  changes = 0;
  changed = [];
  source = open();
});

afterEach(async () => {
  await source.stop();
  await rm(root, { recursive: true });
});

describe('files', () => {
  test('are read, changed, added and deleted', async () => {
    await follow();
    expect(names()).toStrictEqual(['web']);
    expect(source.status()).toMatchObject({ kind: 'manifests', problem: undefined, services: 1, slices: 0 });
    await write('web.yaml', service('web', '10.99.66.11'));
    await eventually(() => expect(addresses()).toStrictEqual(['10.99.66.11']));
    await write(
      'dns.json',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'dns' },
        spec: { clusterIP: '10.99.66.53' },
      }),
    );
    await eventually(() => expect(names()).toStrictEqual(['dns', 'web']));
    await unlink(join(directory, 'web.yaml'));
    await eventually(() => expect(names()).toStrictEqual(['dns']));
    expect(changed).toStrictEqual([['default/web'], ['default/web'], ['default/dns'], ['default/web']]);
  });

  test('are found by looking where the kernel reports nothing', async () => {
    source = open({ rescanMs: 20, debounceMs: 0 });
    await symlink(join(root, 'elsewhere.yaml'), join(directory, 'link.yaml'));
    await writeFile(join(root, 'elsewhere.yaml'), service('far', '10.99.66.20'));
    await follow();
    expect(names()).toStrictEqual(['far', 'web']);
    await writeFile(join(root, 'elsewhere.yaml'), service('far', '10.99.66.21'));
    await eventually(() => expect(addresses()).toContain('10.99.66.21'));
    await source.stop();
  });

  test('with other names are passed over', async () => {
    await write('.hidden.yaml', service('hidden', '10.99.66.1'));
    await write('notes.txt', service('notes', '10.99.66.2'));
    await write('web.yaml~', service('backup', '10.99.66.3'));
    await follow();
    expect(names()).toStrictEqual(['web']);
  });

  test('that are touched but not changed make no change', async () => {
    await follow();
    const before = source.snapshot();
    await write('web.yaml', service('web', '10.99.66.10'));
    await write('z.txt', 'another');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(source.snapshot()).toBe(before);
    expect(changes).toBe(1);
  });

  test('that break keep their last good content and name the line; the others go on', async () => {
    await follow();
    await write('web.yaml', `${service('web', '10.99.66.12')}---\nkind: [\n`);
    await write('dns.yaml', service('dns', '10.99.66.53'));
    await eventually(() => expect(names()).toStrictEqual(['dns', 'web']));
    await eventually(() => expect(reasons()).toStrictEqual(['file web.yaml file-invalid']));
    expect(source.snapshot().skipped[0]?.detail).toMatch(/^web\.yaml:[67]:\d+ /);
    expect(addresses()).toStrictEqual(['10.99.66.53', '10.99.66.10']);
    await write('web.yaml', service('web', '10.99.66.13'));
    await eventually(() => expect(addresses()).toContain('10.99.66.13'));
    expect(reasons()).toStrictEqual([]);
  });

  test('that are emptied keep their content', async () => {
    await follow();
    await write('web.yaml', '');
    await eventually(() => expect(reasons()).toStrictEqual(['file web.yaml file-invalid']));
    expect(names()).toStrictEqual(['web']);
  });

  test.each([
    [
      'too large',
      (path: string) => writeFile(path, Buffer.alloc(8 * 1024 * 1024 + 1, '#')),
      'expected at most 8388608 bytes, found 8388609',
    ],
    ['no UTF-8', (path: string) => writeFile(path, Buffer.from([0x61, 0xff, 0xfe])), 'expected UTF-8'],
    ['a directory', (path: string) => mkdir(path), 'expected a regular file'],
    ['a link to nowhere', (path: string) => symlink('nowhere', path), 'ENOENT'],
  ])('that are %s are refused, and the others go on', async (_title, make, detail) => {
    await make(join(directory, 'odd.yaml'));
    await follow();
    expect(names()).toStrictEqual(['web']);
    expect(source.snapshot().skipped).toMatchObject([
      { object: 'file odd.yaml', reason: 'file-invalid', detail: expect.stringContaining(detail) as string },
    ]);
  });

  test('alone and broken from the start are no sync', async () => {
    await write('web.yaml', 'kind: [');
    source.start(() => {
      changes += 1;
    });
    await eventually(() => expect(changes).toBe(1));
    expect(source.status().synced).toBe(false);
    await write('web.yaml', service('web', '10.99.66.10'));
    await eventually(() => expect(source.status().synced).toBe(true));
  });
});

test('a mounted ConfigMap is followed through the swaps of its ..data link', async () => {
  const publish = async (version: string, text: string) => {
    await mkdir(join(directory, `..${version}`));
    await writeFile(join(directory, `..${version}`, 'map.yaml'), text);
    await symlink(`..${version}`, join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  };
  await unlink(join(directory, 'web.yaml'));
  await publish('2026_1', service('map', '10.99.66.1'));
  await symlink('..data/map.yaml', join(directory, 'map.yaml'));
  await follow();
  for (const last of [2, 3, 4]) {
    await publish(`2026_${last}`, service('map', `10.99.66.${last}`));
    await eventually(() => expect(addresses()).toStrictEqual([`10.99.66.${last}`]));
  }
});

describe('the directory', () => {
  test('may vanish and come back: nothing is lost, the problem is named, and changes are seen again', async () => {
    source = open({ rescanMs: 50 });
    await follow();
    const contact = source.status().lastContactAt;
    await rename(directory, join(root, 'away'));
    await eventually(() => expect(source.status().problem).toContain('ENOENT'));
    expect(source.status()).toMatchObject({ synced: true, services: 1 });
    expect(names()).toStrictEqual(['web']);
    expect(source.status().lastContactAt).toBeGreaterThanOrEqual(contact ?? 0);
    await mkdir(directory);
    await write('dns.yaml', service('dns', '10.99.66.53'));
    await eventually(() => expect(names()).toStrictEqual(['dns']));
    expect(source.status().problem).toBeUndefined();
  });

  test('may become empty: nothing is lost, and the problem is named', async () => {
    await follow();
    await unlink(join(directory, 'web.yaml'));
    await eventually(() => expect(source.status().problem).toContain('holds no file'));
    expect(names()).toStrictEqual(['web']);
    expect(changed).toStrictEqual([['default/web'], []]);
  });

  test('may be a link to another release: the watch moves along', async () => {
    await mkdir(join(root, 'release-2'));
    await writeFile(join(root, 'release-2', 'web.yaml'), service('web', '10.99.66.2'));
    await symlink('manifests', join(root, 'current'));
    directory = join(root, 'current');
    source = open({ rescanMs: 1000 });
    await follow();
    await symlink('release-2', join(root, 'next'));
    await rename(join(root, 'next'), join(root, 'current'));
    await eventually(() => expect(addresses()).toStrictEqual(['10.99.66.2']));
    // Sooner than the next look: it is the kernel that reports this one.
    await write('web.yaml', service('web', '10.99.66.3'));
    await vi.waitFor(() => expect(addresses()).toStrictEqual(['10.99.66.3']), { timeout: 500, interval: 5 });
  });

  test('that is not there at the start is no sync, and is found once it is', async () => {
    source = open({ rescanMs: 20 });
    await rename(directory, join(root, 'away'));
    source.start(() => {});
    await eventually(() => expect(source.status().problem).toContain('ENOENT'));
    expect(source.status()).toMatchObject({ synced: false, lastContactAt: undefined });
    await rename(join(root, 'away'), directory);
    await eventually(() => expect(source.status().synced).toBe(true));
  });
});

test('stops at once, while it waits for the next look', async () => {
  await follow();
  const startedAt = Date.now();
  await source.stop();
  expect(Date.now() - startedAt).toBeLessThan(10_000);
  await write('web.yaml', service('web', '10.99.66.99'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(addresses()).toStrictEqual(['10.99.66.10']);
});
