import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { ipvsTotals, maxFdsIn } from '../../../src/http/metrics/process.ts';
import { ProcessReader } from '../../../src/http/metrics/read-process.ts';

const STATISTICS = `   Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
      1A       FF       10             1000         ABCDEF01

 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
       0        0        0                0                0
`;

test('the totals of IPVS are read as the hexadecimal numbers they are', () => {
  expect(ipvsTotals(STATISTICS)).toStrictEqual({
    connections: 26,
    packetsIn: 255,
    packetsOut: 16,
    bytesIn: 4096,
    bytesOut: 0xab_cd_ef_01,
  });
});

test.each([
  ['nothing', ''],
  ['too few numbers', 'a\nb\n1 2 3 4\n'],
  ['words', 'a\nb\n1 2 3 4 out\n'],
])('of %s there are no totals', (_, text) => {
  expect(ipvsTotals(text)).toBeUndefined();
});

test('the soft limit of file descriptors is read, and of a text without one none', () => {
  expect(maxFdsIn('Max open files            20000                30000                files     \n')).toBe(20_000);
  expect(maxFdsIn('Max open files            unlimited            unlimited            files     \n')).toBeUndefined();
});

test('a process says what it costs', async () => {
  const reader = new ProcessReader();
  const before = await reader.read();
  const end = performance.now() + 20;
  while (performance.now() < end) Array.from({ length: 1000 }, () => ({}));
  const { loopActiveSeconds, openFds, residentMemory, ...after } = await reader.read();
  reader.close();
  expect(after.cpuSeconds).toBeGreaterThan(before.cpuSeconds);
  expect(loopActiveSeconds).toBeGreaterThan(before.loopActiveSeconds + 0.01);
  expect(residentMemory).toBeGreaterThan(10_000_000);
  expect(openFds).toBeGreaterThan(2);
  expect(after.startedAtSeconds * 1000).toBeLessThan(Date.now());
  expect(after.heapUsed).toBeLessThan(after.heapTotal);
});

function litter(): void {
  for (let i = 0; i < 200; i++) Array.from({ length: 20_000 }, () => ({ i }));
}

test('every garbage collection is counted, until the reader is closed', async () => {
  const reader = new ProcessReader();
  const collected = async (): Promise<number> => {
    const { collections } = await reader.read();
    return Object.values(collections).reduce((sum, { counts }) => sum + counts.reduce((all, one) => all + one, 0), 0);
  };
  litter();
  // What is collected is told when there is time for it.
  await vi.waitFor(async () => expect(await collected()).toBeGreaterThan(1), 10_000);
  reader.close();
  const before = await collected();
  litter();
  await setTimeout(100);
  expect(await collected()).toBe(before);
});

test('what the kernel tells of its tables is read, and what it does not tell is left out', async () => {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-proc-'));
  try {
    const empty = new ProcessReader(root);
    expect(await empty.read()).toMatchObject({
      openFds: undefined,
      maxFds: undefined,
      conntrack: undefined,
      ipvs: undefined,
    });
    empty.close();
    await mkdir(join(root, 'sys/net/netfilter'), { recursive: true });
    await mkdir(join(root, 'net'));
    await writeFile(join(root, 'sys/net/netfilter/nf_conntrack_count'), '12\n');
    await writeFile(join(root, 'sys/net/netfilter/nf_conntrack_max'), '262144\n');
    await writeFile(join(root, 'net/ip_vs_stats'), STATISTICS);
    const reader = new ProcessReader(root);
    const { conntrack, ipvs } = await reader.read();
    reader.close();
    expect(conntrack).toStrictEqual({ entries: 12, limit: 262_144 });
    expect(ipvs?.connections).toBe(26);
  } finally {
    await rm(root, { recursive: true });
  }
});
