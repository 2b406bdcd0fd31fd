import { z } from 'zod';
import type { Prefix } from '../model/address.ts';
import { PATTERN } from './pattern.ts';
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

function communityList(kind: string, expected: string, read: (text: string) => Reading<string>, pattern: string) {
  return z
    .array(text(expected, read, pattern), { error: `a list of ${kind}` })
    .max(MOST_COMMUNITIES, { error: `at most ${MOST_COMMUNITIES} ${kind}` })
    .transform((written) => [...new Set(written)]);
}

const communities = () => communityList('communities', COMMUNITY, readStandingCommunity, PATTERN.community);
const largeCommunities = () =>
  communityList('large communities', LARGE_COMMUNITY, readLargeCommunity, PATTERN.largeCommunity);
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

/** The same, said of the paths that are meant. */
function attributesFor(which: string): typeof pathAttributes {
  const as = (key: string): string => `as \`announcement.${key}\`, for ${which}; without it, that one`;
  const { communities: standard, largeCommunities: large, ...rest } = pathAttributes;
  return {
    communities: standard.describe(as('communities')),
    largeCommunities: large.describe(as('largeCommunities')),
    med: rest.med.describe(as('med')),
    localPref: rest.localPref.describe(as('localPref')),
    prepend: rest.prepend.describe(as('prepend')),
  };
}

/** What the paths of one peer get on top. gobgpd takes a LOCAL_PREF of 0 in a policy for none. */
export const onTopAttributes = {
  communities: communities().optional().describe('communities that every path to this peer gets beside its own'),
  largeCommunities: largeCommunities().optional().describe('large communities it gets beside its own'),
  med: med().optional().describe('added to the MULTI_EXIT_DISC of every path to this peer, 0 to 4294967295'),
  localPref: integer(1, 4_294_967_295, 'a LOCAL_PREF')
    .optional()
    .describe(
      'LOCAL_PREF to this peer, which is of `bgp.localAs`, for a path that is not deprioritised; 1 to 4294967295',
    ),
  prepend: prepend()
    .optional()
    .describe(
      "times this node's AS number stands before every path to this peer beyond those it has anyway, 0 to 10; not for a peer of `bgp.localAs`",
    ),
};

/** One prefix that is served. */
export const range = text(PREFIX, readRange, PATTERN.prefix);

export type WrittenAttributes = z.output<z.ZodObject<typeof pathAttributes>>;

type WrittenRange = WrittenAttributes & { readonly prefix: Prefix };

const RANGE = `${PREFIX}, or a mapping with a \`prefix\``;
const RANGES = 'a list of at least one prefix, or auto';

/** Prefixes, each as a text or with what its path carries. */
const writtenRanges = list(
  RANGES,
  z.union(
    [
      range.transform((prefix): WrittenRange => ({ prefix })),
      mapping(RANGE, { prefix: range.describe('the prefix of such a mapping'), ...attributesFor('this range') }),
    ],
    {
      error: RANGE,
    },
  ),
);

/** Those, or what the cluster says in its ServiceCIDRs. */
export const ranges = z
  .union([writtenRanges, z.literal('auto', { error: RANGES })], { error: RANGES })
  .describe(
    "prefixes this node serves and announces, IPv4 at least /8 and IPv6 at least /64 long, without host bits; no two may overlap. Each is a text, or a mapping with what its path carries; or `auto`: those of the cluster's ServiceCIDRs, with `source.kubernetes`. See [kubernetes.md](kubernetes.md#ranges-from-the-cluster)",
  );

const labels = z.record(
  text(LABEL_KEY, readLabelKey, PATTERN.qualifiedName),
  text(LABEL_VALUE, readLabelValue, PATTERN.labelValue),
  {
    error: ({ code }) => (code === 'invalid_key' ? LABEL_KEY : 'a mapping of labels'),
  },
);

const selectorShape = (meaning: { names: string; labels: string }) => ({
  names: z
    .array(text(NODE_NAME, readNodeName, PATTERN.subdomain), { error: 'a list of names of nodes' })
    .prefault([])
    .describe(meaning.names),
  labels: labels.prefault({}).describe(meaning.labels),
});

const NODES = 'a mapping with `names`, `labels` or both';

/** The same for editors, as far as it can be said. */
const NAMED = { anyOf: [{ required: ['names'] }, { required: ['labels'] }] };

const meansSome = ({ names, labels: wanted }: { names: readonly string[]; labels: Readonly<Record<string, string>> }) =>
  names.length > 0 || Object.keys(wanted).length > 0;

/** Some of the nodes. */
export const nodeSelector = (meaning: Parameters<typeof selectorShape>[0]) =>
  mapping(NODES, selectorShape(meaning)).meta(NAMED).refine(meansSome, { error: NODES });

const WEIGHT = 'a number from 1 to 1000, in units of 1 Gbit/s, or capacity';

const weight = () => z.union([whole(1, 1000, WEIGHT), z.literal('capacity', { error: WEIGHT })], { error: WEIGHT });

const NODE_RULE = `${NODES}, and a \`weight\``;

const ruleShape = {
  ...selectorShape({
    names:
      'names of the nodes that are meant. A node is meant where its name is among these or where it has all of the labels',
    labels: 'labels that a node has to have, each with its value; at least a name or a label is given',
  }),
  weight: weight().describe(
    'as `announcement.weight`, for these nodes. The first entry that means a node holds, else `announcement.weight`',
  ),
};

