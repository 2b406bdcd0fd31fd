import { z } from 'zod';
import { FAMILIES } from '../model/address.ts';
import { PATTERN } from './pattern.ts';
import { placeOf } from './place.ts';
import { readPath, readServerName, SERVER_NAME } from './read.ts';
import {
  ACCEPTED,
  GLOBAL_IPV6,
  IPV4,
  readAccepted,
  readConnectRetry,
  readGlobalIPv6,
  readGobgpTarget,
  readHoldTime,
  readIPv4,
  readKeepalive,
  readRestartTime,
  readSpeakerAddress,
  SPEAKER_ADDRESS,
  TARGET,
} from './read-bgp.ts';
import { nodeSelector, onTopAttributes } from './schema-paths.ts';
import { duration, exactlyOne, flag, integer, list, mapping, oneOf, port, text, whole } from './shape.ts';

/** RFC 6793, without 0 (RFC 7607) and 4294967295 (RFC 7300). */
const asNumber = () => integer(1, 4_294_967_294, 'an AS number');

const LISTEN_PORT = 'a port from 1 to 65535, or -1 to accept no session';

/** One address of a session. */
export const speakerAddress = text(SPEAKER_ADDRESS, readSpeakerAddress, PATTERN.address);

/** What names this node as a speaker: 32 bits (RFC 4271), written as an address of the node. */
export const routerId = text(IPV4, readIPv4, PATTERN.ipv4);

/** One prefix that may come in. */
export const accepted = text(ACCEPTED, readAccepted, PATTERN.prefix);

const file = () => text('an absolute path', readPath, PATTERN.path);

/** As for dev_valid_name() in the kernel. */
const INTERFACE = 'the name of an interface such as eth0';

const BFD = '300x3, 100x3, or a mapping with an `interval` and a `multiplier`';

const bfd = z.union(
  [
    z.enum(['300x3', '100x3'], { error: BFD }),
    mapping(BFD, {
      interval: duration('50ms', '10s').describe('duration between two packets, 50ms to 10s'),
      multiplier: integer(2, 255, 'a count').describe('count of missing packets that make the session down, 2 to 255'),
    }),
  ],
  { error: BFD },
);

/** Each key of a peer, for the checks that look at several keys. */
export const peerShape = {
  address: speakerAddress
    .optional()
    .describe(
      'IPv4 or global IPv6 address of a switch, outside of all that is served. A peer has exactly one of `address` and `gateway`; each may stand there once, or several times with `nodes`',
    ),
  gateway: oneOf(FAMILIES)
    .optional()
    .describe(
      '`ipv4` or `ipv6`: the peer is what the default route of this family leads to; of several next hops, each is a peer',
    ),
  interface: z
    .string({ error: INTERFACE })
    .regex(/^(?!\.{1,2}$)[^\s/:]{1,15}$/, { error: INTERFACE })
    .optional()
    .describe('interface that these default routes lead through; without it, any'),
  as: asNumber().describe('AS number of the switch, 1 to 4294967294; that of `bgp.localAs` makes the session iBGP'),
  port: port('a port').default(179).describe('TCP port of the switch'),
  nodes: nodeSelector({
    names: 'as `nodes[].names`: only these nodes have the peer; without `nodes`, all have it',
    labels: 'as `nodes[].labels`',
  }).optional(),
  families: list('a list of ipv4, ipv6 or both', oneOf(FAMILIES))
    .transform((families) => [...new Set(families)])
    .optional()
    .describe(
      'what the session carries: `[ipv4]`, `[ipv6]` or both; without it, the family of the session, and the IPv6 ranges over IPv4 where no peer is reached over IPv6',
    ),
  holdTime: text('a duration', readHoldTime, PATTERN.duration)
    .prefault('9s')
    .describe('silence after which a session counts as dead: whole seconds from 3s to 65535s (RFC 4271)'),
  keepalive: text('a duration', readKeepalive, PATTERN.duration)
    .optional()
    .describe(
      'duration between two messages of ours: whole seconds, at most a third of the hold time; without it, that third',
    ),
  connectRetry: text('a duration', readConnectRetry, PATTERN.duration)
    .prefault('1s')
    .describe('duration between two attempts to open the session: whole seconds from 1s to 5m'),
  passive: flag()
    .default(false)
    .describe(
      '`true`: only the switch opens the session. Needs a `bgp.listenPort`, and an address of its family in `bgp.listenAddresses`',
    ),
  localAddress: speakerAddress
    .optional()
    .describe(
      'address of this node that the session is opened from, of the family of the peer; without it, what the kernel takes',
    ),
  passwordFile: file()
    .optional()
    .describe(
      'absolute path of a file with nothing but the password of the session (TCP MD5, RFC 2385). See [bgp.md](bgp.md#passwords)',
    ),
  ttlSecurity: flag()
    .default(false)
    .describe(
      '`true`: GTSM (RFC 5082), which drops what a router has passed on. The switch has to do the same. Not with `multihop`',
    ),
  multihop: integer(2, 255, 'a TTL')
    .optional()
    .describe('TTL of our packets to a peer of another AS that is not on a network of this node, 2 to 255'),
  bfd: bfd
    .optional()
    .describe(
      'BFD (RFC 5880) with a gobgpd of version 4: `300x3`, `100x3`, or a mapping; none for no BFD. Not with `multihop` or `gracefulRestart`',
    ),
  gracefulRestart: mapping('a mapping; {} for the defaults', {
    restartTime: text('a duration', readRestartTime, PATTERN.duration)
      .prefault('30s')
      .describe(
        'duration the switch keeps our paths while gobgpd is gone: whole seconds from 1s to 4095s. No graceful restart without `gracefulRestart`, and `{}` turns it on. See [bgp.md](bgp.md#graceful-restart) first',
      ),
  }).optional(),
  attributes: mapping('a mapping', onTopAttributes).optional(),
};

