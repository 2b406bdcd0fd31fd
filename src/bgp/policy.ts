import {
  ADDRESS_BITS,
  FAMILIES,
  familyOf,
  hostPrefix,
  type Prefix,
  prefixAddress,
  prefixContains,
  prefixLength,
} from '../model/address.ts';
import { GRACEFUL_SHUTDOWN, type Peer, type PeerAttributes } from '../model/path.ts';
import type { Chain, DefinedSet, Edits, Policies, Statement } from './gobgp.ts';
import { sameSet } from './same-set.ts';
import type { WantedBgp } from './speaker.ts';

/** The names of the policies that stand for the two chains. */
export const POLICY_NAMES = { exports: 'fairlead-export', imports: 'fairlead-import' } as const;

const OWNED = 'fairlead-owned';
const ACCEPTED = 'fairlead-accepted';
/** The paths that are deprioritised, wherever they come from. */
const DEPRIORITISED: DefinedSet = {
  kind: 'community',
  name: 'fairlead-deprioritised',
  members: [`^${GRACEFUL_SHUTDOWN}$`],
};

export const NO_EDITS: Edits = {
  communities: [],
  largeCommunities: [],
  addMed: undefined,
  localPref: undefined,
  prepend: undefined,
  foreign: [],
};

const ANY: Statement = {
  prefixes: undefined,
  neighbors: undefined,
  communities: undefined,
  routeType: 'any',
  edits: NO_EDITS,
  action: 'accept',
};

/** What the policies are made of. */
export type PolicyWish = Pick<WantedBgp, 'accept' | 'hosts' | 'localAs' | 'peers' | 'ranges'>;

/**
 * The policies that let nothing out but our own paths for exactly the ranges, and for single addresses of the prefixes in
 * `hosts`; and nothing of a peer in but what is asked for, exactly (RFC 8212 asks for both to be explicit). The import
 * chain accepts local paths since gobgpd sends what its API is given through it as well. What came in never goes out again:
 * only local paths do.
 */
export function wantedPolicies(wish: PolicyWish): Policies {
  const owned = prefixSets(OWNED, [...wish.ranges.map(exactly), ...wish.hosts.map(singleAddresses)]);
  const accepted = prefixSets(ACCEPTED, wish.accept.map(exactly));
  const edited = wish.peers.filter(({ onTop }) => onTop !== undefined);
  const neighbors = edited.map(neighborSet);
  const levelled = edited.some(({ onTop }) => onTop?.localPref !== undefined);
  const local = owned.map(({ name }): Statement => ({ ...ANY, prefixes: `in ${name}`, routeType: 'local' }));
  const asked = accepted.map(({ name }): Statement => ({ ...ANY, prefixes: `in ${name}`, routeType: 'any' }));
  return {
    sets: [...owned, ...accepted, ...neighbors, ...(levelled ? [DEPRIORITISED] : [])],
    exports: {
      statements: [...edited.flatMap((peer) => local.flatMap((base) => editing(base, peer, wish.localAs))), ...local],
      otherwise: 'reject',
    },
    imports: { statements: [{ ...ANY, routeType: 'local' }, ...asked], otherwise: 'reject' },
  };
}

const exactly = (prefix: Prefix): string => `${prefix} ${prefixLength(prefix)}..${prefixLength(prefix)}`;

function singleAddresses(prefix: Prefix): string {
  const bits = ADDRESS_BITS[familyOf(prefix)];
  return `${prefix} ${bits}..${bits}`;
}

/** A set of gobgpd holds one family. */
const prefixSets = (name: string, members: readonly string[]): DefinedSet[] =>
  FAMILIES.map((family): DefinedSet => {
    const own = members.filter((member) => familyOf(member) === family);
    return { kind: 'prefix', name: family === 'ipv4' ? name : `${name}-${family}`, members: [...new Set(own)] };
  }).filter((set) => set.members.length > 0);

const neighborSet = ({ address }: Peer): DefinedSet => ({
  kind: 'neighbor',
  name: `fairlead-peer-${address}`,
  members: [hostPrefix(address)],
});

/**
 * The statements for one peer ahead of those for all: its path gets what is on top. A deprioritised path keeps its
 * LOCAL_PREF, which is what takes it out of use inside our own AS.
 */
