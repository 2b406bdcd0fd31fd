import type { Prefix } from '../../model/address.ts';
import type { Served } from '../filter/plan.ts';
import { ServedSet } from '../filter/served-set.ts';
import { filterRules, filterTable } from '../filter/want.ts';
import { NOTHING_TO_DO, type PartReport } from '../part.ts';
import { snatRules, snatTable } from '../snat/want.ts';
import { Iptables } from './iptables.ts';
import { hasNftables, Nftables } from './nftables.ts';

export type FirewallKind = 'nftables' | 'iptables';

/** The filter and the SNAT rule in one of the kernel's two firewalls. */
export interface Firewall {
  readonly kind: FirewallKind;
  ensureFilter(): Promise<PartReport>;
  ensureSnat(): Promise<PartReport>;
  /** Tells the filter which of the changed keys are no longer served, before IPVS lets go of them. */
  narrow(served: Served, changed: Iterable<string>): Promise<PartReport>;
  /** Tells the filter which of the changed keys are served, once IPVS has them. */
  widen(served: Served, changed: Iterable<string>): Promise<PartReport>;
  /** Reads what the filter has been told, and puts it right: work by the number of all virtual servers. */
  auditServed(served: Served): Promise<PartReport>;
  close(): void;
}

/** The firewall of this kernel for the given ranges; `auto` prefers nf_tables, whose tables nobody else rewrites. */
export async function createFirewall(choice: FirewallKind | 'auto', ranges: readonly Prefix[]): Promise<Firewall> {
  const kind = choice === 'auto' ? await preferredKind() : choice;
  return kind === 'nftables' ? nftablesFirewall(ranges) : iptablesFirewall(ranges);
}

const preferredKind = async (): Promise<FirewallKind> => ((await hasNftables()) ? 'nftables' : 'iptables');

/** nf_tables sees behind IPVS, so there is no list of what is served to keep. */
const nothing = async (): Promise<PartReport> => NOTHING_TO_DO;

function nftablesFirewall(ranges: readonly Prefix[]): Firewall {
  const nftables = new Nftables();
  return {
    kind: 'nftables',
    ensureFilter: () => nftables.ensure(filterTable(ranges)),
    ensureSnat: () => nftables.ensure(snatTable(ranges)),
    narrow: nothing,
    widen: nothing,
    auditServed: nothing,
    close: () => nftables.close(),
  };
}

function iptablesFirewall(ranges: readonly Prefix[]): Firewall {
  const iptables = new Iptables();
  const served = new ServedSet();
  return {
    kind: 'iptables',
    ensureFilter: () => iptables.ensure(filterRules(ranges)),
    ensureSnat: () => iptables.ensure(snatRules),
    narrow: async (keys, changed) => served.narrow(keys, changed),
    widen: async (keys, changed) => served.widen(keys, changed),
    auditServed: (keys) => served.audit(keys),
    close: () => {
      iptables.close();
      served.close();
    },
  };
}
