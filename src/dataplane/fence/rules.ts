import { FAMILIES, type Family } from '../../model/address.ts';
import type { FirewallKind } from '../firewall/firewall.ts';
import { Iptables } from '../firewall/iptables.ts';
import { Nftables } from '../firewall/nftables.ts';
import { inTurn, type PartReport } from '../part.ts';
import { fenceRules, fenceTable, type Sessions, sessionsIn } from './want.ts';

/** What keeps sessions down, in one of the kernel's two firewalls. `removeFences` takes it away. */
export interface Rules {
  ensure(sessions: Sessions): Promise<PartReport>;
  close(): void;
}

export const openRules = (firewall: FirewallKind): Rules => (firewall === 'nftables' ? nftRules() : iptablesRules());

function nftRules(): Rules {
  const nftables = new Nftables();
  return {
    ensure: (sessions) => eachFamily(sessions, (family, own) => nftables.ensure(fenceTable(family, own))),
    close: () => nftables.close(),
  };
}

function iptablesRules(): Rules {
  const opened = new Map<Family, Iptables>();
  const open = (family: Family): Iptables => {
    const iptables = opened.get(family) ?? new Iptables(family);
    opened.set(family, iptables);
    return iptables;
  };
  return {
    ensure: (sessions) => eachFamily(sessions, async (family, own) => open(family).ensure(fenceRules(family, own))),
    close: () => {
      for (const iptables of opened.values()) iptables.close();
    },
  };
}

/** The families that have a peer: the other one may not exist here. */
const eachFamily = (
  sessions: Sessions,
  ensure: (family: Family, own: Sessions) => Promise<PartReport>,
): Promise<PartReport> =>
  inTurn(
    FAMILIES.flatMap((family) => {
      const own = sessionsIn(family, sessions);
      return own.peers.length === 0 ? [] : [() => ensure(family, own)];
    }),
  );
