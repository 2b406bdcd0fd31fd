import { expect } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';

/** A file with one peer and more; each part is written as flow YAML. */
export const fileWith = ({ peer = '', bgp = '', rest = '', ranges = '10.99.66.0/23' }): string =>
  `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [${ranges}]
bgp: {localAs: 64512, routerId: 10.22.108.100, ${bgp === '' ? '' : `${bgp}, `}peers: [{address: 10.22.108.1, as: 64500}${peer === '' ? '' : `, {${peer}}`}]}
${rest}
`;

type Parts = Parameters<typeof fileWith>[0];

/** What is said of such a file, without the places. */
export const problemsOf = (parts: Parts): string[] =>
  (parseConfig(fileWith(parts), 'lb-1').problems ?? []).map(
    ({ path, expected, found }) => `${path}: expected ${expected}, found ${found}`,
  );

/** What such a file means, which has to be a good one. */
export const configOf = (parts: Parts) => {
  const { config, problems } = parseConfig(fileWith(parts), 'lb-1');
  expect(problems).toBeUndefined();
  return config;
};

/** A file with every key that there is, but those of the other half of a choice. */
export const EVERY_KEY = `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: {manifests: {directory: /etc/fairlead/manifests}}
ranges:
  - 10.99.66.0/23
  - prefix: fd99:66::/112
    communities: ["64512:600"]
    largeCommunities: ["64512:6:0"]
    med: 0
    localPref: 200
    prepend: 0
dataplane:
  mode: none
  scheduler: mh,mh-port,mh-fallback
  externalIPs: [192.0.2.0/24, "2001:DB8::/64"]
  loadBalancerIPs: [192.0.2.128/25]
  topologyHints: honour
  drainTimeout: 0s
  mssClamp: 1400
  firewall: iptables
  auditInterval: 1m
health:
  interval: 2s
  fastInterval: 100ms
  timeout: 2s
  rise: 1
  fall: 5
  splay: 0s
  checks:
    - {name: dns, tcp: '10.99.66.10:53', effect: withdraw, interval: 3s, timeout: 1s, rise: 1, fall: 1}
    - {name: web, http: 'https://web.example', status: "204"}
    - {name: disk, exec: [/bin/true]}
announcement:
  holdDown: 0s
  maxHoldDown: 1m
  minimumAnnouncers: 0
  deprioritised:
    med: 500
    prepend: 1
    localPref: 10
    communities: ["64512:666", "65535:0"]
    largeCommunities: ["64512:0:666"]
  stopWait: 500ms
  drain: {timeout: 1m, settle: 0s, excludeLabel: honour, maxDraining: 2, taints: [ToBeDeletedByClusterAutoscaler]}
  communities: ["64512:100", "64512:100"]
  largeCommunities: ["4200000000:1:2"]
  med: 50
  localPref: 150
  prepend: 2
  weight: capacity
  services: {externalIPs: true, loadBalancerIPs: true, communities: [], largeCommunities: [], med: 7, localPref: 90, prepend: 1}
nodes:
  - {names: [lb-1, lb-2], weight: 25}
  - {labels: {role: lb, topology.kubernetes.io/rack: r7}, weight: 40}
cluster: {namespace: lb, leaseDuration: 1m}
bgp:
  gobgp: 10.22.108.100:50051
  tls: {ca: /tls/ca.pem, cert: /tls/tls.crt, key: /tls/tls.key, serverName: gobgp.example.org}
  localAs: 4200000000
  routerId: 10.22.108.100
  nextHopIPv4: 10.22.108.50
  nextHopIPv6: FD00:22:108::50
  listenAddresses: [127.0.0.9, "fd00:22:108::100"]
  listenPort: 1790
  accept: [0.0.0.0/0, "::/0"]
  peers:
    - address: FD00:22:108::1
      as: 64500
      port: 1791
      nodes: {names: [lb-1], labels: {role: lb}}
      families: [ipv6, ipv4, ipv6]
      holdTime: 3s
      keepalive: 1s
      connectRetry: 5s
      passive: true
      localAddress: fd00:22:108::100
      passwordFile: /secrets/leaf1
      ttlSecurity: true
      bfd: 300x3
      attributes: {communities: ["64500:1"], largeCommunities: ["64500:1:1"], med: 10, prepend: 3}
    - {gateway: ipv4, interface: bond0.108, as: 64501, bfd: {interval: 50ms, multiplier: 5}}
    - {address: 192.168.7.7, as: 64502, multihop: 5, gracefulRestart: {restartTime: 15s}}
    - {address: 10.22.108.2, as: 64503, bfd: 100x3}
deadman: {socket: /tmp/d.sock, crash: {deprioritise: 0s, withdraw: 1h}, hang: {deprioritise: 500ms, withdraw: 500ms}}
http: {socket: /tmp/a.sock, address: "[::1]:80", metricsPort: 9467}
`;
