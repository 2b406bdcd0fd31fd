import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NodePeers } from '../../../src/agent/node-peers.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { DefaultRoute } from '../../../src/dataplane/netlink/default-routes.ts';

let directory: string;
let opened: NodePeers[];
let lines: Record<string, unknown>[];
/** What the node and the cluster say. */
let routes: readonly DefaultRoute[] | Error;
let labels: Record<string, string> | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-node-peers-'));
  opened = [];
  lines = [];
  routes = [];
  labels = undefined;
});
afterEach(async () => {
  await Promise.all(opened.map((peers) => peers.stop()));
  await rm(directory, { recursive: true });
});

const file = (): string => join(directory, 'run', 'node.json');
const via = (gateway: string): DefaultRoute[] => [
  { family: 'ipv4', metric: 0, hops: [{ interface: 'eth0', gateway }] },
];

const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);

function open(peers: string): NodePeers {
  const text = `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [10.99.66.0/23]
bgp: { localAs: 64512, routerId: 10.22.108.100, peers: [${peers}] }
`;
  const { config, problems } = parseConfig(text, 'lb-1');
  if (config === undefined) throw new Error(JSON.stringify(problems));
  const found = new NodePeers({
    config,
    routes: () => {
      if (routes instanceof Error) throw routes;
      return routes;
    },
    labels: () => labels,
    file: file(),
    log: pino({ base: null, timestamp: false }, { write }),
    lookEveryMs: 10,
  });
  opened.push(found);
  return found;
}

const addresses = ({ resolved }: NodePeers): string[] => resolved.peers.map(({ address }) => address);
const GATEWAY = '{ gateway: ipv4, as: 64500 }';
const OF_RACK = '{ address: 10.22.108.2, as: 64500, nodes: { labels: { rack: a } } }';

describe('what the node knows by itself is known from the start', () => {
  test('of its default routes', () => {
    routes = via('10.22.108.1');
    expect(addresses(open(GATEWAY))).toStrictEqual(['10.22.108.1']);
    expect(lines).toStrictEqual([
      { level: 30, event: 'peers-resolved', peers: ['10.22.108.1'], msg: 'the peers of this node' },
    ]);
  });

  test('and of its passwords', async () => {
    const path = join(directory, 'password');
    await writeFile(path, 'abc');
    const peers = open(`{ address: 10.22.108.1, as: 64500, passwordFile: ${path} }`);
    expect(peers.resolved.peers[0]?.password?.()).toBe('abc');
    expect(JSON.stringify([peers.resolved, lines])).not.toContain('abc');
  });
});

describe('a change is told once', () => {
  test('of a gateway, and the loss of one is none', async () => {
    routes = via('10.22.108.1');
    const peers = open(GATEWAY);
    const before = peers.resolved;
    const onChange = vi.fn<() => void>();
    peers.follow(onChange);
    routes = [];
    peers.look();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(onChange).not.toHaveBeenCalled();
    expect(peers.resolved).toBe(before);
    routes = via('10.22.108.9');
    peers.look();
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledOnce());
    expect(addresses(peers)).toStrictEqual(['10.22.108.9']);
  });

  test('of labels, though nobody says that there is one', async () => {
    const peers = open(OF_RACK);
    expect(peers.resolved.problems).toHaveLength(1);
    const onChange = vi.fn<() => void>();
    peers.follow(onChange);
    labels = { rack: 'a' };
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledOnce());
    expect(peers.resolved).toMatchObject({ peers: [{ address: '10.22.108.2' }], problems: [] });
    labels = undefined;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(peers.labels).toStrictEqual({ rack: 'a' });
    labels = { rack: 'b' };
    await vi.waitFor(() => expect(addresses(peers)).toStrictEqual([]));
    expect(onChange).toHaveBeenCalledTimes(2);
  });
});

test('default routes that cannot be read are a problem, and end no session', async () => {
  routes = via('10.22.108.1');
  const peers = open(GATEWAY);
  peers.follow(() => undefined);
  routes = new Error('netlink: EPERM');
  await vi.waitFor(() => expect(peers.resolved.problems).toStrictEqual(['gateway: netlink: EPERM']));
  expect(addresses(peers)).toStrictEqual(['10.22.108.1']);
  routes = via('10.22.108.1');
  await vi.waitFor(() => expect(peers.resolved.problems).toStrictEqual([]));
});

describe('the next agent', () => {
  test('has the peers that this one had, before anybody answers it', () => {
    routes = via('10.22.108.1');
    labels = { rack: 'a' };
    expect(addresses(open(`${GATEWAY}, ${OF_RACK}`))).toStrictEqual(['10.22.108.1', '10.22.108.2']);
    routes = [];
    labels = undefined;
    expect(addresses(open(`${GATEWAY}, ${OF_RACK}`))).toStrictEqual(['10.22.108.1', '10.22.108.2']);
  });

  test.each(['{', '{"gateways":{"gateway/ipv4":["x"]}}', '[]'])(
    'takes nothing from a file that says %s',
    async (text) => {
      labels = { rack: 'a' };
      open(OF_RACK);
      await writeFile(file(), text);
      labels = undefined;
      expect(addresses(open(OF_RACK))).toStrictEqual([]);
      expect(lines.map(({ event }) => event)).toContain('node-file-refused');
    },
  );

  test('finds no file where there was nothing to be known', async () => {
    open('{ address: 10.22.108.1, as: 64500 }');
    await expect(readFile(file())).rejects.toThrow('ENOENT');
  });

  test('is told by the log where nothing could be kept for it', async () => {
    await writeFile(join(directory, 'run'), '');
    labels = { rack: 'a' };
    expect(addresses(open(OF_RACK))).toStrictEqual(['10.22.108.2']);
    expect(lines.map(({ event }) => event)).toContain('node-not-kept');
  });
});
