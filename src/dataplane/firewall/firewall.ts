import { type Address, FAMILIES, type Family, familyOf, type Prefix } from '../../model/address.ts';
import { FairleadError } from '../../model/error.ts';
import type { VirtualServer, VirtualServerKey } from '../../model/virtual-server.ts';
import { fenceTable, sessionsIn } from '../fence/want.ts';
import { Draining } from '../filter/draining.ts';
import { Ipset } from '../filter/ipset.ts';
import { openOnes } from '../filter/plan.ts';
import { EXTERNAL_SET, filterRules, filterTable, SERVED_SET } from '../filter/want.ts';
import { mssRules, mssTable } from '../mss/want.ts';
import { inTurn, joined, NOTHING_TO_DO, type PartReport } from '../part.ts';
import { snatRules, snatTable } from '../snat/want.ts';
import { Iptables } from './iptables.ts';
import { Nftables, nftablesRefusal } from './nftables.ts';
import { SERVING_NFT_TABLES, removeIptables, removeNftables } from './remove.ts';
import { type Bound, inFamily, type NftTable, nftTableName, type Owned, ownedFamilies } from './want.ts';
import { existingTables } from './xtables.ts';

export type FirewallKind = 'nftables' | 'iptables';

export interface FirewallSettings {
  readonly firewall: FirewallKind | 'auto';
  readonly ranges: readonly Prefix[];
  /** Prefixes outside the ranges of which single addresses may be bound. */
  readonly external: readonly Prefix[];
  /** The largest TCP segment over IPv4 in bytes; over IPv6 it is 20 less. Undefined for no clamp. */
  readonly mssClamp: number | undefined;
}

type VirtualServers = ReadonlyMap<VirtualServerKey, Pick<VirtualServer, 'realServers'>>;

/** The filter, the SNAT rule and the MSS clamp in one of the kernel's two firewalls, for every family we own. */
export interface Firewall {
  readonly kind: FirewallKind;
  /** Says which addresses outside the ranges are bound, or about to be. To be told before they are bound. */
  cover(addresses: ReadonlySet<Address>): Promise<PartReport>;
  ensureFilter(): Promise<PartReport>;
  /**
   * Once its own rules stand, takes out what an agent of another configuration left, once: rules in the other firewall,
   * whose list of what is served nobody keeps any more, and in a family that is no longer ours.
   */
  ensureSnat(): Promise<PartReport>;
  ensureMss(): Promise<PartReport>;
  /** Tells the filter which of the changed keys take no connection any more, before IPVS lets go of them. */
  narrow(virtualServers: VirtualServers, changed: Iterable<string>): Promise<PartReport>;
  /** Tells the filter which of the changed keys take connections, once IPVS has them. */
  widen(virtualServers: VirtualServers, changed: Iterable<string>): Promise<PartReport>;
  /** Reads what the filter has been told, and puts it right: work by the number of all virtual servers. */
  auditServed(virtualServers: VirtualServers): Promise<PartReport>;
  close(): void;
}

/** Which firewall it is to be, and why nf_tables cannot do what is asked of it, where it was tried. */
export interface FirewallChoice {
  readonly kind: FirewallKind;
  readonly refusal: string | undefined;
}

/** Tries what the configuration leaves open, without a change; `auto` prefers nf_tables, whose tables nobody else rewrites. */
export async function chooseFirewall(settings: FirewallSettings): Promise<FirewallChoice> {
  if (settings.firewall === 'iptables') return { kind: 'iptables', refusal: undefined };
  const owned = ownedFamilies(settings.ranges, settings.external);
  const refusal = await nftablesRefusal(trialTables(owned, settings.mssClamp));
  return { kind: refusal === undefined || settings.firewall === 'nftables' ? 'nftables' : 'iptables', refusal };
}

/** The firewall of this kernel for the given ranges. Rejects with `kernel-refused` where nf_tables is asked for and cannot do it. */
export async function createFirewall(settings: FirewallSettings): Promise<Firewall> {
  const owned = ownedFamilies(settings.ranges, settings.external);
  const { kind, refusal } = await chooseFirewall(settings);
  if (kind === 'iptables') return iptablesFirewall(owned, settings.mssClamp);
  if (refusal === undefined) return nftablesFirewall(owned, settings.mssClamp);
  throw new FairleadError(
    'kernel-refused',
    `dataplane.firewall: expected nf_tables to take our tables, found: ${refusal}`,
    {
      hint: 'set dataplane.firewall to auto or iptables, or load nf_tables, nft_chain_nat, nft_masq and nft_reject',
    },
  );
}

/** A step that is not taken again once it has had no problem. */
function once(step: () => Promise<PartReport>): () => Promise<PartReport> {
  let done = false;
  return async () => {
    if (done) return NOTHING_TO_DO;
    const report = await step();
    done = report.problems.length === 0;
    return report;
  };
}

async function behind(first: Promise<PartReport>, second: () => Promise<PartReport>): Promise<PartReport> {
  const report = await first;
  return report.problems.length > 0 ? report : joined(report, await second());
}

interface NftTables {
  readonly filter: readonly NftTable[];
  readonly snat: readonly NftTable[];
  readonly mss: readonly NftTable[];
}

