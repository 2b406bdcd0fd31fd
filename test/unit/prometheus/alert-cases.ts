/** Series by their names and labels, with values of one a minute as promtool writes them. */
export type Series = Readonly<Record<string, string>>;

/** When an alert is to fire two hours after these series began, and when it is not. */
export interface AlertCase {
  readonly fires: Series;
  readonly silent: readonly Series[];
}

const NODE = 'job="fairlead",instance="lb-1"';
const OTHER = 'job="fairlead",instance="lb-2"';
const announced = (node: string): string => `fairlead_announced{${node},prefix="10.99.66.0/23"}`;
const state = (name: string): string => `fairlead_announcement_state{${NODE},state="${name}"}`;
const stage = (name: string): string => `fairlead_drain_stage{${NODE},stage="${name}"}`;
const condition = (code: string): string => `fairlead_condition{${NODE},code="${code}"}`;
const established = `fairlead_peer_established{${NODE},peer="10.22.108.1"}`;
const bfd = `fairlead_peer_bfd_up{${NODE},peer="10.22.108.1"}`;
const bucket = (le: string): string => `fairlead_programming_duration_seconds_bucket{${NODE},le="${le}"}`;
const build = (node: string, version = '0.1.0'): string => `fairlead_build_info{${node},version="${version}"}`;

/** Of a condition that is to last: over, and come up only just now. */
const ofCondition = (code: string): AlertCase => ({
  fires: { [condition(code)]: '1x120' },
  silent: [{ [condition(code)]: '0x120' }, { [condition(code)]: '0x119 1' }],
});

