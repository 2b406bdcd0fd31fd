import { describe, expect, it } from 'vitest';
import { planLab } from '../../../lab/plan.ts';
import { parseTopology } from '../../../lab/topology.ts';

const TOPOLOGY = `
name: t
topology:
  nodes:
    a:
      kind: linux
      image: node:24
      cmd: node /x.mjs
      env: {N: 1}
      binds: ["x.mjs:/x.mjs", "folder:/etc/folder", "folder:/run/folder"]
      sysctls: {net.ipv4.ip_forward: 1}
      exec: ["ip addr add 10.0.0.1/24 dev eth1", "ip route add default via 10.0.0.2", "sysctl -a", "ip link"]
    side: {kind: linux, image: fairlead, network-mode: "container:a"}
    fab: {kind: linux, image: debian}
    "br0|fab": {kind: bridge, network-mode: "container:fab"}
  links:
    - endpoints: ["a:eth1", "br0|fab:a"]
`;

const plan = (nodes?: readonly string[], text = TOPOLOGY) =>
  planLab(parseTopology(text, 't.yml'), { nodes, folder: '/lab', isFolder: (path) => path === '/lab/folder' });

describe('planLab', () => {
  it('makes a namespace for each node with a network of its own, and the links between them', () => {
    expect(plan().network).toEqual([
      'netns add a',
      'netns add fab',
      'link add name br0 netns fab type bridge',
      'link add name eth1 netns a type veth peer name a netns fab',
    ]);
    expect(plan().nodes.map(({ name, namespace }) => [name, namespace])).toEqual([
      ['a', 'a'],
      ['side', 'a'],
      ['fab', 'fab'],
    ]);
  });

  it('gives each node its binds over a /run of its own', () => {
    expect(plan().nodes[0]).toMatchObject({
      fstab: [
        'a /run tmpfs mode=755',
        '/lab/x.mjs /x.mjs none bind',
        '/lab/folder /etc/folder none bind',
        '/lab/folder /run/folder none bind,X-mount.mkdir',
      ],
      folders: ['/etc/folder'],
      files: ['/x.mjs'],
      sysctls: [['/proc/sys/net/ipv4/ip_forward', '1']],
      command: ['node', '/x.mjs'],
      env: { N: '1' },
    });
  });

  it('puts ip commands that follow one another into one process, and keeps the order', () => {
    expect(plan().nodes[0]?.steps).toEqual([
      { ip: ['link set lo up', 'link set eth1 up', 'addr add 10.0.0.1/24 dev eth1', 'route add default via 10.0.0.2'] },
      { argv: ['sysctl', '-a'] },
      { ip: ['link'] },
    ]);
  });

  it('makes bridge ports, and leaves a shared network to the node it belongs to', () => {
    const [, side, fab] = plan().nodes;
    expect(fab?.steps).toEqual([{ ip: ['link set lo up', 'link set br0 up', 'link set a master br0 up'] }]);
    expect(side?.steps).toEqual([]);
  });

  it('lets a link to a node that is left out lead nowhere', () => {
    expect(plan(['a']).network).toEqual(['netns add a', 'link add name eth1 netns a type dummy']);
    expect(plan(['fab']).network).toContain('link add name a netns fab type dummy');
  });

  it.each([
    ['a node that is not there', ['x'], TOPOLOGY, /there is no node x; the topology has a, side, fab/],
    ['a sidecar without its node', ['side'], TOPOLOGY, /node side shares the network of a/],
    [
      'an image without a stand-in',
      undefined,
      TOPOLOGY.replace('node:24', 'busybox'),
      /node a: .*no stand-in for the image busybox/,
    ],
    [
      'a file bound below /run',
      undefined,
      TOPOLOGY.replace('x.mjs:/x.mjs', 'x.mjs:/run/x.mjs'),
      /node a, binds: expected a folder at \/run\/x\.mjs/,
    ],
  ])('refuses %s', (_, nodes, text, message) => {
    expect(() => plan(nodes, text)).toThrow(message);
  });
});
