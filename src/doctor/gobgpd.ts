import type { Config } from '../config/config.ts';
import type { ApiVersion, Global } from '../bgp/gobgp.ts';
import type { Peer, PeerStatus } from '../model/path.ts';
import { type Address, familyOf } from '../model/address.ts';
import { error, type Finding, isUnknown, ok, type Unknown, warning } from './finding.ts';
import { isAtLeast } from './program.ts';

/** A socket that waits for others. */
export interface Listener {
  readonly protocol: 'tcp' | 'udp';
  /** `0.0.0.0` and `::` for all. */
  readonly address: Address;
  readonly port: number;
  /** The name and number of its process, as `bird, process 12`; undefined where that is not seen from here. */
  readonly owner: { readonly name: string; readonly pid: number } | undefined;
}

/** What gobgpd's API says. */
export interface GobgpdAnswer {
  readonly version: ApiVersion | undefined;
  /** Undefined before an agent has told it who it is. */
  readonly global: Global | undefined;
  readonly peers: readonly PeerStatus[];
}

/** Why gobgpd does not say anything. */
export interface NoAnswer extends Unknown {
  readonly hint: string | undefined;
  /** Whether nobody listens there: then it has no session either. */
  readonly absent: boolean;
}

export interface GobgpdFacts {
  /** What `gobgpd --version` prints of the one in PATH. */
  readonly program: string | Unknown;
  readonly answer: GobgpdAnswer | NoAnswer;
  readonly listeners: readonly Listener[];
  /** Whether somebody listens on the dead man's socket. */
  readonly deadman: boolean;
}

type Bgp = Pick<Config['bgp'], 'gobgp' | 'listenPort' | 'listenAddresses'>;

/** @param peers those of this node, as the configuration has them */
export const gobgpdFindings = (
  bgp: Bgp,
  peers: readonly Peer[],
  facts: GobgpdFacts,
  { agent }: { readonly agent: boolean },
): Finding[] => [
  answerFinding(bgp, facts, agent),
  ...deadmanFindings(facts),
  ...portFindings(bgp, facts),
  ...(peers.some(({ bfd }) => bfd !== undefined) ? [bfdFinding(facts), ...bfdPortFindings(facts)] : []),
];

function answerFinding({ gobgp }: Bgp, { answer, program }: GobgpdFacts, agent: boolean): Finding {
  const version = isUnknown(program) ? undefined : program;
  if (!isUnknown(answer)) {
    const told = answer.global === undefined ? '; no agent has told it anything yet' : '';
    return ok('gobgpd', `answers at ${gobgp}, ${[version, `API ${answer.version}`].filter(Boolean).join(', ')}${told}`);
  }
  const found = `${gobgp}: ${answer.problem}`;
  if (agent) return error('gobgpd', found, answer.hint ?? 'see the log of the gobgpd container');
  if (version === undefined && isUnknown(program))
    return error(
      'gobgpd',
      `${found}; nor is it installed here: ${program.problem}`,
      'run the image, or install gobgpd 4.6 or later',
    );
  return warning(
    'gobgpd',
    `${found}; ${version} is installed`,
    'start `fairlead sidecar` before the agent, as deploy/ does',
  );
}

/** gobgpd runs, but a dead agent would go on announcing. */
function deadmanFindings({ answer, deadman }: GobgpdFacts): Finding[] {
  if (isUnknown(answer)) return [];
  if (deadman) return [ok('dead man', 'the sidecar listens for the agent')];
  return [
    warning(
      'dead man',
      'gobgpd runs, and nobody listens on deadman.socket: a dead agent would go on announcing',
      'start gobgpd by `fairlead sidecar`, with the configuration of the agent',
    ),
  ];
}

const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Whether a socket of another on one port is in the way of one of these addresses; none stand for all. */
const isInTheWay = ({ address }: Listener, wanted: readonly Address[]): boolean =>
  wanted.length === 0 || ANY.has(address) || wanted.includes(address);

const OURS = 'gobgpd';

/** The names in `listenAddresses` may be those of all: only gobgpd itself may be there. */
function portFindings({ listenAddresses, listenPort }: Bgp, { answer, listeners }: GobgpdFacts): Finding[] {
  if (listenPort < 0) return [ok('bgp port', 'none: gobgpd only connects by itself')];
  const there = listeners.filter(
    (one) => one.protocol === 'tcp' && one.port === listenPort && isInTheWay(one, listenAddresses),
  );
  const ready = !isUnknown(answer) && answer.global !== undefined;
  const other = there.find(({ owner }) => (owner === undefined ? !ready : owner.name !== OURS));
  if (other)
    return [error('bgp port', takenBy(other), 'end it, or set bgp.listenPort to -1 so that gobgpd only connects')];
  if (there.length > 0) return [ok('bgp port', `gobgpd listens on ${there.map(placeOf).join(', ')}`)];
  if (!ready) return [ok('bgp port', `${listenPort} is free`)];
  const remedy = 'see its log: without NET_BIND_SERVICE it may not take a port below 1024';
  return [error('bgp port', `gobgpd runs and does not listen on ${listenPort}`, remedy)];
}

const BFD_PORT = 3784;

function bfdPortFindings({ listeners }: GobgpdFacts): Finding[] {
  const other = listeners.find(
    ({ owner, port, protocol }) =>
      protocol === 'udp' && port === BFD_PORT && owner !== undefined && owner.name !== OURS,
  );
  if (other === undefined) return [];
  return [error('bfd port', takenBy(other), 'end it, or take `bfd` out of the peers')];
}

const placeOf = ({ address, port }: Listener): string =>
  familyOf(address) === 'ipv6' ? `[${address}]:${port}` : `${address}:${port}`;

const takenBy = (listener: Listener): string =>
  `${placeOf(listener)} is taken by ${listener.owner ? `${listener.owner.name}, process ${listener.owner.pid}` : 'another program'}`;

/** docs/bgp.md: from 4.6 on gobgpd does all that is asked of it; earlier ones take `bfd` without a word, and do nothing. */
const BFD_VERSION = '4.6';

function bfdFinding({ answer, program }: GobgpdFacts): Finding {
  const remedy = `run gobgpd ${BFD_VERSION} or later, or take \`bfd\` out of the peers`;
  const deaf = isUnknown(answer) ? undefined : answer.peers.find(({ bfd }) => bfd === 'unsupported');
  if (deaf)
    return warning('bfd', `gobgpd has none for ${deaf.address}: the session ends by its hold time alone`, remedy);
  const known = isUnknown(program) || (!isUnknown(answer) && answer.global !== undefined);
  if (known || isAtLeast(program, BFD_VERSION))
    return ok('bfd', isUnknown(program) ? 'nothing speaks against it' : `gobgpd ${program}`);
  return warning(
    'bfd',
    `gobgpd ${program} has none, expected ${BFD_VERSION}: sessions end by their hold time alone`,
    remedy,
  );
}
