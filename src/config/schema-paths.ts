import { z } from 'zod';
import type { Prefix } from '../model/address.ts';
import {
  LABEL_KEY,
  LABEL_VALUE,
  NODE_NAME,
  PREFIX,
  readLabelKey,
  readLabelValue,
  readNodeName,
  readTaintKey,
  TAINT_KEY,
  type Reading,
} from './read.ts';
import {
  COMMUNITY,
  LARGE_COMMUNITY,
  readCommunity,
  readLargeCommunity,
  readRange,
  readStandingCommunity,
} from './read-bgp.ts';
import { duration, flag, integer, list, mapping, oneOf, text, whole } from './shape.ts';

/**
 * Of each list of communities. Those of a range, of a deprioritised path and of a peer come together on one path, and an
 * UPDATE of 4096 bytes (RFC 4271 section 4.1) has to hold them.
 */
const MOST_COMMUNITIES = 64;

function communityList(kind: string, expected: string, read: (text: string) => Reading<string>) {
  return z
    .array(text(expected, read), { error: `a list of ${kind}` })
    .max(MOST_COMMUNITIES, { error: `at most ${MOST_COMMUNITIES} ${kind}` })
    .transform((written) => [...new Set(written)]);
}

const communities = () => communityList('communities', COMMUNITY, readStandingCommunity);
const largeCommunities = () => communityList('large communities', LARGE_COMMUNITY, readLargeCommunity);
const med = () => integer(0, 4_294_967_295, 'a MULTI_EXIT_DISC');
const localPref = () => integer(0, 4_294_967_295, 'a LOCAL_PREF');
const prepend = () => integer(0, 10, 'a count');

/** What some paths carry, where it differs from what all of them do. */
export const pathAttributes = {
  communities: communities().optional(),
  largeCommunities: largeCommunities().optional(),
  med: med().optional(),
  localPref: localPref().optional(),
  prepend: prepend().optional(),
};

/** What the paths of one peer get on top. gobgpd takes a LOCAL_PREF of 0 in a policy for none. */
export const onTopAttributes = {
  ...pathAttributes,
  localPref: integer(1, 4_294_967_295, 'a LOCAL_PREF').optional(),
};

/** One prefix that is served. */
export const range = text(PREFIX, readRange);

export type WrittenAttributes = z.output<z.ZodObject<typeof pathAttributes>>;

type WrittenRange = WrittenAttributes & { readonly prefix: Prefix };

const RANGE = `${PREFIX}, or a mapping with a \`prefix\``;
const RANGES = 'a list of at least one prefix, or auto';

/** Prefixes, each as a text or with what its path carries. */
const writtenRanges = list(
  RANGES,
  z.union(
    [range.transform((prefix): WrittenRange => ({ prefix })), mapping(RANGE, { prefix: range, ...pathAttributes })],
    {
      error: RANGE,
    },
  ),
);

/** Those, or what the cluster says in its ServiceCIDRs. */
export const ranges = z.union([writtenRanges, z.literal('auto', { error: RANGES })], { error: RANGES });

const labels = z.record(text(LABEL_KEY, readLabelKey), text(LABEL_VALUE, readLabelValue), {
  error: ({ code }) => (code === 'invalid_key' ? LABEL_KEY : 'a mapping of labels'),
});

const selectorShape = {
  names: z.array(text(NODE_NAME, readNodeName), { error: 'a list of names of nodes' }).prefault([]),
  labels: labels.prefault({}),
};

const NODES = 'a mapping with `names`, `labels` or both';

const meansSome = ({ names, labels: wanted }: { names: readonly string[]; labels: Readonly<Record<string, string>> }) =>
  names.length > 0 || Object.keys(wanted).length > 0;

/** Some of the nodes. */
export const nodeSelector = mapping(NODES, selectorShape).refine(meansSome, { error: NODES });

const WEIGHT = 'a number from 1 to 1000, in units of 1 Gbit/s, or capacity';

const weight = () => z.union([whole(1, 1000, WEIGHT), z.literal('capacity', { error: WEIGHT })], { error: WEIGHT });

const NODE_RULE = `${NODES}, and a \`weight\``;

/** What differs from node to node. */
export const nodes = z
  .array(mapping(NODE_RULE, { ...selectorShape, weight: weight() }).refine(meansSome, { error: NODE_RULE }), {
    error: 'a list of mappings',
  })
  .prefault([]);

/** Planned maintenance of a node. Who keeps a list of taints knows what sets them. */
const drain = mapping('a mapping', {
  timeout: duration('1s', '24h').prefault('5m'),
  settle: duration('0s', '10m').prefault('10s'),
  excludeLabel: oneOf(['ignore', 'honour']).default('ignore'),
  maxDraining: integer(0, 100, 'a count').default(1),
  taints: z.array(text(TAINT_KEY, readTaintKey), { error: 'a list of taint keys' }).prefault([]),
});

const deprioritised = mapping('a mapping', {
  med: integer(1, 4_294_967_295, 'a number to add to the MULTI_EXIT_DISC').default(1000),
  prepend: integer(1, 10, 'a count').default(3),
  localPref: localPref().default(0),
  communities: communityList('communities', COMMUNITY, readCommunity).prefault([]),
  largeCommunities: largeCommunities().prefault([]),
});

/** How and when the ranges are announced. */
export const announcement = mapping('a mapping', {
  holdDown: duration('0s', '24h').prefault('5s'),
  maxHoldDown: duration('0s', '24h').prefault('5m'),
  minimumAnnouncers: integer(0, 100, 'a count').default(1),
  deprioritised: deprioritised.prefault({}),
  stopWait: duration('0s', '10m').prefault('2s'),
  drain: drain.prefault({}),
  communities: communities().prefault([]),
  largeCommunities: largeCommunities().prefault([]),
  med: med().optional(),
  localPref: localPref().optional(),
  prepend: prepend().default(0),
  weight: weight().optional(),
  services: mapping('a mapping', {
    externalIPs: flag().default(false),
    loadBalancerIPs: flag().default(false),
    ...pathAttributes,
  }).prefault({}),
});
