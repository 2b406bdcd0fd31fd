import { type Address, familyOf } from '../address.ts';
import { compileService, type DesiredSettings, endpointsFor } from '../desired.ts';
import { addressesOf } from '../service-addresses.ts';
import type { Service, Skipped, Snapshot } from '../snapshot.ts';
import type { Status } from '../status.ts';
import type { Traffic } from '../traffic.ts';
import { type VirtualServerKey, virtualServerKey } from '../virtual-server.ts';
import { explainAddresses } from './addresses.ts';
import { explainEndpoints } from './endpoints.ts';
import type { AddressExplanation, Explanation, ServerExplanation, Verdict } from './explanation.ts';

/** What an explanation is made of. */
export interface Known {
  readonly snapshot: Snapshot;
  readonly settings: DesiredSettings;
  readonly status: Status;
}

/** The keys of all that a Service would have in the kernel, were there endpoints for each of its ports. */
export const keysOf = (service: Service, settings: DesiredSettings): VirtualServerKey[] =>
  addressesOf(service, settings).served.flatMap(({ address }) =>
    service.ports.map(({ port, protocol }) => virtualServerKey({ protocol, address, port })),
  );

/**
 * Why a Service is served by this node or why not.
 * @param key of a Service that the snapshot has
 * @param traffic of its virtual servers, with their real servers
 */
export function explainService(
  query: string,
  key: string,
  service: Service,
  { settings, snapshot, status }: Known,
  traffic: Traffic,
): Explanation {
  const addresses = explainAddresses(service, settings, status);
  const known = { settings, snapshot, status };
  const virtualServers = service.excluded === undefined ? explainServers(key, service, known, traffic) : [];
  const skipped = skippedOf(key, known);
  return {
    query,
    service: key,
    others: [],
    ...judge(service, addresses, virtualServers, status),
    addresses,
    virtualServers,
    skipped,
  };
}

function explainServers(key: string, service: Service, known: Known, traffic: Traffic): ServerExplanation[] {
  const { settings, snapshot } = known;
  const { skipped } = compileService(key, snapshot, settings);
  const vantage = { ...settings, zone: snapshot.zone };
  const slices = snapshot.slices.get(key) ?? [];
  return addressesOf(service, settings).served.flatMap(({ address, policy }) =>
    service.ports.map(({ name, port, protocol }): ServerExplanation => {
      const id = virtualServerKey({ protocol, address, port });
      const load = traffic.known ? traffic.virtualServers[id] : undefined;
      const endpoints = endpointsFor(slices, familyOf(address), { name, protocol });
      const lost = skippedOf(key, known).find(({ detail, reason }) => reason === 'port-conflict' && isOf(detail, id));
      const lack = (lost ?? skipped.find(({ detail }) => isOf(detail, id)))?.reason;
      return {
        key: id,
        protocol,
        address,
        port,
        name,
        policy,
        lack,
        load,
        inKernel: traffic.known ? load !== undefined : undefined,
        endpoints: explainEndpoints(endpoints, protocol, policy, vantage, lost ? [] : (load?.realServers ?? [])),
      };
    }),
  );
}

const isOf = (detail: string, key: VirtualServerKey): boolean => detail.startsWith(`${key} `);

/** What is left out of the Service, of a port of it, and of its EndpointSlices. */
export function skippedOf(key: string, { snapshot, status }: Omit<Known, 'settings'>): Skipped[] {
  const slices = (snapshot.slices.get(key) ?? []).map(({ name, namespace }) => `EndpointSlice ${namespace}/${name}`);
  const objects = [`Service ${key}`, ...slices];
  return status.skipped.filter(({ object }) => objects.some((one) => object === one || object.startsWith(`${one} `)));
}

function judge(
  { excluded }: Service,
  addresses: readonly AddressExplanation[],
  servers: readonly ServerExplanation[],
  status: Status,
): { verdict: Verdict; why: string } {
  if (excluded !== undefined) return { verdict: 'not-served', why: `fairlead leaves such a Service out: ${excluded}` };
  if (servers.length === 0) return { verdict: 'not-served', why: reasonOf(addresses) };
  const open = servers.filter(({ inKernel, lack }) => lack === undefined && inKernel !== false);
  const first = servers.find((server) => !open.includes(server));
  if (open.length === 0) return { verdict: 'not-served', why: first ? lackOf(first) : '' };
  const silent = open.every(({ address }) => !isReached(addresses, address));
  if (silent)
    return { verdict: 'not-announced', why: `this node takes connections, and nothing leads here: ${silence(status)}` };
  if (first)
    return { verdict: 'partly-served', why: `${open.length} of ${servers.length} virtual servers: ${lackOf(first)}` };
  return { verdict: 'served', why: 'each of its virtual servers takes connections' };
}

function reasonOf(addresses: readonly AddressExplanation[]): string {
  const refused = addresses.flatMap((one) => one.refused ?? [])[0];
  if (addresses.length === 0) return 'it has no address';
  return refused ? `${refused.detail} (${refused.reason})` : 'it has no port';
}

const lackOf = ({ inKernel, key, lack }: ServerExplanation): string =>
  lack ? `${key}: ${lack}` : inKernel === false ? `${key} is not in the kernel` : key;

const isReached = (addresses: readonly AddressExplanation[], address: Address): boolean => {
  const announced = addresses.find((one) => one.address === address)?.announced;
  return announced !== undefined && announced.state !== 'withdrawn';
};

const silence = ({ announcement }: Status): string =>
  announcement.state === 'announced'
    ? 'none of its addresses is announced'
    : `${announcement.state}: ${announcement.reason}`;
