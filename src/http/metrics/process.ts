import type { Histogram } from '../../model/histogram.ts';
import { counter, type Family, gauge, histogram } from './family.ts';

/** What the process and its network namespace say of themselves at one moment. */
export interface Reading {
  readonly cpuSeconds: number;
  /** In bytes. */
  readonly residentMemory: number;
  readonly heapTotal: number;
  readonly heapUsed: number;
  readonly externalMemory: number;
  /** Undefined where the kernel does not say, as when there are no more to be had. */
  readonly openFds: number | undefined;
  readonly maxFds: number | undefined;
  /** As a Unix time. */
  readonly startedAtSeconds: number;
  readonly nodeVersion: string;
  /** How long the event loop has had something to do, since the start. */
  readonly loopActiveSeconds: number;
  /** How long something new had to wait for its turn just now. */
  readonly loopLagSeconds: number;
  /** Pauses for garbage collection, by kind, in seconds. */
  readonly collections: Readonly<Record<string, Histogram>>;
  /** Undefined where the kernel tracks no connections. */
  readonly conntrack: { readonly entries: number; readonly limit: number } | undefined;
  /** Undefined where the kernel has no IPVS. */
  readonly ipvs: IpvsTotals | undefined;
}

/** Of all virtual servers in the network namespace, also those of others, since it exists. */
export interface IpvsTotals {
  readonly connections: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Named as the client libraries of Prometheus name them, where they do. */
export function processFamilies(reading: Reading): Family[] {
  return [
    ...trafficFamilies(reading),
    counter('process_cpu_seconds_total', 'Processor time, user and system', reading.cpuSeconds),
    gauge('process_resident_memory_bytes', 'Resident memory', reading.residentMemory),
    gauge('process_open_fds', 'Open file descriptors', reading.openFds),
    gauge('process_max_fds', 'File descriptors there may be', reading.maxFds),
    gauge('process_start_time_seconds', 'When the process started, as a Unix time', reading.startedAtSeconds),
    gauge('nodejs_version_info', 'Always 1', [[{ version: reading.nodeVersion }, 1]]),
    gauge('nodejs_heap_size_total_bytes', 'Memory that V8 has for its heap', reading.heapTotal),
    gauge('nodejs_heap_size_used_bytes', 'Memory that is in use there', reading.heapUsed),
    gauge('nodejs_external_memory_bytes', 'Memory outside of it that is bound to its objects', reading.externalMemory),
    gauge(
      'nodejs_eventloop_lag_seconds',
      'How long something new waited for its turn just now',
      reading.loopLagSeconds,
    ),
    counter(
      'nodejs_eventloop_active_seconds_total',
      'Time the event loop had something to do',
      reading.loopActiveSeconds,
    ),
    histogram(
      'nodejs_gc_duration_seconds',
      'Pauses for garbage collection, by kind',
      Object.entries(reading.collections).map(([kind, pauses]) => [{ kind }, pauses]),
    ),
  ];
}

const inAndOut = (into: number, out: number) => [
  [{ direction: 'in' }, into] as const,
  [{ direction: 'out' }, out] as const,
];

function trafficFamilies({ conntrack, ipvs }: Reading): Family[] {
  return [
    counter(
      'fairlead_ipvs_connections_total',
      'Connections through IPVS, the probe and others included',
      ipvs?.connections,
    ),
    counter(
      'fairlead_ipvs_packets_total',
      'Packets through IPVS, by direction',
      ipvs && inAndOut(ipvs.packetsIn, ipvs.packetsOut),
    ),
    counter(
      'fairlead_ipvs_bytes_total',
      'Bytes through IPVS, by direction',
      ipvs && inAndOut(ipvs.bytesIn, ipvs.bytesOut),
    ),
    gauge('fairlead_conntrack_entries', 'Connections in the conntrack table', conntrack?.entries),
    gauge('fairlead_conntrack_entries_limit', 'Connections that may be in it; 0 for any number', conntrack?.limit),
  ];
}

/** The soft limit in /proc/self/limits; undefined where there is none. */
export function maxFdsIn(limits: string): number | undefined {
  const [, soft] = /^Max open files +(\d+) /m.exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

/**
 * The totals in /proc/net/ip_vs_stats, hexadecimal behind two lines of headings (ip_vs_stats_show in
 * net/netfilter/ipvs/ip_vs_ctl.c). Undefined where it reads otherwise.
 */
export function ipvsTotals(statistics: string): IpvsTotals | undefined {
  const words = statistics.split('\n')[2]?.trim().split(/\s+/) ?? [];
  const [connections, packetsIn, packetsOut, bytesIn, bytesOut] = words.map((word) => Number.parseInt(word, 16));
  if (connections === undefined || packetsIn === undefined || packetsOut === undefined) return undefined;
  if (bytesIn === undefined || bytesOut === undefined || !words.every((word) => /^[\dA-F]+$/i.test(word)))
    return undefined;
  return { connections, packetsIn, packetsOut, bytesIn, bytesOut };
}
