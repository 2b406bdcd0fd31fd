import type { LocalPath, Policies } from '../../../src/bgp/gobgp.ts';
import { NO_EDITS } from '../../../src/bgp/policy.ts';
import type { WantedBgp } from '../../../src/bgp/speaker.ts';
import type { Deprioritisation, Path, Peer } from '../../../src/model/path.ts';

export const RANGE = '10.99.66.0/23';
export const RANGE6 = 'fd99:66::/112';
export const PATH: Path = { prefix: RANGE, communities: ['64512:100', '65535:0'], med: 50 };

/** A peer with nothing special about it. */
export const PEER: Peer = {
  address: '10.22.108.1',
  as: 64500,
  port: 179,
  families: ['ipv4'],
  holdTimeSeconds: 9,
  keepaliveSeconds: 3,
  connectRetrySeconds: 1,
  passive: false,
  ttlSecurity: false,
};

export const WANTED: WantedBgp = {
  localAs: 64512,
  routerId: '10.22.108.100',
  listenAddresses: ['10.22.108.100'],
  listenPort: 179,
  ranges: [RANGE],
  hosts: [],
  accept: [],
  peers: [PEER],
  pending: [],
  paths: [PATH],
};

export const LESS: Deprioritisation = { med: 1000, prepend: 3, localPref: 0, communities: [], largeCommunities: [] };

/** A path as gobgpd is told of it, with nothing about it, and one with all there is. */
export const NOTHING: LocalPath = {
  prefix: RANGE,
  nextHop: undefined,
  asPath: [],
  communities: [],
  largeCommunities: [],
  med: undefined,
  localPref: undefined,
  linkBandwidth: undefined,
};
export const EVERYTHING: LocalPath = {
  prefix: RANGE,
  nextHop: '10.22.108.100',
  asPath: [64512],
  communities: ['65535:0'],
  largeCommunities: ['64512:1:2'],
  med: 50,
  localPref: 200,
  linkBandwidth: { as: 64512, bytesPerSecond: 1.25e9 },
};

/** Policies with one statement that asks for all there is, and edits all there is. */
export const POLICY: Policies = {
  sets: [
    { kind: 'prefix', name: 'owned', members: ['10.99.66.0/23 23..23'] },
    { kind: 'neighbor', name: 'one', members: ['10.22.108.1/32'] },
    { kind: 'community', name: 'less', members: ['^65535:0$'] },
  ],
  exports: {
    statements: [
      {
        prefixes: 'in owned',
        neighbors: 'in one',
        communities: 'in less',
        routeType: 'local',
        edits: {
          ...NO_EDITS,
          communities: ['64512:100'],
          largeCommunities: ['64512:1:2'],
          addMed: 50,
          localPref: 300,
          prepend: { as: 64512, times: 2 },
        },
        action: 'accept',
      },
    ],
    otherwise: 'reject',
  },
  imports: { statements: [], otherwise: 'none' },
};