/** By the name of the alert. The last value of `0x119 1` is that of the moment that is asked about. */
export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  FairleadRangeNotAnnounced: {
    fires: { [announced(NODE)]: '0x121', [announced(OTHER)]: '0x121' },
    silent: [{ [announced(NODE)]: '0x121', [announced(OTHER)]: '1x121' }, { [announced(NODE)]: '1x119 0' }],
  },
  FairleadRangeOneAnnouncer: {
    fires: { [announced(NODE)]: '1x121', [announced(OTHER)]: '0x121' },
    silent: [
      { [announced(NODE)]: '1x121', [announced(OTHER)]: '1x121' },
      { [announced(NODE)]: '1x121', [announced(OTHER)]: '1x115 0x5' },
      { [announced(NODE)]: '0x121', [announced(OTHER)]: '0x121' },
    ],
  },
  FairleadLastAnnouncer: ofCondition('last-announcer'),
  FairleadAgentsAbsent: { fires: {}, silent: [{ [build(NODE)]: '1x121' }] },
  FairleadAgentDown: {
    fires: { 'up{job="fairlead/fairlead",instance="lb-1"}': '0x121' },
    silent: [
      { 'up{job="fairlead",instance="lb-1"}': '1x121' },
      { 'up{job="fairlead",instance="lb-1"}': '1x119 0' },
      { 'up{job="another",instance="lb-1"}': '0x121' },
    ],
  },
  FairleadNodeWithdrawn: {
    fires: { [state('withdrawn')]: '1x121', [stage('withdrawn')]: '0x121' },
    silent: [
      { [state('withdrawn')]: '0x121' },
      { [state('withdrawn')]: '0x118 1x3' },
      { [state('withdrawn')]: '1x121', [stage('drained')]: '1x121' },
    ],
  },
  FairleadNodeDeprioritised: {
    fires: { [state('deprioritised')]: '1x121' },
    silent: [
      { [state('deprioritised')]: '0x110 1x11' },
      { [state('deprioritised')]: '1x121', [stage('deprioritised')]: '1x121' },
    ],
  },
  FairleadNodeFlaps: {
    fires: { [`fairlead_announcement_flaps{${NODE}}`]: '3x121' },
    silent: [{ [`fairlead_announcement_flaps{${NODE}}`]: '2x121' }],
  },
  FairleadDrainWaits: {
    fires: { [stage('waiting')]: '1x121' },
    silent: [{ [stage('waiting')]: '0x100 1x21' }],
  },
  FairleadDrainStuck: {
    fires: { [stage('deprioritised')]: '1x121', [condition('last-announcer')]: '1x121' },
    silent: [
      { [stage('deprioritised')]: '1x121', [condition('last-announcer')]: '0x121' },
      { [stage('deprioritised')]: '0x115 1x6', [condition('last-announcer')]: '1x121' },
      { [stage('drained')]: '1x121', [condition('last-announcer')]: '1x121' },
    ],
  },
  FairleadDrift: {
    fires: { [`fairlead_drift_total{${NODE},kind="snat"}`]: '0x100 1x21' },
    silent: [
      { [`fairlead_drift_total{${NODE},kind="snat"}`]: '7x121' },
      { [`fairlead_drift_total{${NODE},kind="snat"}`]: '0x10 7x111' },
    ],
  },
  FairleadKernelErrors: {
    fires: { [`fairlead_kernel_errors_total{${NODE},part="ipvs"}`]: '0+1x121' },
    silent: [
      { [`fairlead_kernel_errors_total{${NODE},part="ipvs"}`]: '5x121' },
      { [`fairlead_kernel_errors_total{${NODE},part="ipvs"}`]: '0x117 1x4' },
    ],
  },
  FairleadConntrackFilling: {
    fires: {
      [`fairlead_conntrack_entries{${NODE}}`]: '80x121',
      [`fairlead_conntrack_entries_limit{${NODE}}`]: '100x121',
    },
    silent: [
      { [`fairlead_conntrack_entries{${NODE}}`]: '70x121', [`fairlead_conntrack_entries_limit{${NODE}}`]: '100x121' },
      { [`fairlead_conntrack_entries{${NODE}}`]: '80x121', [`fairlead_conntrack_entries_limit{${NODE}}`]: '0x121' },
      {
        [`fairlead_conntrack_entries{${NODE}}`]: '1x111 80x10',
        [`fairlead_conntrack_entries_limit{${NODE}}`]: '100x121',
      },
    ],
  },
  FairleadProgrammingSlow: {
    fires: { [bucket('1')]: '0x121', [bucket('5')]: '0+1x121', [bucket('+Inf')]: '0+1x121' },
    silent: [
      { [bucket('1')]: '0+1x121', [bucket('5')]: '0+1x121', [bucket('+Inf')]: '0+1x121' },
      { [bucket('1')]: '7x121', [bucket('5')]: '9x121', [bucket('+Inf')]: '9x121' },
    ],
  },
  FairleadAgentBusy: {
    fires: { [`nodejs_eventloop_active_seconds_total{${NODE}}`]: '0+55x121', [build(NODE)]: '1x121' },
    silent: [
      { [`nodejs_eventloop_active_seconds_total{${NODE}}`]: '0+5x121', [build(NODE)]: '1x121' },
      { 'nodejs_eventloop_active_seconds_total{job="another",instance="web"}': '0+55x121', [build(NODE)]: '1x121' },
    ],
  },
  FairleadPeerDown: {
    fires: { [established]: '0x121' },
    silent: [{ [established]: '1x121' }, { [established]: '1x119 0' }],
  },
  FairleadPeerFlaps: {
    fires: { [`fairlead_sessions_lost_total{${NODE},peer="10.22.108.1"}`]: '0x90 1x5 2x5 3x21' },
    silent: [
      { [`fairlead_sessions_lost_total{${NODE},peer="10.22.108.1"}`]: '0x90 1x31' },
      { [`fairlead_sessions_lost_total{${NODE},peer="10.22.108.1"}`]: '0+1x30 30x91' },
    ],
  },
  FairleadBfdDown: {
    fires: { [bfd]: '0x121', [established]: '1x121' },
    silent: [
      { [bfd]: '1x121', [established]: '1x121' },
      { [bfd]: '0x121', [established]: '0x121' },
      { [bfd]: '1x118 0x3', [established]: '1x121' },
    ],
  },
  FairleadGobgpdSilent: ofCondition('gobgpd-unreachable'),
  FairleadDeadManMissing: ofCondition('deadman-missing'),
  FairleadSourceStale: ofCondition('source-stale'),
  FairleadConfigBad: ofCondition('config-stale'),
  FairleadCheckBroken: ofCondition('check-broken'),
  FairleadConditionLasts: {
    fires: { [condition('objects-skipped')]: '1x121' },
    silent: [
      { [condition('objects-skipped')]: '0x80 1x41' },
      // Has an alert of its own.
      { [condition('peer-down')]: '1x121' },
    ],
  },
  FairleadVersionsDiffer: {
    fires: { [build(NODE)]: '1x121', [build(OTHER, '0.2.0')]: '1x121' },
    silent: [
      { [build(NODE)]: '1x121', [build(OTHER)]: '1x121' },
      { [build(NODE)]: '1x121', [build(OTHER)]: '1x80', [build(OTHER, '0.2.0')]: '_x81 1x40' },
    ],
  },
};
