import { describe, expect, test } from 'vitest';
import type { Held, HeldPath } from '../../../src/bgp/gobgp.ts';
import { localPaths } from '../../../src/bgp/paths.ts';
import { plan, type Step } from '../../../src/bgp/plan.ts';
import { NO_POLICIES, wantedPolicies } from '../../../src/bgp/policy.ts';
import type { WantedBgp } from '../../../src/bgp/speaker.ts';
import type { Path } from '../../../src/model/path.ts';
import { PATH, PEER, RANGE, RANGE6, WANTED } from './sample.ts';

const GLOBAL = { as: 64512, routerId: '10.22.108.100', listenPort: 179, listenAddresses: ['10.22.108.100'] };
const NOTHING: Held = { global: undefined, policies: NO_POLICIES, paths: [], peers: [] };
const sent = (path: Path) => localPaths([path], WANTED)[0];
const local = (...paths: Path[]): HeldPath[] => localPaths(paths, WANTED).map((path) => ({ ...path, foreign: [] }));
const SESSION = { state: 'established', bfdState: undefined, lastError: undefined } as const;
const EQUAL: Held = {
  global: GLOBAL,
  policies: wantedPolicies(WANTED),
  paths: local(PATH),
  peers: [{ ...PEER, ...SESSION }],
};
const planOf = (held: Held, part: Partial<WantedBgp> = {}) => plan({ ...WANTED, ...part }, held, 'v4');
const kinds = (held: Held, part: Partial<WantedBgp> = {}): Step['do'][] =>
  planOf(held, part).steps.map((step) => step.do);

