import type { Reading } from '../../../src/http/metrics/process.ts';
import { emptyHistogram, observed } from '../../../src/model/histogram.ts';

/** What a made-up process and its kernel say. */
export const READING: Reading = {
  cpuSeconds: 1.5,
  residentMemory: 90_000_000,
  heapTotal: 30_000_000,
  heapUsed: 20_000_000,
  externalMemory: 5_000_000,
  openFds: 40,
  maxFds: 1024,
  startedAtSeconds: 1_700_000_000,
  nodeVersion: 'v24.0.0',
  loopActiveSeconds: 0.75,
  loopLagSeconds: 0.0002,
  collections: { minor: observed(emptyHistogram([0.001, 0.01]), 0.002) },
  conntrack: { entries: 1000, limit: 262_144 },
  ipvs: { connections: 7, packetsIn: 70, packetsOut: 60, bytesIn: 7000, bytesOut: 60_000 },
};
