import { familyOf, parseAddress } from '../model/address.ts';
import type { Peer } from '../model/path.ts';

/** What is wrong with a peer, in words that follow its name; undefined for a good one. */
export const peerProblem = (peer: Peer): string | undefined =>
  PROBLEMS.map((problemOf) => problemOf(peer)).find((problem) => problem !== undefined);

/** TCP_MD5SIG_MAXKEYLEN in include/uapi/linux/tcp.h. */
const LONGEST_PASSWORD = 80;

/** The first one that finds something counts. */
const PROBLEMS: readonly ((peer: Peer) => string | undefined)[] = [
  ({ address }) => (parseAddress(address) === address ? undefined : 'expected a canonical address'),
  ({ as }) => unlessWithin(as, 1, 0xff_ff_ff_fe, 'an AS number'),
  ({ port }) => unlessWithin(port, 1, 0xff_ff, 'a port'),
  ({ families }) => (families.length > 0 ? undefined : 'expected at least one family, found none'),
  // gobgpd takes a hold time of 0 for its default of 90 seconds, and accepts 1 and 2, which RFC 4271 section 4.2 forbids.
  ({ holdTimeSeconds }) => unlessWithin(holdTimeSeconds, 3, 0xff_ff, 'a hold time in seconds'),
  ({ holdTimeSeconds, keepaliveSeconds }) =>
    unlessWithin(keepaliveSeconds, 1, Math.floor(holdTimeSeconds / 3), 'a keepalive in seconds'),
  ({ connectRetrySeconds }) => unlessWithin(connectRetrySeconds, 1, 0xff_ff, 'a connect retry in seconds'),
  localAddressProblem,
  ({ password }) =>
    password && unlessWithin(Buffer.byteLength(password()), 1, LONGEST_PASSWORD, 'a password with a length in bytes'),
  ({ multihopTtl, ttlSecurity }) =>
    multihopTtl !== undefined && ttlSecurity ? 'expected TTL security or multihop, found both' : undefined,
  ({ multihopTtl = 2 }) => unlessWithin(multihopTtl, 2, 255, 'a multihop TTL'),
  ({ gracefulRestart }) =>
    // RFC 4724 section 3: 12 bits.
    gracefulRestart && unlessWithin(gracefulRestart.restartTimeSeconds, 1, 0xf_ff, 'a restart time in seconds'),
  ({ bfd }) => bfd && unlessWithin(bfd.intervalMs, 10, 60_000, 'a BFD interval in milliseconds'),
  ({ bfd }) => bfd && unlessWithin(bfd.multiplier, 2, 255, 'a BFD multiplier'),
];

function localAddressProblem({ address, localAddress }: Peer): string | undefined {
  if (localAddress === undefined) return undefined;
  const good = parseAddress(localAddress) === localAddress && familyOf(localAddress) === familyOf(address);
  return good ? undefined : `expected a canonical address of the peer's family as source, found ${localAddress}`;
}

const unlessWithin = (value: number, min: number, max: number, what: string): string | undefined =>
  isWithin(value, min, max) ? undefined : `expected ${what} of ${min}..${max}, found ${value}`;

/** Whether a value is a whole number between two others, both included. */
export const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;