/** What changes in the tables while an agent runs. */
interface Variable {
  readonly addresses: ReadonlySet<Address>;
  readonly draining: Draining['endpoints'];
}

const TRIAL: Variable = {
  addresses: new Set(),
  draining: [
    { address: '192.0.2.1', port: 1 },
    { address: '2001:db8::1', port: 1 },
  ],
};

/** Every word of nft that we use stands in these. */
const trialTables = (owned: readonly Owned[], mss: number | undefined): NftTable[] => [
  ...Object.values(tablesFor(owned, mss, TRIAL)).flat(),
  ...owned.map(({ family }) => fenceTable(family, sessionsIn(family, { peers: TRIAL.draining, listenPort: 179 }))),
];

function tablesFor(owned: readonly Owned[], mss: number | undefined, { addresses, draining }: Variable): NftTables {
  const each = (table: (family: Family, bound: Bound) => NftTable): NftTable[] =>
    owned.map(({ family, ranges }) => table(family, [...ranges, ...inFamily(family, addresses)]));
  const drainingIn = (family: Family): Draining['endpoints'] =>
    draining.filter(({ address }) => familyOf(address) === family);
  return {
    filter: each((family, bound) => filterTable(family, bound, drainingIn(family))),
    snat: each(snatTable),
    mss: mss === undefined ? [] : each((family, bound) => mssTable(family, bound, mss)),
  };
}

/** nf_tables sees behind IPVS, so there is no list of what is served to keep: only of what drains. */
const nothing = async (): Promise<PartReport> => NOTHING_TO_DO;

function nftablesFirewall(owned: readonly Owned[], mss: number | undefined): Firewall {
  const nftables = new Nftables();
  const ours = new Set(
    Object.values(tablesFor(owned, mss, TRIAL))
      .flat()
      .map(nftTableName),
  );
  const leftovers = once(() =>
    inTurn([
      () => removeNftables(new Set(SERVING_NFT_TABLES.filter((name) => !ours.has(name)))),
      () => removeIptables(FAMILIES),
    ]),
  );
  const draining = new Draining();
  let addresses: ReadonlySet<Address> = new Set();
  let tables = tablesFor(owned, mss, { addresses, draining: [] });
  const rebuild = (): void => {
    tables = tablesFor(owned, mss, { addresses, draining: draining.endpoints });
  };
  const ensure = (part: keyof NftTables): Promise<PartReport> =>
    inTurn(tables[part].map((table) => () => nftables.ensure(table)));
  return {
    kind: 'nftables',
    cover: async (all) => {
      addresses = all;
      rebuild();
      return NOTHING_TO_DO;
    },
    ensureFilter: () => ensure('filter'),
    ensureSnat: () => behind(ensure('snat'), leftovers),
    ensureMss: () => ensure('mss'),
    narrow: async (all, changed) => {
      if (!draining.update(all, changed)) return NOTHING_TO_DO;
      rebuild();
      return ensure('filter');
    },
    widen: nothing,
    auditServed: nothing,
    close: () => nftables.close(),
  };
}

/** What iptables needs in one family. */
interface IptablesFamily extends Owned {
  readonly iptables: Iptables;
  readonly served: Ipset;
  /** Only where single addresses may be bound. */
  readonly externalSet: Ipset | undefined;
}

const openFamily = (owned: Owned): IptablesFamily => ({
  ...owned,
  iptables: new Iptables(owned.family),
  served: new Ipset(SERVED_SET[owned.family]),
  externalSet: owned.external.length === 0 ? undefined : new Ipset(EXTERNAL_SET[owned.family]),
});

function iptablesFirewall(owned: readonly Owned[], mss: number | undefined): Firewall {
  const families = owned.map(openFamily);
  const each = (step: (family: IptablesFamily) => Promise<PartReport>): Promise<PartReport> =>
    inTurn(families.map((family) => () => step(family)));
  const unowned = FAMILIES.filter((family) => !owned.some((one) => one.family === family));
  const leftovers = once(() =>
    inTurn([() => removeNftables(new Set(SERVING_NFT_TABLES)), () => removeIptables(unowned)]),
  );
  return {
    kind: 'iptables',
    cover: (addresses) => each(async ({ externalSet }) => externalSet?.audit(addresses) ?? NOTHING_TO_DO),
    ensureFilter: () => each((one) => one.iptables.ensure(filterRules(one))),
    ensureSnat: () =>
      behind(
        each(({ family, iptables }) => iptables.ensure(snatRules(family))),
        leftovers,
      ),
    ensureMss: () => each((one) => ensureMss(one, mss)),
    narrow: (all, changed) => each(async ({ served }) => served.narrow(openOnes(all), changed)),
    widen: (all, changed) => each(async ({ served }) => served.widen(openOnes(all), changed)),
    auditServed: (all) => each(({ served }) => served.audit(openOnes(all))),
    close: () => {
      for (const { externalSet, iptables, served } of families) {
        iptables.close();
        served.close();
        externalSet?.close();
      }
    },
  };
}

/** Switched off, the mangle table is not even looked at where it does not exist: looking would make it. */
const ensureMss = async ({ family, iptables }: IptablesFamily, mss: number | undefined): Promise<PartReport> =>
  mss !== undefined || existingTables(family).includes('mangle')
    ? iptables.ensure(mssRules(family, mss))
    : NOTHING_TO_DO;
