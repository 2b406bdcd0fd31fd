import { describe, expect, test } from 'vitest';
import { noChecksYet, record } from '../../../src/agent/checks.ts';
import { conditionsOf, type Findings } from '../../../src/agent/conditions.ts';
import { CONDITIONS } from '../../../src/model/condition.ts';
import type { PeerStatus } from '../../../src/model/path.ts';
import { type Skipped, type SkipReason, SKIP_REASONS } from '../../../src/model/snapshot.ts';

const RANGE = '10.99.66.0/23';
const peer = (address: string, state: PeerStatus['state']): PeerStatus => ({
  address,
  as: 64500,
  state,
  advertised: [],
});
const skipped = (reason: SkipReason): Skipped => ({ object: 'Service default/web', reason, detail: '' });
/** What leaving something out for is nobody's business. */
const ORDINARY: readonly SkipReason[] = ['headless', 'external-name', 'other-proxy', 'external-ip-off'];

const WELL: Findings = {
  checks: noChecksYet('ipvs'),
  own: [],
  mode: 'ipvs',
  neighbours: [],
  source: { kind: 'manifests', synced: true, lastContactAt: 1, problem: undefined, services: 1, slices: 1 },
  ranges: { usable: [RANGE], overlaps: [] },
  withoutNextHop: [],
  weightProblem: undefined,
  census: undefined,
  heldBack: undefined,
  skipped: [],
  contested: [],
  missingSchedulers: [],
  bgp: {
    reachable: true,
    silent: false,
    version: 'v4',
    problem: undefined,
    inSync: true,
    prefixes: [],
    peers: [peer('10.22.108.1', 'established')],
    withdrawingSince: undefined,
  },
  accept: [],
  peerProblems: [],
  sessions: new Map(),
  now: 0,
  fence: undefined,
  unwatched: undefined,
  staleConfig: [],
  needsRestart: [],
};

/** A session has stood for a minute, and a default route of each family is to be let in. */
const SETTLED: Partial<Findings> = {
  accept: ['0.0.0.0/0', '::/0'],
  sessions: new Map([['10.22.108.1', { since: 0, changedAt: 0, losses: [] }]]),
  now: 60_000,
};

const conditions = (findings: Partial<Findings>): string[] =>
  conditionsOf({ ...WELL, ...findings }).map(({ code, detail }) => `${code}: ${detail}`);
const source = (fields: Partial<Findings['source']>): Pick<Findings, 'source'> => ({
  source: { ...WELL.source, ...fields },
});
const bgp = (fields: Partial<Findings['bgp']>): Pick<Findings, 'bgp'> => ({ bgp: { ...WELL.bgp, ...fields } });

