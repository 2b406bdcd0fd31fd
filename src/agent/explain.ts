import { suggest } from '../config/suggest.ts';
import { parseAddress, prefixContains } from '../model/address.ts';
import { explainService, keysOf, type Known, skippedOf } from '../model/explain/explain.ts';
import type { Explanation } from '../model/explain/explanation.ts';
import type { Service, Snapshot } from '../model/snapshot.ts';
import type { Status } from '../model/status.ts';
import { UNREAD } from '../model/traffic.ts';
import { desiredSettings } from './desired-settings.ts';
import type { AgentParts } from './parts.ts';

type Parts = Pick<AgentParts, 'config' | 'kernel' | 'ranges' | 'source'>;

/**
 * Why a Service is served by this node or why not. The kernel is asked of its virtual servers.
 * @param query `namespace/name`, a name in `default`, or an address of a Service, with or without a port
 */
export async function explainQuery(query: string, parts: Parts, status: Status): Promise<Explanation> {
  const known = { snapshot: parts.source.snapshot(), settings: desiredSettings(parts), status };
  const [key, ...others] = servicesFor(query, known.snapshot);
  const service = key === undefined ? undefined : known.snapshot.services.get(key);
  if (key === undefined || service === undefined) return notFound(query, known);
  const traffic = (await parts.kernel?.traffic(keysOf(service, known.settings))) ?? UNREAD;
  return { ...explainService(query, key, service, known, traffic), others };
}

/** `tcp/`, an address, and a port; each but the address may be left out. */
const ENDPOINT = /^(?:(tcp|udp|sctp)\/)?(?:\[([^\]]+)\](?::(\d+))?|([\d.]+)(?::(\d+))?|([\da-f:]+))$/i;

/** The keys of the Services that are meant; those that have the port come before those that have the address alone. */
function servicesFor(query: string, { services }: Snapshot): string[] {
  const [, protocol, six, sixPort, four, fourPort, bare] = ENDPOINT.exec(query) ?? [];
  const address = parseAddress(six ?? four ?? bare ?? '');
  const name = query.includes('/') ? query : `default/${query}`;
  if (address === undefined) return services.has(name) ? [name] : [];
  const port = Number(sixPort ?? fourPort ?? 0);
  const has = (service: Service): boolean =>
    service.ports.some((one) => one.port === port && (protocol === undefined || one.protocol === protocol));
  const having = [...services].filter(([, one]) =>
    [...one.clusterIPs, ...one.externalIPs, ...one.loadBalancerIPs].includes(address),
  );
  return having.toSorted(([a, x], [b, y]) => Number(has(y)) - Number(has(x)) || (a < b ? -1 : 1)).map(([key]) => key);
}

function notFound(query: string, { settings, snapshot, status }: Known): Explanation {
  const address = parseAddress(
    ENDPOINT.exec(query)
      ?.slice(2)
      .find((part) => part && parseAddress(part)) ?? '',
  );
  const name = query.includes('/') ? query : `default/${query}`;
  const skipped = address === undefined ? skippedOf(name, { snapshot, status }) : [];
  return {
    query,
    service: undefined,
    others: address === undefined ? namesLike(query, name, snapshot) : [],
    verdict: 'not-served',
    why: whyNotFound(name, address, settings.ranges, status, skipped.length > 0),
    addresses: [],
    virtualServers: [],
    skipped,
  };
}

function whyNotFound(
  name: string,
  address: string | undefined,
  ranges: readonly string[],
  { canaries, source, virtualServers }: Status,
  isSkipped: boolean,
): string {
  if (!source.synced) return `the ${source.kind} have not been read completely yet`;
  if (isSkipped) return `Service ${name} cannot be understood`;
  if (address === undefined) return `there is no Service ${name} among the ${source.services} that are known`;
  const isOurs = virtualServers.some((one) => one.address === address) && canaries.some((key) => key.includes(address));
  if (isOurs) return `${address} is that of the canary, by which the agent probes its own data plane`;
  const range = ranges.find((one) => prefixContains(one, address));
  return `no Service has ${address}, which lies in ${range ?? 'no range of this node'}`;
}

/** The one that was most likely meant, and those of the same name in other namespaces. */
function namesLike(query: string, name: string, { services }: Snapshot): string[] {
  const short = query.split('/').at(-1);
  const elsewhere = [...services.keys()].filter((key) => key.split('/')[1] === short);
  const close = suggest(name, [...services.keys()]);
  return [...new Set([...elsewhere.toSorted(), ...(close === undefined ? [] : [close])])].slice(0, MOST_NAMES);
}

const MOST_NAMES = 5;
