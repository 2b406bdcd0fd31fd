import { z } from 'zod';
import { FAMILIES } from '../model/address.ts';
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
import { duration, flag, integer, list, mapping, oneOf, port, text, whole } from './shape.ts';

/** RFC 6793, without 0 (RFC 7607) and 4294967295 (RFC 7300). */
const asNumber = () => integer(1, 4_294_967_294, 'an AS number');

const LISTEN_PORT = 'a port from 1 to 65535, or -1 to accept no session';

/** One address of a session. */
export const speakerAddress = text(SPEAKER_ADDRESS, readSpeakerAddress);

/** What names this node as a speaker: 32 bits (RFC 4271), written as an address of the node. */
export const routerId = text(IPV4, readIPv4);

/** One prefix that may come in. */
export const accepted = text(ACCEPTED, readAccepted);

const file = () => text('an absolute path', readPath);

/** As for dev_valid_name() in the kernel. */
const INTERFACE = 'the name of an interface such as eth0';

const BFD = '300x3, 100x3, or a mapping with an `interval` and a `multiplier`';

const bfd = z.union(
  [
    z.enum(['300x3', '100x3'], { error: BFD }),
    mapping(BFD, {
      interval: duration('50ms', '10s'),
      multiplier: integer(2, 255, 'a count'),
    }),
  ],
  { error: BFD },
);

/** Each key of a peer, for the checks that look at several keys. */
export const peerShape = {
  address: speakerAddress.optional(),
  gateway: oneOf(FAMILIES).optional(),
  interface: z
    .string({ error: INTERFACE })
    .regex(/^(?!\.{1,2}$)[^\s/:]{1,15}$/, { error: INTERFACE })
    .optional(),
  as: asNumber(),
  port: port('a port').default(179),
  nodes: nodeSelector.optional(),
  families: list('a list of ipv4, ipv6 or both', oneOf(FAMILIES))
    .transform((families) => [...new Set(families)])
    .optional(),
  holdTime: text('a duration', readHoldTime).prefault('9s'),
  keepalive: text('a duration', readKeepalive).optional(),
  connectRetry: text('a duration', readConnectRetry).prefault('1s'),
  passive: flag().default(false),
  localAddress: speakerAddress.optional(),
  passwordFile: file().optional(),
  ttlSecurity: flag().default(false),
  multihop: integer(2, 255, 'a TTL').optional(),
  bfd: bfd.optional(),
  gracefulRestart: mapping('a mapping; {} for the defaults', {
    restartTime: text('a duration', readRestartTime).prefault('30s'),
  }).optional(),
  attributes: mapping('a mapping', onTopAttributes).optional(),
};

const peer = mapping('a mapping with an `address` and an `as`', peerShape).transform((written, context) => {
  const { address, gateway, interface: name, ...rest } = written;
  const reading = placeOf({ address, gateway, interface: name });
  if ('value' in reading) return { ...rest, place: reading.value };
  context.issues.push({ code: 'custom', message: reading.expected, input: written, path: reading.path });
  return z.NEVER;
});

/** Each key of this section, for the checks that look at several keys. */
export const bgpShape = {
  gobgp: text(TARGET, readGobgpTarget).prefault('unix:///run/gobgp/gobgp.sock'),
  tls: mapping('a mapping with `ca`, `cert` and `key`', {
    ca: file(),
    cert: file(),
    key: file(),
    serverName: text(SERVER_NAME, readServerName).optional(),
  }).optional(),
  localAs: asNumber(),
  routerId: routerId.optional(),
  nextHopIPv4: text(IPV4, readIPv4).optional(),
  nextHopIPv6: text(GLOBAL_IPV6, readGlobalIPv6).optional(),
  listenAddresses: list('a list of addresses of this node', speakerAddress).optional(),
  listenPort: whole(-1, 65_535, LISTEN_PORT)
    .refine((written) => written !== 0, { error: LISTEN_PORT })
    .default(179),
  accept: z.array(accepted, { error: 'a list of prefixes' }).prefault([]),
  peers: list('a list of at least one peer', peer),
};

/** The sessions with switches. */
export const bgp = mapping('a mapping with `localAs` and `peers`', bgpShape);
