import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { WantedBgp } from '../../src/bgp/speaker.ts';
import { type Address, FAMILIES, type Family, type Prefix } from '../../src/model/address.ts';
import type { Path, Peer } from '../../src/model/path.ts';
import { BirdSwitch } from './bird-switch.ts';
import { FrrSwitch } from './frr-switch.ts';
import { type Host, Lan } from './lan.ts';
import { KernelWatch } from './kernel-watch.ts';
import { LbNode } from './node.ts';
import { PLACES, type Places } from './places.ts';
import { fitting, sees } from './soon.ts';
import type { KernelNextHop, SeenPath, Switch, SwitchConfig, SwitchKind, SwitchSession } from './switch.ts';

/** What a group of rows wants of the rig beside the usual: one switch, one node, one plain eBGP session. */
export interface SetUp {
  readonly nodes?: 1 | 2;
  readonly switches?: 1 | 2;
  readonly switchAs?: number;
  readonly peer?: Partial<Peer>;
  readonly session?: Partial<SwitchSession>;
  /** What the first switch announces. */
  readonly originated?: readonly Prefix[];
  readonly wanted?: Partial<WantedBgp>;
  /** False where the session is not to come up. */
  readonly opens?: boolean;
}

/** As long as gobgpd and FRR hold a change back at most. */
const QUIET_MS = 700;
export const NODE_AS = 64_512;
const SWITCH_AS = 64_500;
export const COMMUNITIES: readonly string[] = ['64512:100', '64512:200'];

/** Two switches and two lb nodes on one network. Sessions and prefixes are of one family. */
export class Rig {
  readonly kind: SwitchKind;
  readonly family: Family;
  readonly places: Places;
  readonly lan: Lan;
  readonly switches: readonly [Switch, Switch];
  readonly nodes: readonly [LbNode, LbNode];
  readonly #hosts: readonly [Host, Host];
  #setUp: SetUp = {};

  private constructor(
    kind: SwitchKind,
    family: Family,
    lan: Lan,
    hosts: readonly [Host, Host],
    switches: Rig['switches'],
    nodes: Rig['nodes'],
  ) {
    this.kind = kind;
    this.family = family;
    this.places = PLACES[family];
    this.lan = lan;
    this.switches = switches;
    this.nodes = nodes;
    this.#hosts = hosts;
  }

  static async create(kind: SwitchKind, family: Family, binary: string): Promise<Rig> {
    const lan = await Lan.create();
    const join = (name: string, of: (places: Places) => readonly Address[]): Promise<Host> =>
      lan.join(
        name,
        FAMILIES.flatMap((one) => of(PLACES[one]).map((address) => `${address}/${PLACES[one].length}`)),
      );
    const [tor1, tor2, lb1, lb2] = await Promise.all([
      join('tor1', ({ switches }) => [switches[0]]),
      join('tor2', ({ switches }) => [switches[1]]),
      join('lb1', ({ nodes, second }) => [nodes[0], second]),
      join('lb2', ({ nodes }) => [nodes[1]]),
    ]);
    await Promise.all(Object.values(PLACES).map((places) => layDetour(places, tor1, lb1, lb2)));
    const start = (host: Host): Promise<Switch> =>
      kind === 'frr' ? FrrSwitch.start(host) : Promise.resolve(new BirdSwitch(host));
    const switches = await Promise.all([start(tor1), start(tor2)]);
    const nodes = [new LbNode('lb1', lb1, binary), new LbNode('lb2', lb2, binary)] as const;
    return new Rig(kind, family, lan, [tor1, tor2], switches, nodes);
  }

  get switch(): Switch {
    return this.switches[0];
  }

  /** Where the first switch runs. */
  get switchHost(): Host {
    return this.#hosts[0];
  }

  get node(): LbNode {
    return this.nodes[0];
  }

  /** The address that the session of a node comes from. */
  neighbor(index: 0 | 1 = 0): Address {
    const { neighbor } = this.#setUp.session ?? {};
    return index === 0 && neighbor !== undefined ? neighbor : this.places.nodes[index];
  }