describe('the plan', () => {
  test('for an empty gobgpd starts it, sets the policies, then the paths, and only then the peers', () => {
    expect(planOf(NOTHING)).toEqual({
      problems: [],
      steps: [
        { do: 'start-bgp', global: GLOBAL },
        { do: 'set-policies', policies: wantedPolicies(WANTED) },
        { do: 'announce-path', path: sent(PATH) },
        { do: 'add-peer', peer: PEER },
      ],
    });
  });

  test('for an equal gobgpd is empty', () => {
    expect(planOf(EQUAL)).toEqual({ steps: [], problems: [] });
  });

  test('does not mind the order of communities, or a community written with a leading zero', () => {
    expect(kinds(EQUAL, { paths: [{ ...PATH, communities: ['65535:00', '64512:100'] }] })).toEqual([]);
  });

  test.each<[string, Partial<Path>]>([
    ['another MED', { med: 51 }],
    ['no MED', { med: undefined }],
    ['other communities', { communities: ['64512:100'] }],
    ['no communities', { communities: [] }],
    ['a large community', { largeCommunities: ['64512:1:2'] }],
    ['a local preference', { localPref: 200 }],
    ['our AS prepended', { prepend: 3 }],
    ['a link bandwidth', { linkBandwidth: 125_000_000 }],
    ['another next hop', { nextHop: '10.22.108.100' }],
  ])('announces again for %s, and once', (_, part) => {
    const path = { ...PATH, ...part };
    expect(planOf(EQUAL, { paths: [path] }).steps).toEqual([{ do: 'announce-path', path: sent(path) }]);
    expect(kinds({ ...EQUAL, paths: local(path) }, { paths: [path] })).toEqual([]);
    expect(kinds({ ...EQUAL, paths: local(path) })).toEqual(['announce-path']);
  });

  test('takes a link bandwidth for equal that differs by what a float of 32 bits cannot tell', () => {
    const path = { ...PATH, linkBandwidth: 16_777_217 };
    expect(kinds({ ...EQUAL, paths: local({ ...path, linkBandwidth: 16_777_216 }) }, { paths: [path] })).toEqual([]);
  });

  test('announces over a path of somebody else for the same prefix', () => {
    expect(
      kinds({ ...EQUAL, paths: local(PATH).map((path) => ({ ...path, foreign: ['next hop 10.0.0.9'] })) }),
    ).toEqual(['announce-path']);
  });

  test('withdraws what is not wanted, and leaves all paths alone while none are told', () => {
    expect(kinds(EQUAL, { paths: [] })).toEqual(['withdraw-path']);
    expect(kinds(EQUAL, { paths: undefined })).toEqual([]);
  });

  test('withdraws before anything else', () => {
    const ranges = ['10.99.68.0/23'];
    const paths = [{ ...PATH, prefix: '10.99.68.0/23' }];
    expect(kinds(EQUAL, { ranges, paths })).toEqual(['withdraw-path', 'set-policies', 'announce-path']);
  });

  test('sends nothing again for a range that comes, or for one that is no longer announced', () => {
    const ranges = [...WANTED.ranges, '10.99.68.0/23', 'fd99:66::/112'];
    expect(kinds(EQUAL, { ranges })).toEqual(['set-policies']);
    expect(kinds({ ...EQUAL, policies: wantedPolicies({ ...WANTED, ranges }) })).toEqual(['set-policies']);
  });

  test('sends everything again where the policies let something of it out no longer, or only now', () => {
    const ranges = ['10.99.68.0/23'];
    expect(kinds(EQUAL, { ranges, paths: undefined })).toEqual(['set-policies', 'refresh-peers']);
    const policies = wantedPolicies({ ...WANTED, ranges });
    expect(kinds({ ...EQUAL, policies })).toEqual(['set-policies', 'refresh-peers']);
    expect(kinds({ ...EQUAL, policies: NO_POLICIES, paths: [] }, { paths: [] })).toContain('refresh-peers');
  });

  test('puts open policies right before it adds a peer', () => {
    expect(kinds({ ...EQUAL, policies: NO_POLICIES, peers: [] })).toEqual(['set-policies', 'add-peer']);
  });

  test('sends what a peer gets on top through the policies, and leaves its session alone', () => {
    const onTop = { communities: ['64512:7'], largeCommunities: [], med: 10, prepend: 1, localPref: undefined };
    expect(kinds(EQUAL, { peers: [{ ...PEER, onTop }] })).toEqual(['set-policies', 'refresh-peers']);
  });

  test('leaves a peer alone of which not all is known, and adds none', () => {
    expect(kinds(EQUAL, { peers: [], pending: [PEER.address] })).toEqual([]);
    expect(kinds({ ...EQUAL, peers: [] }, { peers: [], pending: [PEER.address] })).toEqual([]);
    expect(kinds(EQUAL, { peers: [], pending: ['10.22.108.2'] })).toEqual(['delete-peer']);
  });

  test('announces an IPv6 path again for another next hop', () => {
    const path = { ...PATH, prefix: RANGE6, nextHop: 'fd00:22:108::100' };
    const held = { ...EQUAL, paths: local(PATH, path) };
    expect(kinds(held, { paths: [PATH, path] })).toEqual([]);
    expect(kinds(held, { paths: [PATH, { ...path, nextHop: 'fd00:22:108::101' }] })).toEqual(['announce-path']);
  });

  test('asks no BFD of a gobgpd that has none, and goes on without', () => {
    const peers = [{ ...PEER, bfd: { intervalMs: 300, multiplier: 3 } }];
    expect(plan({ ...WANTED, peers }, EQUAL, 'v3').steps).toEqual([]);
    expect(kinds(EQUAL, { peers })).toEqual(['update-peer']);
  });

  test.each([{ as: 64999 }, { routerId: '10.0.0.9' }])('touches nothing in a gobgpd that runs with %o', (part) => {
    const { steps, problems } = planOf({ ...EQUAL, global: { ...GLOBAL, ...part } }, { paths: [] });
    expect(steps).toEqual([]);
    expect(problems.join()).toMatch(/^gobgpd already runs with AS .*, wanted AS 64512 and router id 10\.22\.108\.100/);
  });

  test('names another listener as a problem and does the rest', () => {
    const { steps, problems } = planOf({ ...EQUAL, global: { ...GLOBAL, listenPort: -1 } }, { paths: [] });
    expect(steps.map((step) => step.do)).toEqual(['withdraw-path']);
    expect(problems).toEqual([
      'gobgpd already listens on 10.22.108.100 port -1, wanted 10.22.108.100 port 179: restart it to change that',
    ]);
  });

  test('takes what gobgpd reports for all addresses as equal to none named', () => {
    const held = { ...EQUAL, global: { ...GLOBAL, listenAddresses: ['0.0.0.0', '::'] } };
    expect(planOf(held, { listenAddresses: [] }).problems).toEqual([]);
  });

  test(`withdraws ${RANGE} of an earlier configuration though its policies are gone`, () => {
    expect(kinds({ ...EQUAL, policies: NO_POLICIES }, { ranges: [], paths: [] })[0]).toBe('withdraw-path');
  });
});
