import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { expandVariables, parseTopology } from '../../../lab/topology.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const TOPOLOGY = readFileSync(join(CHECKOUT, 'lab/fairlead.clab.yml'), 'utf8');
const SCHEMA = process.env['FAIRLEAD_CLAB_SCHEMA'] ?? join(CHECKOUT, '../shared/data/clab.schema.json');

/** A topology with these nodes and links, as a file. */
const topologyOf = (nodes: object, links: readonly string[][] = []): string =>
  JSON.stringify({ name: 't', topology: { nodes, links: links.map((endpoints) => ({ endpoints })) } });
const debian = { kind: 'linux', image: 'debian:12' };
const parsing = (text: string) => () => parseTopology(text, 't.yml');

describe('the topology of the lab', () => {
  it('is what the lab can realise', () => {
    const { nodes, links, bridges } = parseTopology(expandVariables(TOPOLOGY, {}), 'fairlead.clab.yml');
    expect(nodes.map(({ name }) => name).toSorted()).toEqual(
      ['client', 'fab', 'gobgp1', 'gobgp2', 'gobgp3', 'lb1', 'lb2', 'lb3', 'pod1', 'pod2', 'pod3', 'tor'].toSorted(),
    );
    expect(bridges).toEqual([{ name: 'br0', node: 'fab' }]);
    expect(links).toHaveLength(10);
  });

  it("is valid by containerlab's own schema", ({ skip }) => {
    skip(
      !existsSync(SCHEMA),
      `no copy of containerlab's schema: FAIRLEAD_CLAB_SCHEMA names none, and ${SCHEMA} is not there`,
    );
    const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as { $id?: string; $schema?: string };
    delete schema.$id;
    delete schema.$schema;
    const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
    validate(parse(TOPOLOGY));
    expect(validate.errors).toBeNull();
  });
});

describe('expandVariables', () => {
  it('puts in what is given, and else what the file says', () => {
    const text = 'image: ${TOR_IMAGE:=frr:10}, cmd: ${OTHER}';
    expect(expandVariables(text, {})).toBe('image: frr:10, cmd: ${OTHER}');
    expect(expandVariables(text, { TOR_IMAGE: 'bird' })).toBe('image: bird, cmd: ${OTHER}');
  });
});

describe('parseTopology', () => {
  it('merges defaults, kind, group and node, the nearest winning and lists adding up', () => {
    const text = `{name: t, topology: {
      defaults: {env: {A: d, B: d}, image: debian},
      kinds: {linux: {env: {B: k, C: k}}},
      groups: {g: {kind: linux, env: {C: g}, exec: [one], image: node}},
      nodes: {n: {group: g, env: {D: 1}, exec: ["two 'three four'"]}}}}`;
    expect(parseTopology(text, 't.yml').nodes).toEqual([
      expect.objectContaining({
        image: 'node',
        env: { A: 'd', B: 'k', C: 'g', D: '1' },
        exec: [['one'], ['two', 'three four']],
      }),
    ]);
  });

  it('splits cmd as a shell would', () => {
    const [node] = parseTopology(topologyOf({ n: { ...debian, cmd: `sh -c "a 'b' \\"c\\"; d"` } }), 't').nodes;
    expect(node?.command).toEqual(['sh', '-c', `a 'b' "c"; d`]);
  });

  it.each([
    ['a key it does not know', { n: { ...debian, dns: {} } }, [], /t\.yml: node n: .*"dns".*known: kind, group/],
    ['a kind it does not know', { n: { kind: 'nokia_srlinux', image: 'x' } }, [], /node n kind/],
    ['a group that is not there', { n: { ...debian, group: 'g' } }, [], /node n: there is no group g/],
    ['a node without an image', { n: { kind: 'linux' } }, [], /node n: image is missing/],
    ['a bind without a target', { n: { ...debian, binds: ['x'] } }, [], /node n, binds: expected .*found "x"/],
    ['a bind from outside of its folder', { n: { ...debian, binds: ['/etc:/etc'] } }, [], /node n, binds/],
    ['a bind with options', { n: { ...debian, binds: ['a:/b:ro'] } }, [], /node n, binds/],
    ['an open quote', { n: { ...debian, exec: ["echo 'x"] } }, [], /node n, exec: .*open quote/],
    ['a variable', { n: { ...debian, cmd: 'echo $HOME' } }, [], /node n, cmd: .*without \$/],
    [
      'the host network',
      { n: { ...debian, 'network-mode': 'host' } },
      [],
      /node n network-mode: expected container:NODE/,
    ],
    [
      'a network of nobody',
      { n: { ...debian, 'network-mode': 'container:x' } },
      [],
      /node n, network-mode: there is no node x/,
    ],
    ['a link to nobody', { n: debian }, [['n:eth1', 'x:eth1']], /links: x:eth1: there is no such node/],
    ['a link to no bridge', { n: debian }, [['n:eth1', 'br0|n:eth2']], /links: br0\|n:eth2: there is no such node/],
    [
      'an interface twice',
      { n: debian, m: debian },
      [
        ['n:eth1', 'm:eth1'],
        ['n:eth1', 'm:eth2'],
      ],
      /links: n:eth1 is there twice/,
    ],
    [
      'an interface called up',
      { n: debian, m: debian },
      [['n:up', 'm:eth1']],
      /links: n:up: expected an interface name/,
    ],
    ['a bridge without its node', { br0: { kind: 'bridge' } }, [], /node br0: expected a bridge named BRIDGE\|NODE/],
  ])('refuses %s', (_, nodes, links, message) => {
    expect(parsing(topologyOf(nodes, links))).toThrow(message);
  });

  it('names every problem at once', () => {
    expect(parsing(topologyOf({ a: { kind: 'linux' }, b: { ...debian, binds: ['x'] } }))).toThrow(/node a.*node b/);
  });
});