  /** The path of the range, as the nodes announce it where a row wants nothing else. */
  path(part: Partial<Path> = {}, index: 0 | 1 = 0): Path {
    const nextHop = this.family === 'ipv6' ? { nextHop: this.places.nodes[index] } : {};
    return { prefix: this.places.range, communities: COMMUNITIES, med: 50, ...nextHop, ...part };
  }

  peer(part: Partial<Peer> = {}): Peer {
    return {
      address: this.places.switches[0],
      as: this.#setUp.switchAs ?? SWITCH_AS,
      port: 179,
      families: [this.family],
      holdTimeSeconds: 9,
      keepaliveSeconds: 3,
      connectRetrySeconds: 5,
      passive: false,
      ttlSecurity: false,
      ...this.#setUp.peer,
      ...part,
    };
  }

  /** What a node wants in this set-up, but for a part of it. */
  wanted(part: Partial<WantedBgp> = {}, index: 0 | 1 = 0): WantedBgp {
    const { far, hosts, nodes, otherRange, range, second, switches } = this.places;
    const peers = switches
      .slice(0, this.#setUp.switches ?? 1)
      .map((address) => this.peer({ address, ...this.#setUp.peer }));
    return {
      localAs: NODE_AS,
      routerId: PLACES.ipv4.nodes[index],
      listenAddresses: index === 0 ? [nodes[0], second, far.node] : [nodes[1]],
      listenPort: 179,
      ranges: [range, otherRange],
      hosts: [hosts],
      accept: [],
      pending: [],
      peers,
      paths: [this.path({}, index)],
      ...this.#setUp.wanted,
      ...part,
    };
  }

  /** Wants something of the first node beside what the set-up wants. */
  async want(part: Partial<WantedBgp> = {}): Promise<void> {
    await this.node.want(this.wanted(part));
  }

  /** Another set-up: the switches are told, the nodes get a new gobgpd each, and the path of each has to arrive. */
  async setUp(setUp: SetUp): Promise<void> {
    this.#setUp = setUp;
    await Promise.all(this.nodes.map((node) => node.stop()));
    await Promise.all(this.switches.map((one, index) => one.configure(this.switchConfig(index))));
    await Promise.all(
      this.usedNodes.map(async (node, index) => {
        await node.renew();
        await node.want(this.wanted({}, index === 0 ? 0 : 1));
      }),
    );
    if (setUp.opens !== false) await this.whole();
  }

  /** Back to what the set-up wants. */
  async reset(): Promise<void> {
    await Promise.all(this.usedNodes.map((node, index) => node.want(this.wanted({}, index === 0 ? 0 : 1))));
    if (this.#setUp.opens !== false) await this.whole();
  }

  get usedNodes(): readonly LbNode[] {
    return this.nodes.slice(0, this.#setUp.nodes ?? 1);
  }

  /** Waits until every session is up and the range has arrived at every switch from every node. */
  async whole(): Promise<void> {
    const neighbors = this.usedNodes.map((_, index) => this.neighbor(index === 0 ? 0 : 1)).toSorted();
    for (const one of this.switches.slice(0, this.#setUp.switches ?? 1)) {
      const from = async (): Promise<Address[]> =>
        (await one.paths(this.places.range)).map((path) => path.from).toSorted();
      await sees('the nodes that the switch has the range from', from, neighbors);
    }
  }

  /** The switch's side. @param index of the switch */
  switchConfig(index: number, part: Partial<SwitchSession> = {}): SwitchConfig {
    const { originated = [], session, switchAs = SWITCH_AS, switches = 1 } = this.#setUp;
    const sessions = this.usedNodes.map((_, node): SwitchSession => ({
      local: this.places.switches[index] ?? '',
      as: NODE_AS,
      families: [this.family],
      ...session,
      ...part,
      neighbor: this.neighbor(node === 0 ? 0 : 1),
    }));
    return {
      routerId: PLACES.ipv4.switches[index] ?? '',
      localAs: switchAs,
      sessions: index < switches ? sessions : [],
      originated: index === 0 ? originated : [],
    };
  }

  /** The path of a prefix that a switch has from the first node; undefined where it has none. */
  async seen(prefix: Prefix = this.places.range, index: 0 | 1 = 0): Promise<SeenPath | undefined> {
    return (await this.switches[index].paths(prefix)).find(({ from }) => from === this.neighbor());
  }

  /** What the first switch's kernel does with a prefix. */
  async kernel(prefix: Prefix = this.places.range): Promise<KernelNextHop[]> {
    const family = prefix.includes(':') ? '-6' : '-4';
    return parseRoutes(await this.switchHost.run('ip', family, '-j', 'route', 'show', prefix));
  }

  /** What a switch has heard in the session of the first node, once it has heard nothing more for a while. */
  async heard(index: 0 | 1 = 0): Promise<{ readonly updates: number; readonly since: string }> {
    for (;;) {
      const before = await this.#counted(index);
      await sleep(QUIET_MS);
      if (isDeepStrictEqual(before, await this.#counted(index))) return before;
    }
  }

  async #counted(index: 0 | 1): Promise<{ readonly updates: number; readonly since: string }> {
    const session = await this.switches[index].session(this.neighbor());
    return { updates: session?.updates ?? 0, since: session?.since ?? '' };
  }

  /** Follows the kernel of the first switch. */
  watchKernel(prefix: Prefix = this.places.range): Promise<KernelWatch> {
    return KernelWatch.start(this.switchHost, prefix);
  }

  /** Waits until the session of the first node is up at both its ends. */
  async established(): Promise<void> {
    await fitting(
      'the session at the switch',
      () => this.switch.session(this.neighbor()),
      (session) => session?.established ?? false,
      'it established',
    );
    await sees('the session at the node', () => this.node.state.peers[0]?.state, 'established');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.nodes, ...this.switches].map((one) => one.stop()));
    await this.lan[Symbol.asyncDispose]();
  }
}

/** Makes the far addresses, with lb2 as the router between them. */
async function layDetour({ far, nodes, switches }: Places, tor: Host, lb1: Host, lb2: Host): Promise<void> {
  const ipv6 = far.node.includes(':');
  const single = ipv6 ? 128 : 32;
  const forward = ipv6 ? 'ipv6/conf/all/forwarding' : 'ipv4/ip_forward';
  const redirects = ['all', 'eth0'].map((name) => `echo 0 > /proc/sys/net/ipv4/conf/${name}/send_redirects`);
  await lb2.run('sh', '-c', [`echo 1 > /proc/sys/net/${forward}`, ...redirects].join(' && '));
  const ip = (host: Host, ...argv: string[]): Promise<string> => host.run('ip', ipv6 ? '-6' : '-4', ...argv);
  await ip(tor, 'address', 'add', `${far.switch}/${single}`, 'dev', 'lo');
  await ip(lb1, 'address', 'add', `${far.node}/${single}`, 'dev', 'lo');
  await Promise.all([
    ip(tor, 'route', 'add', far.node, 'via', nodes[1], 'src', far.switch),
    ip(lb1, 'route', 'add', far.switch, 'via', nodes[1], 'src', far.node),
    ip(lb2, 'route', 'add', far.node, 'via', nodes[0]),
    ip(lb2, 'route', 'add', far.switch, 'via', switches[0]),
  ]);
}

interface Hop {
  readonly gateway?: Address;
  readonly weight?: number;
}

/** `ip -j route show PREFIX`: several routes of one next hop each, as the kernel may keep IPv6, are one of several. */
function parseRoutes(json: string): KernelNextHop[] {
  const routes = JSON.parse(json === '' ? '[]' : json) as readonly (Hop & { readonly nexthops?: readonly Hop[] })[];
  return routes
    .flatMap((route): readonly Hop[] => route.nexthops ?? [route])
    .map(({ gateway = '', weight = 1 }) => ({ via: gateway, weight }))
    .toSorted((a, b) => (a.via < b.via ? -1 : 1));
}