function editing(base: Statement, peer: Peer, localAs: number): Statement[] {
  if (peer.onTop === undefined) return [];
  const { localPref } = peer.onTop;
  const edits = editsOf(peer.onTop, localAs);
  const statement = { ...base, neighbors: `in ${neighborSet(peer).name}` };
  if (localPref === undefined) return [{ ...statement, edits }];
  return [
    { ...statement, communities: `in ${DEPRIORITISED.name}`, edits },
    { ...statement, edits: { ...edits, localPref } },
  ];
}

const editsOf = ({ communities, largeCommunities, med, prepend }: PeerAttributes, localAs: number): Edits => ({
  ...NO_EDITS,
  communities,
  largeCommunities,
  addMed: med === 0 ? undefined : med,
  prepend: prepend === 0 ? undefined : { as: localAs, times: prepend },
});

/** Whether two policies decide alike and change the same. Sets that nothing of ours refers to are no matter. */
export const samePolicies = (wanted: Policies, held: Policies): boolean =>
  wanted.sets.every((set) => held.sets.some((other) => sameDefinedSet(set, other))) &&
  sameChain(wanted.exports, held.exports) &&
  sameChain(wanted.imports, held.imports);

/** Whether two policies do the same to these paths of ours, and to whatever a peer announces. */
export function actAlike(wanted: Policies, held: Policies, paths: readonly Prefix[]): boolean {
  const others = wanted.sets.filter(({ name }) => !name.startsWith(OWNED));
  return (
    others.every((set) => held.sets.some((other) => sameDefinedSet(set, other))) &&
    sameChain(wanted.imports, held.imports) &&
    wanted.exports.otherwise === held.exports.otherwise &&
    // Through any other statement, something of a peer may have got out.
    held.exports.statements.every(({ routeType }) => routeType === 'local') &&
    paths.every((path) => sameChain(chainFor(path, wanted), chainFor(path, held)))
  );
}

/** What of the export chain a path comes to. */
function chainFor(path: Prefix, { exports, sets }: Policies): Chain {
  const statements = exports.statements.filter(({ prefixes }) => isMeant(path, prefixes, sets));
  return { ...exports, statements: statements.map((statement) => ({ ...statement, prefixes: undefined })) };
}

/** A reference that is not one of ours is taken to mean the path: what it does differs from all that we want. */
function isMeant(path: Prefix, reference: string | undefined, sets: readonly DefinedSet[]): boolean {
  const set = sets.find(({ kind, name }) => kind === 'prefix' && reference === `in ${name}`);
  return set?.members.some((member) => isMember(path, member)) ?? true;
}

/** `10.99.66.0/23 23..23` */
function isMember(path: Prefix, member: string): boolean {
  const [network = '', lengths = ''] = member.split(' ');
  const [least = 0, most = 0] = lengths.split('..').map(Number);
  const length = prefixLength(path);
  return prefixContains(network, prefixAddress(path)) && length >= least && length <= most;
}

const sameDefinedSet = (a: DefinedSet, b: DefinedSet): boolean =>
  a.kind === b.kind && a.name === b.name && sameSet(a.members, b.members);

const sameChain = (a: Chain, b: Chain): boolean =>
  a.otherwise === b.otherwise &&
  a.statements.length === b.statements.length &&
  a.statements.every((statement, index) => sameStatement(statement, b.statements[index]));

const sameStatement = (a: Statement, b: Statement | undefined): boolean =>
  b !== undefined &&
  a.prefixes === b.prefixes &&
  a.neighbors === b.neighbors &&
  a.communities === b.communities &&
  a.routeType === b.routeType &&
  a.action === b.action &&
  sameEdits(a.edits, b.edits);

const sameEdits = (a: Edits, b: Edits): boolean =>
  sameSet(a.communities, b.communities) &&
  sameSet(a.largeCommunities, b.largeCommunities) &&
  a.addMed === b.addMed &&
  a.localPref === b.localPref &&
  a.prepend?.as === b.prepend?.as &&
  a.prepend?.times === b.prepend?.times &&
  sameSet(a.foreign, b.foreign);

/** No policy at all, as a gobgpd has it before the first one: everything goes out and in. */
export const NO_POLICIES: Policies = {
  sets: [],
  exports: { statements: [], otherwise: 'accept' },
  imports: { statements: [], otherwise: 'accept' },
};
