import { runCommand } from '../dataplane/command.ts';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { FAMILIES, type Prefix } from '../model/address.ts';
import { formatEndpoint } from '../model/virtual-server.ts';
import type { Group } from './group.ts';
import { FOREIGN, type HeldServer, leftoverFindings, neighbourFindings, PROXIES } from './leftovers.ts';
import { textIn } from './look.ts';

const servedOf = ({ externalIPs, loadBalancerIPs }: Config['dataplane'], ranges: readonly Prefix[]): Prefix[] => [
  ...ranges,
  ...externalIPs,
  ...loadBalancerIPs,
];

export const neighbourGroup: Group = async ({ config, ranges }) => {
  const { Neighbourhood } = await import('../dataplane/neighbours/read.ts');
  const neighbourhood = new Neighbourhood(servedOf(config.dataplane, await ranges));
  try {
    return neighbourFindings(config.dataplane.mode, neighbourhood.look(), proxies());
  } finally {
    neighbourhood.close();
  }
};

export const leftoverGroup: Group = async ({ agent, config, ranges }) => {
  const served = servedOf(config.dataplane, await ranges);
  const [ours, sets, tables] = await Promise.all([ownTraces(), ipsets(), nftTables()]);
  return leftoverFindings({
    agent: await agent,
    servers: await serversIn(served),
    ours: [...ours, ...sets.filter(isOurs), ...tables.filter(isOurs).map((name) => `the table ${name}`)],
    foreign: [...sets, ...tables].filter((name) => FOREIGN.some(([names]) => names.test(name))),
  });
};

const isOurs = (name: string): boolean => name.startsWith('fairlead-');

async function serversIn(served: readonly Prefix[]): Promise<HeldServer[] | undefined> {
  if (textIn('/proc/net/ip_vs') === undefined) return undefined;
  const { IpvsNetlink } = await import('../dataplane/ipvs/netlink.ts');
  const { ownerOf } = await import('../dataplane/ipvs/ownership.ts');
  const owns = ownerOf(served);
  const kernel = new IpvsNetlink();
  try {
    return kernel
      .services()
      .filter(({ address }) => owns(address))
      .map((service) => ({ endpoint: formatEndpoint(service), protocol: service.protocol }));
  } finally {
    kernel.close();
  }
}

/** Routes and iptables rules that carry our mark. Asks for no table that is not there already. */
async function ownTraces(): Promise<string[]> {
  const { RangeRoutes } = await import('../dataplane/vip/apply.ts');
  const { existingTables, XtablesFingerprint } = await import('../dataplane/firewall/xtables.ts');
  const { ALL_TRACES } = await import('../dataplane/firewall/plan.ts');
  const routes = new RangeRoutes();
  const count = routes.read().length;
  routes.close();
  const chains = FAMILIES.some((family) => {
    const tables = existingTables(family);
    if (tables.length === 0) return false;
    const reader = new XtablesFingerprint(family);
    const isMarked = tables.some((table) =>
      ALL_TRACES.bytes.test(readAgain(() => reader.read(table)).toString('latin1')),
    );
    reader.close();
    return isMarked;
  });
  return [...(count > 0 ? [`${count} routes`] : []), ...(chains ? ['rules of iptables'] : [])];
}

/** The kernel refuses to show a table that changes at this very moment, as an agent's may. */
function readAgain<T>(read: () => T, attempts = 5): T {
  try {
    return read();
  } catch (error) {
    if (attempts > 1) return readAgain(read, attempts - 1);
    throw error;
  }
}

/** Where ipset was never loaded there is none, and asking would load it. */
async function ipsets(): Promise<string[]> {
  if (!existsSync('/sys/module/ip_set')) return [];
  return lines(await runCommand(['ipset', 'list', '-name']));
}

async function nftTables(): Promise<string[]> {
  const { hasNfTables } = await import('../dataplane/firewall/remove.ts');
  if (!hasNfTables()) return [];
  return lines(await runCommand(['nft', 'list', 'tables'])).map((line) => line.split(' ').at(-1) ?? '');
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean);

/** Programs of this network namespace, as far as they can be seen from here. */
function proxies(): { name: string; pid: number }[] {
  const here = readlinkSync('/proc/self/ns/net');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const name = commOf(pid, here);
      return name !== undefined && PROXIES.has(name) ? [{ name, pid: Number(pid) }] : [];
    });
}

/** A process may end while it is looked at. */
function commOf(pid: string, namespace: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) === namespace ? textIn(`/proc/${pid}/comm`) : undefined;
  } catch {
    return undefined;
  }
}