const peer = mapping('a mapping with an `address` and an `as`', peerShape)
  .meta({ ...exactlyOne('address', 'gateway'), dependencies: { interface: ['gateway'] } })
  .transform((written, context) => {
    const { address, gateway, interface: name, ...rest } = written;
    const reading = placeOf({ address, gateway, interface: name });
    if ('value' in reading) return { ...rest, place: reading.value };
    context.issues.push({ code: 'custom', message: reading.expected, input: written, path: reading.path });
    return z.NEVER;
  });

/** Each key of this section, for the checks that look at several keys. */
export const bgpShape = {
  gobgp: text(TARGET, readGobgpTarget, PATTERN.gobgp)
    .prefault('unix:///run/gobgp/gobgp.sock')
    .describe(
      "where gobgpd's API listens: a unix socket, a loopback address with a port, or with `bgp.tls` any address with a port. Without TLS the API asks for no password (GHSA-v5mh-h5hx-7v92), so nothing else is accepted",
    ),
  tls: mapping('a mapping with `ca`, `cert` and `key`', {
    ca: file().describe(
      'absolute path of a file with the CA that the certificate of gobgpd comes from; the three files go together',
    ),
    cert: file().describe('absolute path of the certificate that the agent shows to gobgpd (mTLS)'),
    key: file().describe('absolute path of its key'),
    serverName: text(SERVER_NAME, readServerName, PATTERN.subdomain)
      .optional()
      .describe('DNS name in the certificate of gobgpd; without it, the address of `bgp.gobgp`'),
  }).optional(),
  localAs: asNumber().describe('AS number of this node, 1 to 4294967294'),
  routerId: routerId.optional().meta({
    description:
      'IPv4 address of this node that names it as a BGP speaker, outside of all that is served; required where the variable is not set',
    computedDefault: '$NODE_IP',
  }),
  nextHopIPv4: text(IPV4, readIPv4, PATTERN.ipv4)
    .optional()
    .describe(
      'IPv4 address that switches send packets for IPv4 prefixes to, outside of all that is served; without it, this end of each session',
    ),
  nextHopIPv6: text(GLOBAL_IPV6, readGlobalIPv6, PATTERN.address)
    .optional()
    .describe(
      'global IPv6 address that switches send packets for IPv6 ranges to, outside all ranges; without it, the first one of the interface that the first directly connected peer is reached by, else of the one that has `bgp.routerId`',
    ),
  listenAddresses: list('a list of addresses of this node', speakerAddress).optional().meta({
    description: 'IPv4 and IPv6 addresses gobgpd accepts sessions on, outside of all that is served',
    computedDefault: '[bgp.routerId]',
  }),
  listenPort: whole(-1, 65_535, LISTEN_PORT)
    .refine((written) => written !== 0, { error: LISTEN_PORT })
    .default(179)
    .describe('TCP port gobgpd accepts sessions on; -1 to accept none and only connect'),
  accept: z
    .array(accepted, { error: 'a list of prefixes' })
    .prefault([])
    .describe(
      'prefixes that are let in of what peers announce, each as it stands here, such as `0.0.0.0/0`; nothing inside of what is served. They go no further: not into the kernel, and to no other peer',
    ),
  peers: list('a list of at least one peer', peer),
};

/** The sessions with switches. */
export const bgp = mapping('a mapping with `localAs` and `peers`', bgpShape);
