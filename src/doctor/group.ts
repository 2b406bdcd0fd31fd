import type { Config } from '../config/config.ts';
import type { Prefix } from '../model/address.ts';
import type { ResolvedPeers } from '../agent/peers.ts';
import type { ApiFacts } from './api-server.ts';
import type { Finding, Unknown } from './finding.ts';
import type { Network, Way } from './network.ts';
import type { GobgpdFacts } from './gobgpd.ts';

/** What several groups look at, looked at once. None of these rejects. */
export interface Subject {
  readonly config: Config;
  /** Undefined where no API server is asked. */
  readonly api: Promise<ApiFacts> | undefined;
  /** What this node serves: of the configuration, or of the ServiceCIDRs as the API has them; none where it does not say. */
  readonly ranges: Promise<readonly Prefix[]>;
  readonly network: Promise<Network | Unknown>;
  readonly peers: Promise<ResolvedPeers & { readonly ways: ReadonlyMap<string, Way | undefined> }>;
  readonly gobgpd: Promise<GobgpdFacts>;
  /** Whether an agent runs on this node. */
  readonly agent: Promise<boolean>;
}

/** What belongs together: its facts are gathered, and judged. Nothing is changed. What it rejects with is what keeps it from looking. */
export type Group = (subject: Subject) => Promise<Finding[]>;
