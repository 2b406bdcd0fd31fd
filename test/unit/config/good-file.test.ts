import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';

const HEAD = 'apiVersion: fairlead.io/v1alpha1\nkind: FairleadConfig\n';
const RANGES = 'ranges: [10.99.66.0/23]\n';
const BGP = 'bgp: {localAs: 64512, routerId: 10.22.108.100, peers: [{address: 10.22.108.1, as: 64500}]}\n';
const SMALLEST = HEAD + RANGES + BGP;

describe('a good file', () => {
  test('needs only ranges, the local AS, the router id and one peer; the defaults are safe', () => {
    expect(parseConfig(SMALLEST, 'lb-1')).toStrictEqual({
      config: {
        node: 'lb-1',
        source: { kind: 'kubernetes', kubeconfig: undefined },
        ranges: ['10.99.66.0/23'],
        dataplane: {
          mode: 'ipvs',
          scheduling: { scheduler: 'rr', flags: [] },
          externalIPs: [],
          loadBalancerIPs: [],
          topologyHints: 'ignore',
          drainMs: 300_000,
          mssClamp: 1320,
          firewall: 'auto',
          auditMs: 250,
        },
        health: {
          intervalMs: 500,
          fastIntervalMs: 200,
          timeoutMs: 500,
          rise: 3,
          fall: 3,
          splayMs: 1000,
          checks: [],
        },
        announcement: {
          holdDownMs: 5000,
          maxHoldDownMs: 300_000,
          minimumAnnouncers: 1,
          deprioritised: { med: 1000, prepend: 3, localPref: 0, communities: [], largeCommunities: [] },
          stopWaitMs: 2000,
          drain: { timeoutMs: 300_000, settleMs: 10_000, excludeLabel: 'ignore', taints: [] },
          attributes: { '10.99.66.0/23': { communities: [], med: undefined } },
          services: {
            externalIPs: false,
            loadBalancerIPs: false,
            attributes: { communities: [], med: undefined },
          },
          weight: [],
        },
        cluster: { namespace: 'fairlead', leaseDurationMs: 15_000 },
        bgp: {
          gobgp: 'unix:///run/gobgp/gobgp.sock',
          localAs: 64512,
          routerId: '10.22.108.100',
          tls: undefined,
          nextHopIPv4: undefined,
          nextHopIPv6: undefined,
          listenAddresses: ['10.22.108.100'],
          listenPort: 179,
          accept: [],
          peers: [
            {
              place: { kind: 'address', address: '10.22.108.1' },
              nodes: undefined,
              as: 64500,
              port: 179,
              families: undefined,
              holdTimeSeconds: 9,
              keepaliveSeconds: 3,
              connectRetrySeconds: 1,
              passive: false,
              passwordFile: undefined,
              ttlSecurity: false,
            },
          ],
        },
        deadman: {
          socket: '/run/gobgp/deadman.sock',
          crash: { deprioritiseMs: 15_000, withdrawMs: 300_000 },
          hang: { deprioritiseMs: 3000, withdrawMs: 300_000 },
        },
        http: { socket: '/run/fairlead/agent.sock', address: '127.0.0.1:9466' },
      },
    });
  });

  test('may set every key', () => {
    const text = `${HEAD}${RANGES}
source: {manifests: {directory: /etc/fairlead/manifests}}
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
health: {interval: 2s, timeout: 2s, rise: 1, fall: 5}
announcement: {holdDown: 0s, maxHoldDown: 1m, minimumAnnouncers: 0, deprioritised: {med: 500, prepend: 1}, stopWait: 500ms, drain: {timeout: 1m, settle: 0s, excludeLabel: honour, taints: [ToBeDeletedByClusterAutoscaler]}, communities: ["64512:100"], med: 50}
cluster: {namespace: lb, leaseDuration: 1m}
bgp:
  gobgp: 127.0.0.1:50051
  localAs: 4200000000
  routerId: 10.22.108.100
  listenAddresses: [127.0.0.9]
  listenPort: -1
  peers: [{address: 127.0.0.2, as: 64500, holdTime: 3s, port: 1790}]
deadman: {socket: /tmp/d.sock, crash: {deprioritise: 0s, withdraw: 1h}, hang: {deprioritise: 500ms, withdraw: 500ms}}
http: {socket: /tmp/a.sock, address: "[::1]:80"}
`;
    expect(parseConfig(text, 'lb-1').config).toMatchObject({
      source: { kind: 'manifests', directory: '/etc/fairlead/manifests' },
      dataplane: {
        mode: 'none',
        scheduling: { scheduler: 'mh', flags: ['fallback', 'port'] },
        externalIPs: ['192.0.2.0/24', '2001:db8::/64'],
        loadBalancerIPs: ['192.0.2.128/25'],
        topologyHints: 'honour',
        drainMs: 0,
        mssClamp: 1400,
        firewall: 'iptables',
        auditMs: 60_000,
      },
      health: {
        intervalMs: 2000,
        fastIntervalMs: 200,
        timeoutMs: 2000,
        rise: 1,
        fall: 5,
        splayMs: 1000,
        checks: [],
      },
      announcement: {
        holdDownMs: 0,
        maxHoldDownMs: 60_000,
        minimumAnnouncers: 0,
        deprioritised: { med: 500, prepend: 1, localPref: 0 },
        stopWaitMs: 500,
        drain: { timeoutMs: 60_000, settleMs: 0, excludeLabel: 'honour', taints: ['ToBeDeletedByClusterAutoscaler'] },
        attributes: { '10.99.66.0/23': { communities: ['64512:100'], med: 50 } },
      },
      cluster: { namespace: 'lb', leaseDurationMs: 60_000 },
      bgp: { gobgp: '127.0.0.1:50051', localAs: 4_200_000_000, listenAddresses: ['127.0.0.9'], listenPort: -1 },
      deadman: {
        socket: '/tmp/d.sock',
        crash: { deprioritiseMs: 0, withdrawMs: 3_600_000 },
        hang: { deprioritiseMs: 500, withdrawMs: 500 },
      },
      http: { socket: '/tmp/a.sock', address: '[::1]:80' },
    });
  });

  test('may turn the clamp of the segment size off', () => {
    expect(parseConfig(`${SMALLEST}dataplane: {mssClamp: off}`, 'lb-1').config?.dataplane.mssClamp).toBeUndefined();
  });

  test('is frozen to its leaves', () => {
    const { config } = parseConfig(SMALLEST, 'lb-1');
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config?.bgp.peers[0])).toBe(true);
  });
});