/** What differs from node to node. */
export const nodes = z
  .array(mapping(NODE_RULE, ruleShape).meta(NAMED).refine(meansSome, { error: NODE_RULE }), {
    error: 'a list of mappings',
  })
  .prefault([]);

/** Planned maintenance of a node. Who keeps a list of taints knows what sets them. */
const drain = mapping('a mapping', {
  timeout: duration('1s', '24h')
    .prefault('5m')
    .describe(
      'duration after which a drained node counts as drained whatever connections are left, where the order names no other; 1s to 24h',
    ),
  settle: duration('0s', '10m')
    .prefault('10s')
    .describe('longest duration a drain waits for new connections to end before it withdraws; 0s to 10m'),
  excludeLabel: oneOf(['ignore', 'honour'])
    .default('ignore')
    .describe(
      '`honour`: the label `node.kubernetes.io/exclude-from-external-load-balancers` on this Node asks for a drain. kubeadm puts it on control planes, so the default ignores it',
    ),
  maxDraining: integer(0, 100, 'a count')
    .default(1)
    .describe(
      'count of lb nodes that may drain at once; one more waits for its turn, and so does one that does not know the others ([drain.md](drain.md)). 0: no other node is asked, as with a directory of manifests, which knows none; 0 to 100',
    ),
  taints: z
    .array(text(TAINT_KEY, readTaintKey, PATTERN.qualifiedName), { error: 'a list of taint keys' })
    .prefault([])
    .describe(
      'keys of taints that ask for a drain while this Node has one. See [drain.md](drain.md) before you list one that Kubernetes sets by itself',
    ),
});

const deprioritised = mapping('a mapping', {
  med: integer(1, 4_294_967_295, 'a number to add to the MULTI_EXIT_DISC')
    .default(1000)
    .describe('added to the MULTI_EXIT_DISC of a deprioritised path, 1 to 4294967295'),
  prepend: integer(1, 10, 'a count')
    .default(3)
    .describe("times this node's AS number stands before a deprioritised path beyond those it has anyway, 1 to 10"),
  localPref: localPref()
    .default(0)
    .describe(
      'LOCAL_PREF of a deprioritised path, instead of its own; only a peer of `bgp.localAs` is sent one; 0 to 4294967295',
    ),
  communities: communityList('communities', COMMUNITY, readCommunity, PATTERN.community)
    .prefault([])
    .describe(
      'communities a deprioritised path gets beside its own. GRACEFUL_SHUTDOWN (`65535:0`, RFC 8326) is always among them',
    ),
  largeCommunities: largeCommunities().prefault([]).describe('large communities it gets beside its own'),
});

/** How and when the ranges are announced. */
export const announcement = mapping('a mapping', {
  holdDown: duration('0s', '24h')
    .prefault('5s')
    .describe(
      'duration all has to be well after a fault before the ranges are announced in full again; it doubles with each fault that follows; 0s to 24h',
    ),
  maxHoldDown: duration('0s', '24h')
    .prefault('5m')
    .describe(
      'longest that duration gets; what was announced for longer than this without a fault starts at `announcement.holdDown` again; 0s to 24h',
    ),
  minimumAnnouncers: integer(0, 100, 'a count')
    .default(1)
    .describe(
      'count of other lb nodes that have to announce in full before a fault of this one withdraws the ranges; with fewer, or where they are not known, it deprioritises only. 0: no other node is asked; 0 to 100',
    ),
  deprioritised: deprioritised.prefault({}),
  stopWait: duration('0s', '10m')
    .prefault('2s')
    .describe('duration the agent still waits for the switch after the withdrawal when it stops; 0s to 10m'),
  drain: drain.prefault({}),
  communities: communities()
    .prefault([])
    .describe(
      'communities of every path (RFC 1997), such as `"64512:100"`, each half from 0 to 65535; at most 64 in a list. `65535:0` is for deprioritised paths only',
    ),
  largeCommunities: largeCommunities()
    .prefault([])
    .describe(
      'large communities of every path (RFC 8092), such as `"64512:1:100"`, each part from 0 to 4294967295; at most 64 in a list',
    ),
  med: med().optional().describe('MULTI_EXIT_DISC of every path, 0 to 4294967295; none to send none'),
  localPref: localPref()
    .optional()
    .describe('LOCAL_PREF of every path, 0 to 4294967295, for peers of `bgp.localAs`; none for 100'),
  prepend: prepend()
    .default(0)
    .describe("times this node's AS number stands before every path beyond the first, 0 to 10"),
  weight: weight()
    .optional()
    .describe(
      'how much a node can carry, for switches that spread by weight: 1 to 1000 in units of 1 Gbit/s, or `capacity` for the speed of the interface towards the first peer; none to send no weight. See [bgp.md](bgp.md#weighted-ecmp)',
    ),
  services: mapping('a mapping', {
    externalIPs: flag()
      .default(false)
      .describe(
        'whether each served address of `dataplane.externalIPs` is announced by itself, as a /32 or /128. See [bgp.md](bgp.md#single-addresses)',
      ),
    loadBalancerIPs: flag().default(false).describe('the same for those of `dataplane.loadBalancerIPs`'),
    ...attributesFor('single addresses'),
  }).prefault({}),
});
