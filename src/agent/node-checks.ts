import type { BgpState } from '../bgp/speaker.ts';
import type { Config } from '../config/config.ts';
import type { Check, Finding } from '../health/check.ts';
import { ConntrackHeadroom } from '../health/conntrack.ts';
import { runOwnCheck } from '../health/own/own.ts';
import type { UplinkCheck } from '../health/uplink.ts';
import type { SourceStatus } from '../model/status.ts';
import { type CheckName, ownCheckName } from './checks.ts';

/** What checks of this node look at. */
interface Places {
  readonly uplink: UplinkCheck;
  readonly bgp: () => BgpState;
  readonly source: () => SourceStatus;
}

/** The checks of this node beside those of the data plane and the probe and those of the operator. */
export function nodeChecks({ health }: Config, { bgp, source, uplink }: Places): Check[] {
  const headroom = new ConntrackHeadroom();
  const looks: [CheckName, () => Finding | undefined][] = [
    ['headroom', () => headroom.look()],
    ['uplink', () => uplink.look()],
    ['gobgpd', () => gobgpdFinding(bgp())],
    ['source', () => sourceFinding(source())],
  ];
  return looks.map(([name, look]) => ({ name, cadence: health, thresholds: health, run: async () => look() }));
}

/** The operator's own checks. */
export const ownChecks = ({ health }: Config): Check[] =>
  health.checks.map((own) => ({
    name: ownCheckName(own),
    cadence: { intervalMs: own.intervalMs, fastIntervalMs: health.fastIntervalMs },
    thresholds: own,
    run: (signal) => runOwnCheck(own, signal),
  }));

const gobgpdFinding = ({ problem, reachable }: BgpState): Finding => ({
  ok: reachable,
  detail: reachable ? 'answers' : (problem ?? 'no answer yet'),
});

/** Nothing is withdrawn for a source that has become silent: what was last known is served on. */
const sourceFinding = ({ problem, synced }: SourceStatus): Finding => ({
  ok: synced && problem === undefined,
  detail: problem ?? (synced ? 'answers' : 'the first reading is under way'),
});
