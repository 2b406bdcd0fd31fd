import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';

/** A configuration file as far as a running agent can take it up. */
export interface Takeable {
  readonly config: Config;
  /** The keys that count only from the next start on. */
  readonly needsRestart: readonly string[];
}

/**
 * What others know this process by, or it shares with its sidecar: sockets that clients and the sidecar connect to, and which
 * gobgpd there is. An agent that went to another gobgpd by itself would leave the first one announcing.
 */
const FIXED: Readonly<Record<string, (config: Config) => unknown>> = {
  'bgp.gobgp': ({ bgp }) => bgp.gobgp,
  'bgp.tls': ({ bgp }) => bgp.tls,
  'deadman.socket': ({ deadman }) => deadman.socket,
  'http.socket': ({ http }) => http.socket,
  'http.address': ({ http }) => http.address,
  'http.metricsPort': ({ http }) => http.metricsPort,
};

/** @param started what the process has started with */
export function takeable(started: Config, file: Config): Takeable {
  const { gobgp, tls } = started.bgp;
  const { socket } = started.deadman;
  const needsRestart = Object.entries(FIXED).flatMap(([key, of]) =>
    isDeepStrictEqual(of(started), of(file)) ? [] : [key],
  );
  const config = {
    ...file,
    bgp: { ...file.bgp, gobgp, tls },
    deadman: { ...file.deadman, socket },
    http: started.http,
  };
  return { config, needsRestart };
}
