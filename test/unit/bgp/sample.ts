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
  paths: [PATH],
};

export const LESS: Deprioritisation = { med: 1000, prepend: 3, localPref: 0, communities: [], largeCommunities: [] };