describe('conditions', () => {
  test.each<[string, Partial<Findings>, string[]]>([
    ['there are none while all is well', {}, []],
    [
      'unknown others are one, where they matter',
      { census: { known: false, why: 'no answer' } },
      ['census-unknown: no answer'],
    ],
    ['a fence that is raised is one', { fence: 'gobgpd hangs' }, ['gobgpd-fenced: gobgpd hangs']],
    ['a missing sidecar is one', { unwatched: 'nobody listens' }, ['deadman-missing: nobody listens']],
    ['a bad configuration file is one', { staleConfig: ['f:1:1 a'] }, ['config-stale: f:1:1 a']],
    [
      'with several problems it names the first',
      { staleConfig: ['f:1:1 a', 'f:2:1 b'] },
      ['config-stale: f:1:1 a, and 1 more'],
    ],
    [
      'what is not known of a peer is one for each',
      { peerProblems: ['gateway/ipv4: no default route', '10.22.108.2: empty'] },
      ['peer-unresolved: gateway/ipv4: no default route', 'peer-unresolved: 10.22.108.2: empty'],
    ],
    [
      'BFD that gobgpd has not is one, whatever the session',
      bgp({ peers: [{ ...peer('10.22.108.1', 'established'), bfd: 'unsupported' }] }),
      ['bfd-unsupported: 10.22.108.1 has a session without BFD'],
    ],
    [
      'BFD that is not up is one beside a session that is',
      { ...SETTLED, accept: [], ...bgp({ peers: [{ ...peer('10.22.108.1', 'established'), bfd: 'init' }] }) },
      ['bfd-down: 10.22.108.1 is established, and its BFD is init'],
    ],
    [
      'BFD of a session that is down is none',
      bgp({ peers: [{ ...peer('10.22.108.1', 'active'), bfd: 'down' }] }),
      ['peer-down: 10.22.108.1 is active'],
    ],
    [
      'and none before the session has stood for a moment',
      { ...SETTLED, now: 5000, ...bgp({ peers: [{ ...peer('10.22.108.1', 'established'), bfd: 'init' }] }) },
      [],
    ],
    [
      'BFD that is up is none',
      { ...SETTLED, accept: [], ...bgp({ peers: [{ ...peer('10.22.108.1', 'established'), bfd: 'up' }] }) },
      [],
    ],
    [
      'a prefix that is let in and that nobody announces is one, once a session has stood for a moment',
      { ...SETTLED, ...bgp({ peers: [{ ...peer('10.22.108.1', 'established'), accepted: ['::/0'] }] }) },
      ['path-not-accepted: 0.0.0.0/0 is announced by no peer'],
    ],
    ['and no prefix is missed before', { ...SETTLED, now: 5000 }, []],
    [
      'one that any peer announces is none',
      {
        ...SETTLED,
        ...bgp({
          peers: [
            peer('10.22.108.1', 'established'),
            { ...peer('10.22.108.2', 'active'), accepted: ['0.0.0.0/0', '::/0'] },
          ],
        }),
      },
      ['peer-down: 10.22.108.2 is active'],
    ],
    [
      'a session that is lost again and again is one',
      { sessions: new Map([['10.22.108.1', { since: 0, changedAt: 0, losses: [1, 2, 3] }]]) },
      ['peer-flapping: 10.22.108.1 was lost 3 times in 10 minutes'],
    ],
    ['known others are none', { census: { known: true, turns: [], others: [], confirmed: false } }, []],
    [
      'a withdrawal that is put off is one',
      { heldBack: '0 other nodes announce' },
      ['last-announcer: 0 other nodes announce'],
    ],
    [
      'an unhealthy check is one',
      { checks: record(noChecksYet('ipvs'), 'probe', { ok: false, detail: 'timed-out' }, { rise: 1, fall: 1 }) },
      ['probe-failed: timed-out'],
    ],
    [
      'another owner of the Services is one, and every trace of it is named',
      {
        neighbours: [
          { name: 'kube-proxy (iptables)', evidence: 'the chain KUBE-SERVICES of iptables has 10.99.66.1' },
          { name: 'kube-router', evidence: 'the interface kube-dummy-if' },
        ],
      },
      [
        'neighbour-owns-services: kube-proxy (iptables): the chain KUBE-SERVICES of iptables has 10.99.66.1; ' +
          'kube-router: the interface kube-dummy-if',
      ],
    ],
    [
      'with mode none it is wanted',
      { mode: 'none', neighbours: [{ name: 'kube-router', evidence: 'the interface kube-dummy-if' }] },
      [],
    ],
    [
      'with mode none its absence is reported',
      { mode: 'none' },
      ['no-service-proxy: found neither kube-proxy nor kube-router nor Cilium with Services of the ranges'],
    ],
    ['before the first look nothing is said about neighbours', { mode: 'none', neighbours: undefined }, []],
    [
      'what somebody else changes again and again is named',
      { contested: ['tcp/10.99.66.10:80', 'tcp/10.99.66.11:80 10.1.0.101:8080'] },
      ['ipvs-contested: tcp/10.99.66.10:80, tcp/10.99.66.11:80 10.1.0.101:8080'],
    ],
    [
      'a scheduler that the kernel lacks is reported',
      { missingSchedulers: ['ovf', 'fo'] },
      ['scheduler-missing: ovf, fo'],
    ],
    [
      'a range that overlaps the node is reported while others are left',
      { ranges: { usable: [RANGE], overlaps: ['10.22.0.0/16 overlaps 10.22.108.100/24 on eth0'] } },
      ['range-overlaps-node: 10.22.0.0/16 overlaps 10.22.108.100/24 on eth0'],
    ],
    [
      'without any range left it withdraws as well',
      { ranges: { usable: [], overlaps: ['a', 'b'] } },
      ['range-overlaps-node: a; b', 'ranges-overlap-node: a; b'],
    ],
    [
      'prefixes without a next hop are reported',
      { withoutNextHop: ['fd99:66::/112', '2001:db8::/64'] },
      [
        'next-hop-missing: fd99:66::/112, 2001:db8::/64: expected a global IPv6 address on the interface of the BGP sessions, found none',
      ],
    ],
    [
      'a capacity that nobody knows is reported',
      { weightProblem: 'the kernel gives eth0 no speed' },
      ['capacity-unknown: the kernel gives eth0 no speed'],
    ],
    [
      'a source that is not read yet says why, if it can',
      source({ synced: false, problem: 'ENOENT' }),
      ['source-not-synced: ENOENT'],
    ],
    [
      'a source that has not answered yet is under way',
      source({ synced: false }),
      ['source-not-synced: the first reading is under way'],
    ],
    [
      'an API server in a range of the node is told of, whether it answers or not',
      source({ server: '10.99.67.1', problem: 'ECONNREFUSED' }),
      [
        'source-stale: ECONNREFUSED',
        `api-through-own-range: the API server is asked at 10.99.67.1, which lies in ${RANGE}`,
      ],
    ],
    ['one that lies elsewhere is not', source({ server: '10.22.108.10' }), []],
    ['a source that stops answering is stale', source({ problem: 'ECONNREFUSED' }), ['source-stale: ECONNREFUSED']],
    [
      'a gobgpd that does not answer hides what was last seen of its peers',
      bgp({ reachable: false, problem: 'UNAVAILABLE', peers: [peer('10.22.108.1', 'idle')] }),
      ['gobgpd-unreachable: UNAVAILABLE'],
    ],
    ['a gobgpd that was never asked has no answer', bgp({ reachable: false }), ['gobgpd-unreachable: no answer yet']],
    ['a refusal of gobgpd is one', bgp({ problem: 'AddPath refused' }), ['bgp-out-of-sync: AddPath refused']],
    [
      'each peer that is not established is one',
      bgp({ peers: [peer('10.22.108.1', 'active'), peer('10.22.108.2', 'established'), peer('10.22.108.3', 'idle')] }),
      ['peer-down: 10.22.108.1 is active', 'peer-down: 10.22.108.3 is idle'],
    ],
    [
      'what is left out is counted by its reason',
      { skipped: [skipped('no-endpoints'), skipped('file-invalid'), skipped('no-endpoints')] },
      ['objects-skipped: 2 no-endpoints, 1 file-invalid'],
    ],
    ['what is meant to be left out is no condition', { skipped: ORDINARY.map(skipped) }, []],
  ])('%s', (_, findings, expected) => {
    expect(conditions(findings)).toStrictEqual(expected);
  });

  test.each(SKIP_REASONS.filter((reason) => !ORDINARY.includes(reason)))(
    'leaving something out for %s is reported and withdraws nothing',
    (reason) => {
      expect(conditions({ skipped: [skipped(reason)] })).toStrictEqual([`objects-skipped: 1 ${reason}`]);
      expect(CONDITIONS['objects-skipped'].effect).toBe('reports');
    },
  );
});
