import type { Address } from '../model/address.ts';
import type { Config, Graces, HealthConfig } from './config.ts';
import { toAnnouncement, toBgp } from './convert-bgp.ts';
import { type ConfigFile, namespace } from './schema.ts';

/** What the file need not hold. */
interface Surroundings {
  readonly node: string;
  readonly routerId: Address;
  readonly podNamespace: string | undefined;
}

/** The configuration that a well-formed file stands for. */
export function toConfig(file: ConfigFile, { node, podNamespace, routerId }: Surroundings): Config {
  const { source, ranges, dataplane, health, cluster, bgp, deadman, http } = file;
  return {
    node,
    source,
    ranges: ranges === 'auto' ? [] : ranges.map(({ prefix }) => prefix),
    rangesFrom: ranges === 'auto' ? 'service-cidrs' : 'configuration',
    dataplane: toDataplane(dataplane),
    health: toHealth(health),
    announcement: toAnnouncement(file),
    cluster: {
      namespace: cluster.namespace ?? namespace.safeParse(podNamespace).data ?? 'fairlead',
      leaseDurationMs: cluster.leaseDuration,
    },
    bgp: toBgp(bgp, routerId),
    deadman: { socket: deadman.socket, crash: toGraces(deadman.crash), hang: toGraces(deadman.hang) },
    http,
  };
}

function toHealth({ checks, fall, fastInterval, interval, rise, splay, timeout }: ConfigFile['health']): HealthConfig {
  return {
    intervalMs: interval,
    fastIntervalMs: fastInterval,
    timeoutMs: timeout,
    rise,
    fall,
    splayMs: splay,
    checks: checks.map((own) => ({
      name: own.name,
      target: own.target,
      effect: own.effect,
      intervalMs: own.interval ?? interval,
      timeoutMs: own.timeout ?? timeout,
      rise: own.rise ?? rise,
      fall: own.fall ?? fall,
    })),
  };
}

const toGraces = ({ deprioritise, withdraw }: ConfigFile['deadman']['crash']): Graces => ({
  deprioritiseMs: deprioritise,
  withdrawMs: withdraw,
});

/** What a path with room for 1,360 bytes of IPv4 can carry: tunnels and access lines in use have that much. */
const DEFAULT_MSS = 1320;

function toDataplane({ scheduler, drainTimeout, mssClamp, auditInterval, ...rest }: ConfigFile['dataplane']) {
  const bytes = mssClamp === 'auto' ? DEFAULT_MSS : mssClamp;
  return {
    ...rest,
    scheduling: scheduler,
    drainMs: drainTimeout,
    mssClamp: bytes === 'off' ? undefined : bytes,
    auditMs: auditInterval,
  };
}
