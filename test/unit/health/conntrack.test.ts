import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConntrackHeadroom } from '../../../src/health/conntrack.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fairlead-conntrack-'));
  mkdirSync(join(root, 'sys/net/netfilter'), { recursive: true });
  mkdirSync(join(root, 'net/stat'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, text: string): void => writeFileSync(join(root, path), text);

function holds(count: number, max: number, drops?: string): void {
  write('sys/net/netfilter/nf_conntrack_count', `${count}\n`);
  write('sys/net/netfilter/nf_conntrack_max', `${max}\n`);
  if (drops !== undefined) write('net/stat/nf_conntrack', `entries found drop\n${count.toString(16)} 0 ${drops}\n`);
}

test('the files of the kernel are read anew each time, and compared with the last time', () => {
  const headroom = new ConntrackHeadroom(root);
  holds(900, 1000, 'a');
  expect(headroom.look()).toEqual({ ok: true, detail: '900 of 1000 entries' });
  holds(900, 1000, 'f');
  expect(headroom.look()).toEqual({ ok: false, detail: '900 of 1000 entries, 5 packets dropped' });
  expect(headroom.look()).toEqual({ ok: false, detail: '900 of 1000 entries' });
  holds(100, 1000, 'f');
  expect(headroom.look()).toEqual({ ok: true, detail: '100 of 1000 entries' });
});

test('a kernel that tells no statistics is judged by its entries', () => {
  const headroom = new ConntrackHeadroom(root);
  holds(960, 1000);
  expect(headroom.look()).toMatchObject({ ok: false });
});

test('a kernel that tracks nothing says nothing', () => {
  expect(new ConntrackHeadroom(root).look()).toBeUndefined();
});

test('a file that cannot be read breaks the check', () => {
  holds(1, 1000);
  rmSync(join(root, 'sys/net/netfilter/nf_conntrack_count'));
  mkdirSync(join(root, 'sys/net/netfilter/nf_conntrack_count'));
  expect(new ConntrackHeadroom(root).look()).toEqual({ broken: expect.stringContaining('EISDIR') });
});
