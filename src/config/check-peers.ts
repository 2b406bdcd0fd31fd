import { type Family, familyOf } from '../model/address.ts';
import { elementsAt, type Fault, type KeyPath, type Partly, partly, valueAt } from './fault.ts';
import { bgpShape, peerShape } from './schema-bgp.ts';
import { pathAttributes } from './schema-paths.ts';

type Peer = Partly<typeof peerShape>;
type Bgp = Partly<Omit<typeof bgpShape, 'peers'>>;

/** The rules that hold between several keys of a peer, and between two peers. */
export function checkPeers(raw: unknown): Fault[] {
  const { peers: _, ...shape } = bgpShape;
  const bgp = partly(shape, valueAt(raw, ['bgp']));
  const peers = elementsAt(raw, ['bgp', 'peers']).map((path) => ({
    path,
    peer: partly(peerShape, valueAt(raw, path)),
  }));
  return [
    ...peers.flatMap(({ path, peer }) => RULES.flatMap((rule) => faultOf(rule, path, peer, bgp))),
    ...sameTwice(peers),
    ...loops(
      raw,
      peers.some(({ peer }) => isOwnAs(peer, bgp)),
    ),
  ];
}

/** What may not be together, by the key that is pointed at. */
interface Rule {
  readonly key: KeyPath;
  readonly broken: (peer: Peer, bgp: Bgp) => boolean;
  readonly expected: string | ((peer: Peer) => string);
  readonly found: (peer: Peer) => string;
}

function faultOf({ broken, expected, found, key }: Rule, path: KeyPath, peer: Peer, bgp: Bgp): Fault[] {
  if (!broken(peer, bgp)) return [];
  const words = typeof expected === 'string' ? expected : expected(peer);
  return [{ path: [...path, ...key], expected: words, found: found(peer) }];
}

const isOwnAs = ({ as }: Peer, { localAs }: Bgp): boolean => as !== undefined && as === localAs;

const familyOfPeer = ({ address, gateway }: Peer): Family | undefined =>
  gateway ?? (address === undefined ? undefined : familyOf(address));

const thirdOf = (holdTime = 0): number => Math.floor(holdTime / 3);

const RULES: readonly Rule[] = [
  {
    key: ['keepalive'],
    broken: ({ holdTime, keepalive = 0 }) => holdTime !== undefined && keepalive > thirdOf(holdTime),
    expected: ({ holdTime }) => `at most ${thirdOf(holdTime)}s, a third of the hold time of ${holdTime}s`,
    found: ({ keepalive }) => `${keepalive}s`,
  },
  {
    key: ['multihop'],
    broken: ({ multihop, ttlSecurity }) => multihop !== undefined && ttlSecurity === true,
    expected:
      '`multihop` or `ttlSecurity`: the one lets routers pass packets on, the other drops what they did (RFC 5082)',
    found: () => 'both',
  },
  {
    key: ['multihop'],
    broken: (peer, bgp) => peer.multihop !== undefined && isOwnAs(peer, bgp),
    expected: 'no `multihop` for a peer of our own AS, whose session may pass any number of routers as it is',
    found: ({ multihop }) => `${multihop}`,
  },
  {
    key: ['bfd'],
    broken: ({ bfd, multihop }) => bfd !== undefined && multihop !== undefined,
    expected: '`bfd` or `multihop`: gobgpd speaks BFD over a single hop only (RFC 5881)',
    found: () => 'both',
  },
  {
    key: ['bfd'],
    broken: ({ bfd, gracefulRestart }) => bfd !== undefined && gracefulRestart !== undefined,
    expected:
      '`bfd` or `gracefulRestart`: BFD inside gobgpd ends with it, and some switches then drop the paths that a graceful restart is to keep',
    found: () => 'both',
  },
  {
    key: ['localAddress'],
    broken: (peer) => {
      const family = familyOfPeer(peer);
      return peer.localAddress !== undefined && family !== undefined && familyOf(peer.localAddress) !== family;
    },
    expected: (peer) => `an address of the family of the peer, ${familyOfPeer(peer)}`,
    found: ({ localAddress }) => `${localAddress}`,
  },
  {
    key: ['passive'],
    broken: ({ passive }, { listenPort }) => passive === true && listenPort === -1,
    expected: 'a `bgp.listenPort` other than -1, on which a passive session is accepted',
    found: () => '-1',
  },
  {
    key: ['passive'],
    broken: (peer, { listenAddresses, listenPort }) => {
      const family = familyOfPeer(peer);
      const families = listenAddresses?.map(familyOf) ?? (['ipv4'] as const);
      return peer.passive === true && listenPort !== -1 && family !== undefined && !families.includes(family);
    },
    expected: (peer) =>
      `an address of ${familyOfPeer(peer)} in \`bgp.listenAddresses\`, on which a passive session is accepted`,
    found: () => 'none',
  },
  {
    key: ['attributes', 'localPref'],
    broken: (peer, bgp) =>
      peer.attributes?.localPref !== undefined &&
      !isOwnAs(peer, bgp) &&
      peer.as !== undefined &&
      bgp.localAs !== undefined,
    expected: 'no `localPref` for a peer of another AS, which is never sent one (RFC 4271 section 5.1.5)',
    found: ({ attributes }) => `${attributes?.localPref}`,
  },
  {
    key: ['attributes', 'prepend'],
    broken: (peer, bgp) => (peer.attributes?.prepend ?? 0) > 0 && isOwnAs(peer, bgp),
    expected:
      'no `prepend` for a peer of our own AS, which drops a path with its AS in it as a loop (RFC 4271 section 9.1.2)',
    found: ({ attributes }) => `${attributes?.prepend}`,
  },
];

/** One path goes to all peers, so that what is prepended for all of them would reach those of our own AS as well. */
function loops(raw: unknown, anyOwnAs: boolean): Fault[] {
  const holders: KeyPath[] = [['announcement'], ['announcement', 'services'], ...elementsAt(raw, ['ranges'])];
  const expected =
    '0 beside a peer of our own AS, which drops such a path as a loop; other peers may have `attributes.prepend`';
  return holders.flatMap((holder) => {
    const path = [...holder, 'prepend'];
    const times = pathAttributes.prepend.safeParse(valueAt(raw, path)).data ?? 0;
    return anyOwnAs && times > 0 ? [{ path, expected, found: `${times}` }] : [];
  });
}

/** Two of them may be the same place where each is for some nodes only: which ones these are, only the nodes know. */
function sameTwice(peers: readonly { readonly path: KeyPath; readonly peer: Peer }[]): Fault[] {
  return peers.flatMap(({ path, peer }, index) => {
    const place = nameOf(peer);
    const twin = place && peers.slice(0, index).find((before) => nameOf(before.peer) === place);
    if (!twin || (peer.nodes && twin.peer.nodes)) return [];
    const key = peer.gateway === undefined ? 'address' : 'gateway';
    return [{ path: [...path, key], expected: 'each peer once, or `nodes` for both', found: `${place} again` }];
  });
}

function nameOf({ address, gateway, interface: name }: Peer): string | undefined {
  if (gateway === undefined) return address;
  return name === undefined ? gateway : `${gateway} through ${name}`;
}
