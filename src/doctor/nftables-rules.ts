import { z } from 'zod';
import { type Address, parseAddress, parsePrefix, prefixContains } from '../model/address.ts';
import { type Chains, type Entry, type Match, not, type Packet, type Rule, unclear } from './rules.ts';

/** A chain of nf_tables where packets for the node, or through it, enter a table. */
export interface BaseChain extends Entry {
  readonly family: string;
  readonly table: string;
  readonly hook: 'forward' | 'input';
  readonly priority: number;
}

/** All that `nft -j list ruleset` has of filters: chains are named `FAMILY TABLE CHAIN`. */
export interface Ruleset {
  readonly chains: Chains;
  readonly bases: readonly BaseChain[];
}

const chainJson = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  type: z.string().optional(),
  hook: z.string().optional(),
  prio: z.number().default(0),
  policy: z.string().default('accept'),
});
const ruleJson = z.object({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  expr: z.array(z.record(z.string(), z.unknown())),
});
const rulesetJson = z.object({
  nftables: z.array(z.object({ chain: chainJson.optional(), rule: ruleJson.optional() })),
});

/** Throws where the text is something else. */
export function parseRuleset(text: string): Ruleset {
  const { nftables } = rulesetJson.parse(JSON.parse(text));
  const chains = new Map<string, Rule[]>();
  const bases: BaseChain[] = [];
  for (const { chain, rule } of nftables) {
    if (chain) chains.set(`${chain.family} ${chain.table} ${chain.name}`, []);
    if (chain?.type === 'filter' && (chain.hook === 'forward' || chain.hook === 'input'))
      bases.push(baseOf(chain, chain.hook));
    if (rule) chains.get(`${rule.family} ${rule.table} ${rule.chain}`)?.push(parseRule(rule));
  }
  return { chains, bases };
}

const baseOf = (
  { family, name, policy, prio, table }: z.infer<typeof chainJson>,
  hook: BaseChain['hook'],
): BaseChain => ({
  family,
  table,
  hook,
  priority: prio,
  chain: `${family} ${table} ${name}`,
  policy: policy === 'drop' ? 'drop' : 'accept',
});

function parseRule({ chain, expr, family, table }: z.infer<typeof ruleJson>): Rule {
  const matches: Match[] = [];
  let verdict: Rule['verdict'] = 'none';
  for (const [key, value] of expr.flatMap((one) => Object.entries(one))) {
    if (IGNORED.has(key)) continue;
    const ends = verdictOf(key, value, `${family} ${table}`);
    if (ends === undefined) matches.push(key === 'match' ? matchOf(value) : unclear);
    else verdict = ends;
  }
  return { matches, verdict, text: `a rule in ${family} ${table} ${chain}: ${JSON.stringify(expr)}` };
}

/** What only counts, marks or tells. */
const IGNORED: ReadonlySet<string> = new Set(['counter', 'log', 'comment', 'mangle', 'notrack']);

function verdictOf(key: string, value: unknown, table: string): Rule['verdict'] | undefined {
  if (key === 'accept' || key === 'drop' || key === 'return') return key;
  if (key === 'reject') return 'drop';
  const target = targetJson.safeParse(value).data?.target;
  if (target === undefined || (key !== 'jump' && key !== 'goto')) return undefined;
  return { chain: `${table} ${target}`, back: key === 'jump' };
}

const targetJson = z.object({ target: z.string() });

const matchJson = z.object({ op: z.string().default('=='), left: z.unknown(), right: z.unknown() });
const leftJson = z.union([
  z.object({ payload: z.object({ protocol: z.string(), field: z.string() }) }),
  z.object({ meta: z.object({ key: z.string() }) }),
  z.object({ ct: z.object({ key: z.string() }) }),
]);

function matchOf(value: unknown): Match {
  const { left, op, right } = matchJson.parse(value);
  const key = leftJson.safeParse(left).data;
  const read =
    key &&
    FIELDS.get(
      'payload' in key
        ? `${key.payload.protocol} ${key.payload.field}`
        : 'meta' in key
          ? `meta ${key.meta.key}`
          : `ct ${key.ct.key}`,
    );
  if (read === undefined) return unclear;
  const match: Match = (packet) => {
    const found = read(packet);
    return found === undefined ? undefined : isAmong(found, right);
  };
  return op === '!=' ? not(match) : op === '==' || op === 'in' ? match : unclear;
}

/** What a packet has where a rule looks; false where it has not got such a place at all. */
const FIELDS: ReadonlyMap<string, (packet: Packet) => string | number | false | undefined> = new Map<
  string,
  (packet: Packet) => string | number | false | undefined
>([
  ['ip saddr', ({ family, source }) => (family === 'ipv4' ? source : false)],
  ['ip6 saddr', ({ family, source }) => (family === 'ipv6' ? source : false)],
  ['ip daddr', ({ destination, family }) => (family === 'ipv4' ? destination : false)],
  ['ip6 daddr', ({ destination, family }) => (family === 'ipv6' ? destination : false)],
  ['ip protocol', ({ family, protocol }) => (family === 'ipv4' ? protocol : false)],
  ['ip6 nexthdr', ({ family, protocol }) => (family === 'ipv6' ? protocol : false)],
  ['tcp dport', ({ port, protocol }) => (protocol === 'tcp' ? port : false)],
  ['udp dport', ({ port, protocol }) => (protocol === 'udp' ? port : false)],
  ['th dport', ({ port }) => port],
  ['meta l4proto', ({ protocol }) => protocol],
  ['meta nfproto', ({ family }) => family],
  ['meta iifname', ({ incoming }) => incoming],
  ['meta iif', ({ incoming }) => incoming],
  ['ct state', ({ state }) => state],
  ['ct direction', ({ direction }) => direction],
]);

const rightJson = z.union([
  z.object({ set: z.array(z.unknown()) }),
  z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) }),
  z.object({ range: z.tuple([z.number(), z.number()]) }),
  z.array(z.unknown()),
  z.string(),
  z.number(),
]);

/** The name of a set (`@name`) tells nothing of what is in it. */
function isAmong(found: string | number | false, right: unknown): boolean | undefined {
  const wanted = rightJson.safeParse(right).data;
  if (found === false) return false;
  if (wanted === undefined || (typeof wanted === 'string' && wanted.startsWith('@'))) return undefined;
  if (Array.isArray(wanted)) return wanted.some((one) => isAmong(found, one) === true);
  if (typeof wanted === 'string' || typeof wanted === 'number') return isEqual(found, wanted);
  if ('set' in wanted) return wanted.set.some((one) => isAmong(found, one) === true);
  if ('range' in wanted) return Number(found) >= wanted.range[0] && Number(found) <= wanted.range[1];
  const prefix = parsePrefix(`${wanted.prefix.addr}/${wanted.prefix.len}`);
  return prefix === undefined ? undefined : prefixContains(prefix, String(found));
}

/** Addresses have several spellings, and `eth*` stands for all that begin so. */
function isEqual(found: string | number, wanted: string | number): boolean {
  const address: Address | undefined = parseAddress(String(wanted));
  if (typeof wanted === 'string' && wanted.endsWith('*')) return String(found).startsWith(wanted.slice(0, -1));
  return String(found) === (address ?? String(wanted));
}
