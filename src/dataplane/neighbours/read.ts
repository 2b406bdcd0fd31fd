import { existsSync } from 'node:fs';
import { type Address, FAMILIES, type Family, type Prefix } from '../../model/address.ts';
import { existingTables, XtablesFingerprint } from '../firewall/xtables.ts';
import { Links } from '../netlink/link.ts';
import { NETLINK_NETFILTER, NetlinkSocket } from '../netlink/socket.ts';
import { chainDestinations, elementAddresses, namesOf, ruleDestinations } from './parse.ts';
import { FILES, LINKS, type Neighbour, neighboursOf, type Place } from './plan.ts';

/** include/uapi/linux/netfilter/nfnetlink.h and nf_tables.h */
const NFNL_SUBSYS_NFTABLES = 10 << 8;
const GET = { table: 1, rule: 7, set: 10, element: 13, generation: 16 } as const;
const TABLE_OF = 1;
const NAME_INSIDE = 2;
const FAMILY = { any: 0, ip: 2, ip6: 10 } as const;

const CHAIN = 'KUBE-SERVICES';
/** kube-proxy's names in nftables mode (pkg/proxy/nftables/proxier.go). */
const KUBE_PROXY = 'kube-proxy';
const SERVICES = 'service-ips';

/** A kube-proxy that starts while we serve takes the packets over at once, and serves them. */
const LOOK_EVERY_MS = 5000;

/** A table that changes while it is read is read again so many times. */
const ATTEMPTS = 5;

/** Looks for other programs that serve Services in this network namespace. Only reads, and starts no process. */
export class Neighbourhood {
  readonly #ranges: readonly Prefix[];
  readonly #links = new Links();
  readonly #netfilter = new NetlinkSocket(NETLINK_NETFILTER);
  #found: readonly Neighbour[];
  #dueAt = 0;

  /** Looks for the first time. Throws `netlink-failed` or `kernel-refused` where that cannot be done. */
  constructor(ranges: readonly Prefix[]) {
    this.#ranges = ranges;
    this.#found = this.#find(ATTEMPTS);
  }

  close(): void {
    this.#links.close();
    this.#netfilter.close();
  }

  /** The neighbours that own Services of our ranges, as they were within the last five seconds. */
  look(): readonly Neighbour[] {
    const now = performance.now();
    if (now < this.#dueAt) return this.#found;
    this.#dueAt = now + LOOK_EVERY_MS;
    try {
      this.#found = this.#find(ATTEMPTS);
    } catch {
      // Somebody rewrites a table all the time: what was last seen stands until the next look.
    }
    return this.#found;
  }

  #find(attempts: number): Neighbour[] {
    try {
      return neighboursOf(this.#sightings(), this.#ranges);
    } catch (error) {
      if (attempts > 1) return this.#find(attempts - 1);
      throw error;
    }
  }

  #sightings() {
    return {
      links: this.#links.present([...LINKS.keys()]),
      files: new Set([...FILES.keys()].filter((file) => existsSync(file))),
      addresses: [...this.#iptables(), ...this.#nftables()],
    };
  }

  /** Asking for a table makes the kernel load it, so only a table that is loaded already is asked for. */
  *#iptables(): Generator<[Place, Iterable<Address>]> {
    for (const family of FAMILIES) {
      if (existingTables(family).includes('nat'))
        yield ['iptables', chainDestinations(family, natTable(family), CHAIN)];
    }
  }

  *#nftables(): Generator<[Place, Iterable<Address>]> {
    if (!this.#hasNftables()) return;
    const tables = namesOf('table', this.#dump(GET.table, FAMILY.any));
    for (const family of [FAMILY.ip, FAMILY.ip6]) {
      if (tables.has(`${family}/nat`)) {
        yield ['iptables-nft', ruleDestinations(this.#dump(GET.rule, family, 'nat', CHAIN))];
      }
      if (tables.has(`${family}/${KUBE_PROXY}`)) yield ['nftables', this.#kubeProxyServices(family)];
    }
  }

  #kubeProxyServices(family: number): Iterable<Address> {
    const sets = namesOf('set', this.#dump(GET.set, family, KUBE_PROXY));
    return sets.has(`${family}/${SERVICES}`)
      ? elementAddresses(this.#dump(GET.element, family, KUBE_PROXY, SERVICES))
      : [];
  }

  #hasNftables(): boolean {
    try {
      this.#netfilter.get({ type: NFNL_SUBSYS_NFTABLES | GET.generation, fixed: nfgenmsg(FAMILY.any) });
      return true;
    } catch {
      // A kernel without nf_tables, as a rule. One that refuses us for want of a right will refuse everything else.
      return false;
    }
  }

  #dump(command: number, family: number, table?: string, name?: string): Buffer[] {
    const messages = this.#netfilter.dump({
      type: NFNL_SUBSYS_NFTABLES | command,
      fixed: nfgenmsg(family),
      attributes: (writer) => {
        if (table !== undefined) writer.text(TABLE_OF, table);
        if (name !== undefined) writer.text(NAME_INSIDE, name);
      },
    });
    return messages.map(({ payload }) => payload);
  }
}

function natTable(family: Family): Buffer {
  const xtables = new XtablesFingerprint(family);
  try {
    return xtables.read('nat');
  } finally {
    xtables.close();
  }
}

/** struct nfgenmsg: the family, version 0, no resource. */
const nfgenmsg = (family: number): Uint8Array => Uint8Array.of(family, 0, 0, 0);
